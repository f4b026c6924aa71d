/** What every command says of itself. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as Program from '../../../src/cli/Program.ts'

test('behavior: every command has a help text, and a default in it can be typed as it stands', () => {
  const { commands } = Program.create()
  expect(commands.length).toBeGreaterThan(7)
  for (const command of commands) {
    const text = command.helpInformation()
    for (const { long } of command.options) expect(text).toContain(long)
    expect(text).not.toMatch(/default: \[|\[object|undefined|numerator/)
  }
})

test('behavior: the version is that of the package, at any place', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(Program.create().version()).toBe(version)
})
