/** Folders of a test's own, gone when its process ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made: string[] = []

process.once('exit', () => {
  for (const path of made) rmSync(path, { recursive: true, force: true })
})

export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'sunledger-test-'))
  made.push(path)
  return path
}
