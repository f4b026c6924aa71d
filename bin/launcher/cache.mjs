/**
 * The launcher's folder in the user's cache, and the two ways in which several launchers share it without hurting each other: what is
 * put there is filled in a folder of its own and then renamed, so that a name is either absent or whole; and who fills it holds a
 * lock, so that a second launcher waits instead of doing the same work again. Both survive a launcher that was killed: the lock names
 * its holder, and what a dead holder left behind is swept up.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { LauncherError, say } from './report.mjs'

/** A holder touches its lock this often, and one that has not for so long is gone, whatever process has its number now. */
const beatMs = 5_000
const goneAfterMs = 30_000

/** Where the launcher keeps what it fetched: `SUNLEDGER_CACHE`, or the place that the operating system has for it. */
export function cacheFolder() {
  const override = process.env['SUNLEDGER_CACHE']
  if (override) return path.resolve(override)
  return path.join(systemCacheFolder(), 'sunledger')
}

function systemCacheFolder() {
  if (process.platform === 'win32') return process.env['LOCALAPPDATA'] ?? path.join(os.homedir(), 'AppData', 'Local')
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library', 'Caches')
  return process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache')
}

/**
 * Puts a folder into the cache, or finds it there.
 * @param {string} name of the folder in the cache
 * @param {(folder: string) => Promise<void>} fill fills an empty folder; it is kept only when this succeeds
 * @returns {Promise<string>} the folder's path
 */
export async function cached(name, fill) {
  const target = path.join(cacheFolder(), name)
  if (existsSync(target)) return target
  makeFolder(cacheFolder())
  return withLock(path.join(cacheFolder(), `${name}.lock`), async () => {
    if (existsSync(target)) return target
    const draft = `${target}.draft`
    // Whoever left a draft here no longer lives: we hold the lock.
    rmSync(draft, { recursive: true, force: true })
    makeFolder(draft)
    try {
      await fill(draft)
      renameSync(draft, target)
    } finally {
      rmSync(draft, { recursive: true, force: true, maxRetries: 3 })
    }
    return target
  })
}

/**
 * Does a piece of work that only one launcher at a time may do.
 * @template T
 * @param {string} file the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  let saidSo = false
  while (!take(file)) {
    const holder = holderOf(file)
    if (holder === 'gone') removeStale(file)
    else {
      if (!saidSo) say(`waiting for another launcher${holder === 'unknown' ? '' : ` (process ${holder})`} to finish …`)
      saidSo = true
      await delay(200)
    }
  }
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), beatMs)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    rmSync(file, { force: true })
  }
}

/**
 * @param {string} file
 * @returns {boolean} whether the lock is ours now
 */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw notWritable(path.dirname(file), error)
  }
}

/**
 * @param {string} file
 * @returns {number | 'gone' | 'unknown'} the process that holds a lock; unknown in the moment before it has written its number
 */
function holderOf(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > goneAfterMs) return 'gone'
    const pid = Number(readFileSync(file, 'utf8'))
    if (!Number.isInteger(pid) || pid <= 0) return 'unknown'
    // In a container every start may have the same process number: a lock with ours is a predecessor's.
    return pid !== process.pid && isAlive(pid) ? pid : 'gone'
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'unknown'
    throw error
  }
}

/**
 * Removes the lock of a dead launcher. It is renamed first, because of two launchers that both found it stale only one can rename it;
 * should the other have caught the first one's fresh lock instead, it gives it back.
 * @param {string} file
 */
function removeStale(file) {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  if (holderOf(aside) === 'gone') rmSync(aside, { force: true })
  else renameSync(aside, file)
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** @param {string} folder */
function makeFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw notWritable(folder, error)
  }
}

/**
 * @param {string} folder
 * @param {unknown} cause
 */
export function notWritable(folder, cause) {
  if (codeOf(cause) === 'ENOSPC') {
    return new LauncherError('SL693', `There is no space left on the disk that holds ${folder}.`, {
      expected: 'about 500 MB for Node and the dependencies',
      hint: 'Make room and start again, or name a folder on another disk with SUNLEDGER_CACHE.',
      cause,
    })
  }
  return new LauncherError('SL694', `${folder} cannot be written.`, {
    expected: 'a folder that belongs to you',
    actual: codeOf(cause) ?? String(cause),
    hint: 'Give yourself the right to write there, or name another cache folder with SUNLEDGER_CACHE.',
    cause,
  })
}

/**
 * @param {unknown} error
 * @returns {string | undefined} the operating system's name of an error, for example `ENOENT`
 */
export function codeOf(error) {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
