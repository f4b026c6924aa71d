/**
 * The steps of `npm test`: the command of each, and how its result is counted.
 */
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { atLeastOneFailure, type Counts, check, fromHardhat, fromVitest } from './counts.ts'

export const stepNames = ['lint', 'types', 'abi', 'contracts', 'src'] as const

export type StepName = (typeof stepNames)[number]

export interface Step {
  readonly name: string
  readonly title: string
  /** Arguments of Node: a script of the project or of a tool, and what the tool is told. */
  readonly args: readonly string[]
  readonly count: (exitCode: number | null, output: string) => Counts
  /** Past this it hangs: it is ended, and has failed. Left out: it may take any time. */
  readonly limitMs?: number
}

export const root = path.join(import.meta.dirname, '..', '..')

/** A tool that writes to a pipe thinks that nobody sees colours; in continuous integration some think that somebody does. */
export const colorful = process.stdout.isTTY === true && !process.env['NO_COLOR']

export const tool = (file: string): string => path.join(root, 'node_modules', file)

export const fromHardhatRun: Step['count'] = (exitCode, output) => atLeastOneFailure(fromHardhat(output), exitCode)

/** A run of Vitest, whose report is read from a file. */
export function vitest(name: string, title: string, args: readonly string[]): Step {
  const report = path.join(tmpdir(), `sunledger-vitest-${process.pid}-${name}.json`)
  // A report that an earlier process of this number left must not be taken for ours.
  rmSync(report, { force: true })
  return {
    ...{ name, title },
    args: [
      ...[tool('vitest/vitest.mjs'), 'run', ...args],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    count: (exitCode) => {
      const json = readFileSync(report, 'utf8')
      rmSync(report)
      return atLeastOneFailure(fromVitest(json), exitCode)
    },
  }
}

/**
 * All steps of `npm test` in their order.
 *
 * @param names parts of test file names, handed to Vitest
 */
export function steps(names: readonly string[]): Step[] {
  return [
    {
      name: 'lint',
      title: 'Style and formatting',
      args: [tool('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', `--colors=${colorful ? 'force' : 'off'}`],
      count: check,
    },
    { name: 'types', title: 'Types', args: [tool('typescript/bin/tsc'), '--project', root], count: check },
    { name: 'abi', title: 'Generated ABIs', args: [path.join(root, 'scripts/abi.ts'), '--check'], count: check },
    {
      name: 'contracts',
      title: 'Contracts',
      args: [tool('hardhat/dist/src/cli.js'), 'test', 'solidity'],
      count: fromHardhatRun,
    },
    vitest('src', 'Ledger, service and tools', ['--project=src', '--project=e2e', ...names]),
  ]
}
