/** Folders for a command's own use, gone when its process ends, also in the middle. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made = new Set<string>()

/** @param parent where; left out: the system's folder for such */
export const folder = (parent: string = tmpdir()): string => {
  if (made.size === 0) process.once('exit', removeAll)
  const path = mkdtempSync(join(parent, 'sunledger-'))
  made.add(path)
  return path
}

/** What a process that is just being killed still writes comes a moment later. */
export const remove = (path: string): void => {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  made.delete(path)
}

const removeAll = (): void => {
  for (const path of made) remove(path)
}
