/** Folders that results go to: whether they can be written is found out before anything is started. */
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SunledgerError } from '../core/Errors.ts'

/** Makes it where it is missing. @throws {FolderUnwritableError} */
export const ensure = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true })
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
