/**
 * The command line. Results go to stdout, everything else to stderr; errors are told in a few lines with their code and what to do.
 * Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { SunledgerError } from '../core/Errors.ts'
import * as Chain from './chain.ts'
import * as Cost from './cost.ts'
import * as Demo from './demo.ts'
import * as Journal from './journal.ts'
import * as Pay from './pay.ts'
import * as Report from './report.ts'
import * as Serve from './serve.ts'
import * as Service from './service.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('sunledger')
  .description('A payment ledger for a robot economy.')
  .version(version)
  .showHelpAfterError('Add --help for what is possible.')
  .exitOverride()

for (const { register } of [Demo, Serve, Pay, Cost, Report, Journal, Chain, Service]) register(program)
for (const command of program.commands) command.exitOverride().showHelpAfterError('Add --help for what is possible.')

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    const known = error instanceof SunledgerError
    process.stderr.write(`${known ? error.message : ((error as Error).stack ?? String(error))}\n`)
    process.exitCode = 1
  }
  // Whatever is still open belongs to a run that has failed.
  process.exit()
}
