/**
 * `npm test`: everything that has to hold before a change goes in, in one command. Style, types, generated ABIs, contract tests and
 * Vitest: every one of them runs even when an earlier one failed, because whoever mends things wants the whole list. The last line is
 * the sum over all of them, `N passed, M failed`, and the exit code says the same. `npm run test:deep` is the same for what takes long.
 */

import * as Entry from '../src/cli/Entry.ts'
import * as Usage from '../src/cli/Usage.ts'
import { total } from './test/counts.ts'
import { type DeepStep, deepSteps, fitting } from './test/deep.ts'
import { Runner } from './test/runner.ts'
import { type Step, type StepName, stepNames, steps } from './test/steps.ts'

const help = `Usage: npm test -- [NAME…] [--only STEPS] [--help]

Runs all checks and tests. The last line is "N passed, M failed" over all of them.

  NAME…          only Vitest, and only test files whose path contains one of the names
  --only STEPS   only these, separated by commas: ${stepNames.join(', ')}
  --help         this text

  lint           style and formatting (Biome); npm run format mends most of it
  types          the type check (tsc)
  abi            whether the generated ABIs in src/chain/abi match the contracts; npm run abi renews them
  contracts      the Solidity tests (Hardhat)
  src            all other tests (Vitest)
`

const deepHelp = (all: readonly DeepStep[]) => `Usage: npm run test:deep -- [NAME…] [--minutes N] [--help]

Runs what takes long by nature, in this order. The last line is "N passed, M failed" over all of it.

  NAME…          only steps whose name contains one of the names
  --minutes N    as much as fits into N minutes by the times below; what is left out is named
  --help         this text

${all.map(({ name, minutes, title }) => `  ${name.padEnd(14)} ${`${minutes}`.padStart(4)} min  ${title}`).join('\n')}
`

async function runAll(chosen: readonly Step[]): Promise<number> {
  const { passed, failed, skipped } = total(await new Runner().run(chosen))
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`)
  // Alone on its line, without anything that may be absent: programs read it.
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  return failed > 0 ? 1 : 0
}

async function main(args: string[]): Promise<number> {
  const { values, positionals: names } = Usage.parse({
    args,
    allowPositionals: true,
    options: { only: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const chosen = values.only?.split(',') ?? (names.length > 0 ? ['src'] : stepNames)
  const unknown = chosen.find((name) => !stepNames.includes(name as StepName))
  if (unknown !== undefined)
    throw new Usage.UsageError('value', `there is no step '${unknown}', but ${stepNames.join(', ')}.`)
  return runAll(steps(names).filter(({ name }) => (chosen as readonly string[]).includes(name)))
}

async function deep(args: string[]): Promise<number> {
  const all = deepSteps()
  const { values, positionals: names } = Usage.parse({
    args,
    allowPositionals: true,
    options: { minutes: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help) {
    process.stdout.write(deepHelp(all))
    return 0
  }
  const minutes =
    values.minutes === undefined ? Number.POSITIVE_INFINITY : Usage.wholeNumber('--minutes', values.minutes, 0, 99_999)
  const named = all.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
  if (named.length === 0) throw new Usage.UsageError('value', `there is no deep step '${names.join(', ')}'.`)
  const { chosen, leftOut } = fitting(named, minutes)
  for (const step of leftOut)
    process.stdout.write(`Left out: ${step.name}, which takes ${step.minutes} min (${step.title})\n`)
  return runAll(chosen)
}

const [first, ...rest] = process.argv.slice(2)
await Entry.run(() => (first === '--deep' ? deep(rest) : main(process.argv.slice(2))))
