/**
 * The launcher's folder in the user's cache, and the two ways in which several launchers share it without hurting each other: what is
 * put there is filled in a folder of its own and then renamed, so that a name is either absent or whole; and who fills it holds a
 * lock, so that a second launcher waits instead of doing the same work again. Both survive a launcher that was killed: the lock names
 * its holder, and what a dead holder left behind is swept up.
 */
import fs from 'node:fs'
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
  if (fs.existsSync(target)) return target
  makeFolder(cacheFolder())
  return withLock(path.join(cacheFolder(), `${name}.lock`), async () => {
    if (fs.existsSync(target)) return target
    const draft = `${target}.draft`
    // Whoever left a draft here no longer lives: we hold the lock.
    fs.rmSync(draft, { recursive: true, force: true })
    makeFolder(draft)
    try {
      await fill(draft)
      fs.renameSync(draft, target)
    } finally {
      fs.rmSync(draft, { recursive: true, force: true, maxRetries: 3 })
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
  const beat = setInterval(() => fs.utimesSync(file, new Date(), new Date()), beatMs)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    fs.rmSync(file, { force: true })
  }
}

/**
 * @param {string} file
 * @returns {boolean} whether the lock is ours now
 */
function take(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' })
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
    if (Date.now() - fs.statSync(file).mtimeMs > goneAfterMs) return 'gone'
    const pid = Number(fs.readFileSync(file, 'utf8'))
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
    fs.renameSync(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  if (holderOf(aside) === 'gone') fs.rmSync(aside, { force: true })
  else fs.renameSync(aside, file)
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
    fs.mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw notWritable(folder, error)
  }
}

/**
 * Refuses to begin what would not fit: npm notices a full disk late, and some files not at all.
 * @param {string} folder
 * @param {number} megabytes that will be written
 * @throws {LauncherError} SL693
 */
export function requireSpace(folder, megabytes) {
  // Node has this from 18.15 on; before, a full disk shows as whatever breaks first.
  if (fs.statfsSync === undefined) return
  const { bavail, bsize } = fs.statfsSync(folder)
  const free = Math.floor((bavail * bsize) / 1e6)
  if (free < megabytes) throw noSpace(folder, `${megabytes} MB free`, `${free} MB free`)
}

/**
 * @param {string} folder
 * @param {string} expected
 * @param {string} actual
 */
function noSpace(folder, expected, actual) {
  return new LauncherError('SL693', `There is too little space on the disk that holds ${folder}.`, {
    expected,
    actual,
    hint: 'Make room and start again. SUNLEDGER_CACHE names another folder for what is fetched.',
  })
}

/**
 * @param {string} folder
 * @param {unknown} cause
 */
export function notWritable(folder, cause) {
  if (codeOf(cause) === 'ENOSPC') return noSpace(folder, 'room for Node and the dependencies', 'ENOSPC')
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
