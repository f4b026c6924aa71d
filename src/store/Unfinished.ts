/**
 * A recovery that did not get to its end. It makes mark and fence file anew, so from there on an old copy would pass for the newest journal, were it
 * started without the record that says what it lacks. A file in the folder, from before anything is changed until that record is on disk, refuses
 * such a start; recovering again goes on.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { JournalDamagedError } from './Journal.ts'
import * as Log from './Log.ts'

const fileIn = (folder: string): string => join(folder, 'journal.recovering')

/** Before anything is changed. */
export const begin = (folder: string): void => {
  writeFileSync(fileIn(folder), '')
  Log.syncFolder(folder)
}

/** Once it is on disk that the journal is being recovered. */
export const end = (folder: string): void => {
  rmSync(fileIn(folder), { force: true })
  Log.syncFolder(folder)
}

/** @throws {JournalDamagedError} a recovery was begun and did not get to its end */
export const refuse = (folder: string): void => {
  const path = fileIn(folder)
  if (existsSync(path)) throw new JournalDamagedError('a recovery that got to its end', `one that did not (${path})`)
}
