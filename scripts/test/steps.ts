/**
 * The steps of `npm test`: the command of each, and how its result is counted.
 */
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { atLeastOneFailure, type Counts, check, fromHardhat, fromVitest } from './counts.ts'

export const stepNames = ['lint', 'types', 'abi', 'contracts', 'src'] as const

export type StepName = (typeof stepNames)[number]

export interface Step {
  readonly name: StepName
  readonly title: string
  /** Arguments of Node: a script of the project or of a tool, and what the tool is told. */
  readonly args: readonly string[]
  readonly count: (exitCode: number | null, output: string) => Counts
}

export const root = path.join(import.meta.dirname, '..', '..')

/**
 * All steps in their order.
 *
 * @param names parts of test file names, handed to Vitest
 */
export function steps(names: readonly string[]): Step[] {
  const report = path.join(tmpdir(), `sunledger-vitest-${process.pid}.json`)
  const tool = (file: string) => path.join(root, 'node_modules', file)
  const colors = process.stdout.isTTY ? 'force' : 'off'
  return [
    {
      name: 'lint',
      title: 'Style and formatting',
      args: [tool('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', `--colors=${colors}`],
      count: check,
    },
    { name: 'types', title: 'Types', args: [tool('typescript/bin/tsc'), '--project', root], count: check },
    { name: 'abi', title: 'Generated ABIs', args: [path.join(root, 'scripts/abi.ts'), '--check'], count: check },
    {
      name: 'contracts',
      title: 'Contracts',
      args: [tool('hardhat/dist/src/cli.js'), 'test', 'solidity'],
      count: (exitCode, output) => atLeastOneFailure(fromHardhat(output), exitCode),
    },
    {
      name: 'src',
      title: 'Ledger, service and tools',
      args: [
        ...[tool('vitest/vitest.mjs'), 'run', ...names],
        ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      ],
      count: (exitCode) => atLeastOneFailure(fromVitest(readFileSync(report, 'utf8')), exitCode),
    },
  ]
}
