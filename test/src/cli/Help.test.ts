/** What every command says of itself. */
import { Command } from 'commander'
import { expect, test } from 'vitest'
import * as Chain from '../../../src/cli/chain.ts'
import * as Cost from '../../../src/cli/cost.ts'
import * as Demo from '../../../src/cli/demo.ts'
import * as Journal from '../../../src/cli/journal.ts'
import * as Pay from '../../../src/cli/pay.ts'
import * as Report from '../../../src/cli/report.ts'
import * as Serve from '../../../src/cli/serve.ts'
import * as Service from '../../../src/cli/service.ts'

const all = [Chain, Cost, Demo, Journal, Pay, Report, Serve, Service]

const program = () => {
  const made = new Command('sunledger').exitOverride().configureOutput({ writeErr: () => undefined })
  for (const { register } of all) register(made)
  for (const command of made.commands) command.exitOverride().configureOutput({ writeErr: () => undefined })
  return made
}

test('behavior: every command has a help text, and a default in it can be typed as it stands', () => {
  const { commands } = program()
  expect(commands.length).toBe(all.length)
  for (const command of commands) {
    const text = command.helpInformation()
    for (const { long } of command.options) expect(text).toContain(long)
    expect(text).not.toMatch(/default: \[|\[object|undefined|numerator/)
  }
})

test('error: journal --after takes a position, not a word', async () => {
  const args = ['journal', '--data', '/nowhere', '--after', 'x']
  await expect(program().parseAsync(args, { from: 'user' })).rejects.toThrow('Expected a whole number from 0')
})
