/** The commands of `sunledger`, and how a command line becomes one of them. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import * as Chain from './chain.ts'
import * as Cost from './cost.ts'
import * as Demo from './demo.ts'
import * as Journal from './journal.ts'
import * as Pay from './pay.ts'
import * as Recover from './recover.ts'
import * as Report from './report.ts'
import * as Serve from './serve.ts'
import * as Service from './service.ts'
import * as Usage from './Usage.ts'

const parts = [Demo, Serve, Pay, Cost, Report, Journal, Recover, Chain, Service]

const help = `
Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 a command line that cannot be understood.
Errors have codes, explained in src/ERRORS.md and at /docs/errors of a running service.`

const version = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export const create = (): Command => {
  const program = new Command('sunledger')
    .description('A payment ledger for a robot economy.')
    .version(version(), '--version', 'print the version')
    .addHelpText('after', help)
  for (const { register } of parts) register(program)
  for (const command of [program, ...program.commands]) {
    // What is wrong is said once, by the entry, with its code.
    command.exitOverride().configureOutput({ outputError: () => {} })
    Usage.refuseRepeated(command)
    Usage.refuseEmptyPaths(command)
  }
  return program
}

/** The first word that a command has no place for. */
const surplusOf = (program: Command): string | undefined =>
  program.commands.flatMap(({ args, registeredArguments }) => args.slice(registeredArguments.length))[0]

/**
 * Runs a command line. Resolves with the exit code.
 *
 * @throws {Usage.UsageError}
 */
export const run = async (args: readonly string[]): Promise<number> => {
  const program = create()
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    // Help that was not asked for, because no command was named.
    if (error.code === 'commander.help') return 2
    throw Usage.fromCommander(error, surplusOf(program))
  }
  return Number(process.exitCode ?? 0)
}
