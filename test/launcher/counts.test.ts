/**
 * How `npm test` counts. Its last line decides whether a change goes in, so a report that nobody could read must not look like success.
 */
import { describe, expect, it } from 'vitest'
import { atLeastOneFailure, fromHardhat, fromVitest } from '../../scripts/test/counts.ts'

describe('fromHardhat', () => {
  it('behavior: reads the summary, in colour or not', () => {
    expect(fromHardhat('\n  27 passing\n')).toEqual({ passed: 27, failed: 0, skipped: 0 })
    expect(fromHardhat('\u001b[32m26 passing\u001b[39m\n\u001b[31m1 failing\u001b[39m\n2 skipped\n')).toEqual({
      passed: 26,
      failed: 1,
      skipped: 2,
    })
  })

  it('behavior: takes the last of several summaries, and no numbers from elsewhere', () => {
    expect(fromHardhat('test_3 passing\n5 passing\n\n31 passing (31 solidity)\n')).toMatchObject({ passed: 31 })
  })

  it('error: without a summary', () => {
    expect(() => fromHardhat('Error HHE1: compilation failed')).toThrow(RangeError)
  })
})

describe('fromVitest', () => {
  const report = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 1, numTodoTests: 1 }

  it('behavior: counts a file that could not be loaded as a failure', () => {
    const testResults = [
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'failed', assertionResults: [] },
    ]
    expect(fromVitest(JSON.stringify({ ...report, testResults }))).toEqual({ passed: 3, failed: 2, skipped: 2 })
  })

  it('error: when the report is cut short', () => {
    expect(() => fromVitest('{"numPassedTests":')).toThrow(SyntaxError)
  })
})

describe('atLeastOneFailure', () => {
  it('behavior: a tool that ended badly has failed, and a suite without tests too', () => {
    const green = { passed: 3, failed: 0, skipped: 0 }
    expect(atLeastOneFailure(green, 0)).toEqual(green)
    expect(atLeastOneFailure(green, 1)).toEqual({ ...green, failed: 1 })
    expect(atLeastOneFailure(green, null)).toEqual({ ...green, failed: 1 })
    expect(atLeastOneFailure({ passed: 2, failed: 2, skipped: 0 }, 1)).toEqual({ passed: 2, failed: 2, skipped: 0 })
    expect(atLeastOneFailure({ passed: 0, failed: 0, skipped: 0 }, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})
