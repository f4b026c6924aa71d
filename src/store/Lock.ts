/**
 * Who holds a folder or a journal: an exclusive transaction on an SQLite file of its own, because the system lets go of that when the process
 * dies, however it dies, and Node has no file locks of its own.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { JournalLockedError, JournalUnusableError } from './Journal.ts'

/** SQLite's own number for: somebody else has it. */
const busy = 5

const isBusy = (error: unknown): boolean => (error as { errcode?: number }).errcode === busy

/**
 * Takes a lock until the returned function is called or this process is gone.
 * @param patienceMs how long to wait for a holder that is just ending
 * @throws {JournalLockedError} @throws {JournalUnusableError}
 */
export const take = (path: string, patienceMs = 0): (() => void) => {
  let holder: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    const held = new DatabaseSync(path, { timeout: patienceMs })
    holder = held
    held.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;')
    return () => {
      if (held.isOpen) held.close()
    }
  } catch (cause) {
    holder?.close()
    throw isBusy(cause) ? new JournalLockedError(dirname(path), cause) : new JournalUnusableError(path, cause)
  }
}
