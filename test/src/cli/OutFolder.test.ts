import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as OutFolder from '../../../src/cli/OutFolder.ts'
import { folder } from '../support/Folder.ts'

describe('ensure', () => {
  test('behavior: a folder that is missing is made, and nothing is left in it', () => {
    const path = join(folder(), 'a', 'b')
    OutFolder.ensure(path)
    expect(existsSync(path)).toBe(true)
    expect(readdirSync(path)).toEqual([])
  })

  test.each([
    ['a file in its place', (at: string) => writeFileSync(at, '')],
    ['a file above it', (at: string) => writeFileSync(at, '')],
  ])('error: %s', (what, make) => {
    const at = join(folder(), 'out')
    make(at)
    const path = what.endsWith('above it') ? join(at, 'reports') : at
    expect(() => OutFolder.ensure(path)).toThrow(/SL534.*cannot be written/s)
  })

  test('error: a file system that can only be read', () => {
    // /proc takes no folders, whoever asks.
    if (!existsSync('/proc/self')) return
    expect(() => OutFolder.ensure('/proc/sunledger')).toThrow('SL534')
  })
})
