/**
 * The local chain for an installed package, and Ignition, which deploys to it. Hardhat is a development tool with a large tree of its own, so `npm install sunledger`
 * does not bring it; whoever starts a local chain gets exactly the version that was tested, with the whole tree pinned by the lock that
 * the build leaves in `dist/toolchain`, in the cache and under the fit Node.
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { cached, requireSpace } from './cache.mjs'
import { npmInstall } from './npm.mjs'
import { step } from './report.mjs'

/** Hardhat's tree, and its packages in npm's cache. */
const installedMegabytes = 250

/**
 * Commands that start a local chain. The others work with a service that is already there.
 */
const startsAChain = new Set(['demo', 'serve', 'chain'])

/** What deploys the contracts. */
const ignition = '@nomicfoundation/ignition-core'

/** @param {readonly string[]} args of the command line */
export function needsHardhat(args) {
  const command = args.find((word) => !word.startsWith('-'))
  return command !== undefined && startsAChain.has(command) && !args.includes('--help')
}

/**
 * Finds the pinned Hardhat with its native part, and installs it into the cache where there is none.
 * @param {string} root folder of the installed package
 * @param {import('./node.mjs').NodeBinary} node
 * @returns {Promise<string | undefined>} the folder that holds `node_modules/hardhat`; none where the package resolves it by itself
 */
export async function ensureHardhat(root, node) {
  const toolchain = path.join(root, 'dist', 'toolchain')
  const { hardhat: version, [ignition]: ignitionVersion } = readJson(path.join(toolchain, 'package.json')).dependencies
  if (hasHardhat(root, version) && hasVersion(ignition, root, ignitionVersion)) return undefined
  return cached(`hardhat-${version}-ignition-${ignitionVersion}`, (draft) =>
    step(`installing Hardhat ${version}, the local chain, under Node ${node.version}`, async () => {
      requireSpace(draft, installedMegabytes)
      for (const file of ['package.json', 'package-lock.json']) {
        copyFileSync(path.join(toolchain, file), path.join(draft, file))
      }
      await npmInstall(node.file, draft)
    }),
  )
}

/**
 * @param {string} root
 * @param {string} version
 */
export function hasHardhat(root, version) {
  const hardhat = resolvePackage('hardhat', root)
  if (hardhat === undefined || readJson(path.join(hardhat, 'package.json')).version !== version) return false
  const edr = resolvePackage('@nomicfoundation/edr', hardhat)
  if (edr === undefined) return false
  const natives = Object.keys(readJson(path.join(edr, 'package.json')).optionalDependencies ?? {})
  const forThisPlatform = natives.filter((name) => name.includes(`-${process.platform}-${process.arch}`))
  return forThisPlatform.some((name) => resolvePackage(name, edr) !== undefined)
}

/**
 * @param {string} name
 * @param {string} from
 * @param {string} version
 */
function hasVersion(name, from, version) {
  const found = resolvePackage(name, from)
  return found !== undefined && readJson(path.join(found, 'package.json')).version === version
}

/**
 * Node's own search for a package, without its `exports`, which may hide package.json.
 * @param {string} name
 * @param {string} from
 * @returns {string | undefined}
 */
function resolvePackage(name, from) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name)
    if (existsSync(path.join(candidate, 'package.json'))) return candidate
    if (folder === path.dirname(folder)) return undefined
  }
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}
