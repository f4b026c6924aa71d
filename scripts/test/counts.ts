/**
 * How many tests passed, read from what each tool reports. A report that cannot be read is a failure and says so: a wrong sum that
 * looks green would be worse than none.
 */
import { stripVTControlCharacters } from 'node:util'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** One check that either held or did not. */
export function check(exitCode: number | null): Counts {
  return exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
}

export function total(all: readonly Counts[]): Counts {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
  }
}

/**
 * Reads the summary of `hardhat test solidity`, which has no machine-readable form: lines such as `27 passing`, `1 failing`, `2 skipped`.
 *
 * @throws RangeError where there is no summary
 */
export function fromHardhat(output: string): Counts {
  const numbers = (word: string) =>
    [...stripVTControlCharacters(output).matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'gm'))].map((match) =>
      Number(match[1]),
    )
  // A subtask and the task around it may both sum up; the last summary covers the whole.
  const passed = numbers('passing').at(-1)
  if (passed === undefined) throw new RangeError('Hardhat printed no summary (a line such as "27 passing").')
  return { passed, failed: numbers('failing').at(-1) ?? 0, skipped: numbers('skipped').at(-1) ?? 0 }
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { status: string; assertionResults: readonly { status: string }[] }[]
}

/**
 * Reads the report of Vitest's JSON reporter. A file that could not even be loaded has no failed test and counts as one.
 *
 * @throws SyntaxError where it is no JSON
 */
export function fromVitest(json: string): Counts {
  const report = JSON.parse(json) as VitestReport
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/**
 * What a step counts for after all: a tool that ended badly has failed even if no test of its did, and a suite in which nothing was
 * found has not passed.
 */
export function atLeastOneFailure(counts: Counts, exitCode: number | null): Counts {
  const nothingRan = counts.passed + counts.failed + counts.skipped === 0
  return (exitCode !== 0 || nothingRan) && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}
