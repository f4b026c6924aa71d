/**
 * `npm test`: everything that has to hold before a change goes in, in one command. Style, types, generated ABIs, contract tests and
 * Vitest: every one of them runs even when an earlier one failed, because whoever mends things wants the whole list. The last line is
 * the sum over all of them, `N passed, M failed`, and the exit code says the same.
 */
import { parseArgs } from 'node:util'
import { total } from './test/counts.ts'
import { Runner } from './test/runner.ts'
import { type StepName, stepNames, steps } from './test/steps.ts'

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

async function main(args: string[]): Promise<number> {
  const { values, positionals: names } = parseArgs({
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
  if (unknown !== undefined) throw new TypeError(`There is no step '${unknown}'.`)

  const results = await new Runner().run(steps(names).filter(({ name }) => chosen.includes(name)))
  const { passed, failed, skipped } = total(results)
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  return failed > 0 ? 1 : 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  process.stderr.write(`${error.message}\n\n${help}`)
  process.exitCode = 2
}
