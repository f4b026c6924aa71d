/**
 * Cuts the local chain's tree out of the project's lock file. An installed package fetches Hardhat on its own when it first starts a
 * chain, and with this lock it gets, package by package and hash by hash, the tree that the tests ran with.
 */

interface LockEntry {
  readonly version?: string
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly dev?: boolean
  readonly devOptional?: boolean
}

interface Lock {
  readonly lockfileVersion: number
  readonly packages: Record<string, LockEntry>
}

interface Manifest {
  readonly devDependencies: Record<string, string>
}

/** What the code of `src/chain` imports at run time and an installed package does not depend on. */
const roots = ['hardhat', '@nomicfoundation/edr', '@nomicfoundation/ignition-core']

/** The manifest and lock file from which npm installs the toolchain. */
export function toolchainOf(project: Manifest, lock: Lock) {
  const wanted = roots.flatMap((name) => {
    const version = project.devDependencies[name]
    return version === undefined ? [] : [[name, version] as const]
  })
  const manifest = { name: 'sunledger-toolchain', private: true, dependencies: Object.fromEntries(wanted) }
  const found = new Set<string>()
  for (const [name] of wanted) collect(lock.packages, '', name, found)
  const packages = [...found].sort().map((key) => [key, withoutDev(lock.packages[key] ?? {})] as const)
  return {
    manifest,
    lock: {
      name: manifest.name,
      lockfileVersion: lock.lockfileVersion,
      requires: true,
      packages: { '': { name: manifest.name, dependencies: manifest.dependencies }, ...Object.fromEntries(packages) },
    },
  }
}

/** Adds a package and all that it depends on, found as Node finds packages: nested first, then upwards. */
function collect(packages: Lock['packages'], from: string, name: string, found: Set<string>): void {
  const key = resolve(packages, from, name)
  // An optional package of another platform may be missing from the lock; npm adds it where it is needed.
  if (key === undefined || found.has(key)) return
  found.add(key)
  const { dependencies, optionalDependencies } = packages[key] ?? {}
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    collect(packages, key, dependency, found)
  }
}

function resolve(packages: Lock['packages'], from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const key = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (packages[key] !== undefined) return key
    if (folder === '') return undefined
  }
}

/** In the project these are for development; in the toolchain they are what it is for. */
function withoutDev({ dev: _dev, devOptional: _devOptional, ...entry }: LockEntry): LockEntry {
  return entry
}
