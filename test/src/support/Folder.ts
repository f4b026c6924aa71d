/** Folders of a test's own, gone when its file is done. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []

afterAll(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
})

export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'sunledger-test-'))
  made.push(path)
  return path
}
