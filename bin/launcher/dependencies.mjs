/**
 * Keeps a checkout's `node_modules` in step with its lock file. A stamp in `node_modules` says for which lock, Node and platform it
 * was installed; while it holds, a start costs two file reads. Without a stamp, what npm noted about its last install is compared with
 * the lock, so that an install that somebody made by hand is taken over if it is whole. One made under Node 20 is not: npm
 * left out the local chain's native part.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { codeOf, notWritable, requireSpace, withLock } from './cache.mjs'
import { npmInstall } from './npm.mjs'
import { LauncherError, step } from './report.mjs'

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, link?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 */

/**
 * @typedef {object} Platform
 * @property {string} os
 * @property {string} cpu
 * @property {string} libc
 */

/** The dependencies unpacked, and their packages in npm's cache. */
const installedMegabytes = 750

/**
 * Installs the dependencies of a checkout where they are missing or stale.
 * @param {string} root folder with package.json and package-lock.json
 * @param {import('./node.mjs').NodeBinary} node the Node to install under
 */
export async function ensureDependencies(root, node) {
  if (isInPlace(root, node)) return
  await withLock(path.join(root, '.sunledger-install.lock'), async () => {
    if (isInPlace(root, node)) return
    await step(`installing the dependencies under Node ${node.version}`, () => install(root, node))
  })
}

/**
 * @param {string} root
 * @param {import('./node.mjs').NodeBinary} node
 */
function isInPlace(root, node) {
  if (readIfThere(stampFile(root)) === JSON.stringify(stampFor(root, node))) return true
  if (missingFrom(root).length > 0) return false
  stamp(root, node)
  return true
}

/**
 * @param {string} root
 * @param {import('./node.mjs').NodeBinary} node
 */
async function install(root, node) {
  const modules = path.join(root, 'node_modules')
  // A stamped install was finished and only has to catch up. Anything else may be the half of one, whose packages npm would take for
  // whole ones.
  if (existsSync(stampFile(root))) {
    for (const note of [stampFile(root), installedFile(root)]) rmSync(note, { force: true })
  } else {
    removeModules(modules)
    requireSpace(root, installedMegabytes)
  }
  await withYarnLockAsItIs(root, () => npmInstall(node.file, root))
  const missing = missingFrom(root)
  if (missing.length > 0) {
    throw new LauncherError('SL695', 'npm left out packages that this platform needs.', {
      expected: missing.join(', '),
      actual: `not in ${modules}`,
      hint: 'Update npm (npm install --global npm) and start again.',
    })
  }
  stamp(root, node)
}

/**
 * npm writes a yarn.lock that it finds anew, in a form that a newer Yarn cannot read.
 * @param {string} root
 * @param {() => Promise<void>} work
 */
async function withYarnLockAsItIs(root, work) {
  const file = path.join(root, 'yarn.lock')
  const before = readIfThere(file)
  try {
    await work()
  } finally {
    if (before !== undefined && readIfThere(file) !== before) writeFileSync(file, before)
  }
}

/** @param {string} modules */
function removeModules(modules) {
  try {
    rmSync(modules, { recursive: true, force: true, maxRetries: 3 })
  } catch (error) {
    throw notWritable(modules, error)
  }
}

/**
 * @param {string} root
 * @param {import('./node.mjs').NodeBinary} node
 */
function stamp(root, node) {
  try {
    writeFileSync(stampFile(root), JSON.stringify(stampFor(root, node)))
  } catch (error) {
    // Where the checkout may only be read, everything is compared at every start; that costs a moment and nothing else.
    if (!['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '')) throw error
  }
}

/**
 * What an install depends on, and what it left: a later install by hand changes npm's own note and so voids the stamp.
 * @param {string} root
 * @param {import('./node.mjs').NodeBinary} node
 */
function stampFor(root, node) {
  return {
    lock: hash(readIfThere(path.join(root, 'package-lock.json'))),
    installed: hash(readIfThere(installedFile(root))),
    nodeMajor: Number(node.version.split('.')[0]),
    platform: `${process.platform}-${process.arch}`,
  }
}

/** @param {string} root */
const stampFile = (root) => path.join(root, 'node_modules', '.sunledger-stamp.json')

/** @param {string} root */
const installedFile = (root) => path.join(root, 'node_modules', '.package-lock.json')

/** @param {string | undefined} text */
const hash = (text) => (text === undefined ? '' : createHash('sha256').update(text).digest('hex'))

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * @param {string} root
 * @returns {string[]} what the lock asks for on this platform and npm has not installed
 */
function missingFrom(root) {
  const installed = readIfThere(installedFile(root))
  const lock = readFileSync(path.join(root, 'package-lock.json'), 'utf8')
  return missingPackages(JSON.parse(lock).packages, installed === undefined ? {} : JSON.parse(installed).packages)
}

/**
 * The packages of a lock that an installation lacks or has in another version. Optional ones count where they are made for this very
 * platform: those are native parts, without which their owners do not work. Other optional ones may be absent for good reasons.
 * @param {Record<string, LockEntry>} wanted
 * @param {Record<string, LockEntry>} installed
 * @param {Platform} [platform]
 * @returns {string[]}
 */
export function missingPackages(wanted, installed, platform = thisPlatform()) {
  return Object.entries(wanted)
    .filter(([name, entry]) => name !== '' && entry.link !== true && isNeeded(entry, platform))
    .filter(([name, entry]) => installed[name]?.version !== entry.version)
    .map(([name, entry]) => `${name.replace(/^.*node_modules\//, '')} ${entry.version}`)
}

/**
 * @param {LockEntry} entry
 * @param {Platform} platform
 */
function isNeeded(entry, platform) {
  if (entry.optional !== true && entry.devOptional !== true) return true
  const native = entry.os !== undefined && entry.cpu !== undefined
  return native && allows(entry.os, platform.os) && allows(entry.cpu, platform.cpu) && allows(entry.libc, platform.libc)
}

/**
 * @param {string[] | undefined} list as in package.json: names that are allowed, or, with an exclamation mark, that are not
 * @param {string} name
 */
function allows(list, name) {
  if (list === undefined) return true
  if (list.includes(`!${name}`)) return false
  return list.includes(name) || list.every((item) => item.startsWith('!'))
}

/** @returns {Platform} */
function thisPlatform() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report?.getReport() ?? {})
  const libc = report.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  return { os: process.platform, cpu: process.arch, libc }
}
