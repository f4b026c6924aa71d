/** Folders that results go to: whether they can be written is found out before anything is started. */
import { existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SunledgerError } from '../core/Errors.ts'

/** Folder by folder: Node's own way tries for ever where a folder cannot be made in one that is there, such as /proc. */
const make = (path: string): void => {
  if (existsSync(path)) return
  if (dirname(path) !== path) make(dirname(path))
  mkdirSync(path)
}

/** Makes it where it is missing. @throws {FolderUnwritableError} */
export const ensure = (path: string): void => {
  try {
    make(resolve(path))
    // Rights alone do not say it: the file system may be one that can only be read.
    rmdirSync(mkdtempSync(join(path, '.sunledger-')))
  } catch (cause) {
    throw new FolderUnwritableError(path, cause as Error)
  }
}

/** A folder for results cannot be written. */
export class FolderUnwritableError extends SunledgerError {
  override readonly name = 'FolderUnwritableError'
  constructor(path: string, cause: Error) {
    super('SL534', `The folder ${resolve(path)} cannot be written.`, {
      actual: cause.message,
      hint: 'Name another folder, or give yourself the right to write there. Nothing was started.',
      cause,
    })
  }
}
