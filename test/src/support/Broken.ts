/** Makes a journal that lives refuse every write from now on, as a broken disk would; it can still be read. */
import { DatabaseSync } from 'node:sqlite'
import * as Sqlite from '../../../src/store/Sqlite.ts'

export const breakWrites = (folder: string): void => {
  const other = new DatabaseSync(Sqlite.fileIn(folder))
  other.exec(`CREATE TRIGGER broken BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END`)
  other.close()
}

/** Takes away what was written as well. */
export const breakReads = (folder: string): void => {
  const other = new DatabaseSync(Sqlite.fileIn(folder))
  other.exec('DROP TABLE records')
  other.close()
}

export const mend = (folder: string): void => {
  const other = new DatabaseSync(Sqlite.fileIn(folder))
  other.exec('DROP TRIGGER broken')
  other.close()
}
