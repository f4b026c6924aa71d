import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as JobTrace from '../../../src/sim/JobTrace.ts'
import * as Fixtures from './Fixtures.ts'

const header = 'TIMESTAMP,ContextTokens,GeneratedTokens'
const rows = [
  '2023-11-16 18:17:03.9799600,4808,10',
  '2023-11-16 18:17:04.0319600,3180,8',
  '2023-11-16 18:17:04.0781491,110,27',
]
const text = [header, ...rows].join('\r\n')
const parse = (changed: string) => JobTrace.parse(changed, 'jobs.csv')
const refusal = (changed: string): string => {
  try {
    parse(changed)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('accepted')
}

describe('parse', () => {
  test('behavior: requests with milliseconds since the first', () => {
    expect(parse(text)).toEqual([
      { offsetMs: 0, contextTokens: 4808, generatedTokens: 10 },
      { offsetMs: 52, contextTokens: 3180, generatedTokens: 8 },
      { offsetMs: 98.1891, contextTokens: 110, generatedTokens: 27 },
    ])
  })

  test('behavior: any line ends, with or without the final one, other columns and orders, other ways to write the time', () => {
    const expected = parse(text)
    const other = rows
      .map((row) => row.split(','))
      .map(([time, context, generated]) => `x,${generated},${context},${time}`)
    for (const same of [
      `${text}\r\n`,
      text.replaceAll('\r\n', '\n'),
      `${text.replaceAll('\r\n', '\n')}\n\n`,
      `\ufeff${text}`,
      ['Model,GeneratedTokens,ContextTokens,TIMESTAMP', ...other].join('\n'),
      text.replaceAll(' ', 'T').replaceAll(/(\d{7}),/g, '$1Z,'),
      text.replaceAll(/(\d{7}),/g, '$1+00:00,'),
    ])
      expect(parse(same)).toEqual(expected)
  })

  test('behavior: rows out of order are put in order, equal times stay as they are', () => {
    const [first, second, third] = rows as [string, string, string]
    const twin = first.replace('4808', '1')
    const found = parse([header, third, first, twin, second].join('\n'))
    expect(found.map(({ contextTokens }) => contextTokens)).toEqual([4808, 1, 3180, 110])
    expect(found[0]?.offsetMs).toBe(0)
  })

  test('behavior: offsets are exact to 100 ns, also over a year', () => {
    const [, last] = parse(`${header}\n2023-01-01 00:00:00.0000001,1,1\n2024-01-01 00:00:00.0000003,1,1`)
    expect(last?.offsetMs).toBe(365 * 86_400_000 + 0.0002)
  })

  test('error: names file, line, what was expected and what came', () => {
    const changed = (row: string) => [header, rows[0], row, rows[2]].join('\n')
    const refusals = [
      changed(''),
      changed('2023-11-16 18:17:04.0319600,3180'),
      changed('2023-11-16 18:17:04.0319600,3180,8,9'),
      changed('2023-11-16 18:17:04.0319600,3180,-8'),
      changed('2023-11-16 18:17:04.0319600,3180,8.5'),
      changed('2023-11-16 18:17:04.0319600,3180,10000000'),
      changed('2023-02-30 18:17:04.0319600,3180,8'),
      changed('2023-11-16 25:17:04.0319600,3180,8'),
      changed('16/11/2023 18:17,3180,8'),
      changed('"2023-11-16 18:17:04,3180,8'),
      'time,tokens\n1,2',
      header,
      `${header}\r\n`,
    ].map(refusal)
    expect(refusals.join('\n')).toMatchInlineSnapshot(`
      "SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: ""
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "2023-11-16 18:17:04.0319600,3180"
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "2023-11-16 18:17:04.0319600,3180,8,9"
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "2023-11-16 18:17:04.0319600,3180,-8"
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "2023-11-16 18:17:04.0319600,3180,8.5"
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "2023-11-16 18:17:04.0319600,3180,10000000"
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "2023-02-30 18:17:04.0319600,3180,8"
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "2023-11-16 25:17:04.0319600,3180,8"
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "16/11/2023 18:17,3180,8"
      SL704: jobs.csv, line 3: a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000
        Actual: "\\"2023-11-16 18:17:04,3180,8"
      SL703: jobs.csv, line 1: not the format that was asked for.
        Expected: a first line with the columns TIMESTAMP,ContextTokens,GeneratedTokens
        Actual: "time,tokens"
      SL702: jobs.csv: nothing in it.
        Expected: at least one row of data
        Actual: columns without rows
      SL702: jobs.csv: nothing in it.
        Expected: at least one row of data
        Actual: columns without rows"
    `)
  })

  test('error: more requests than are allowed', () => {
    expect(() => JobTrace.parse(text, 'jobs.csv', 2)).toThrow('SL705')
    expect(JobTrace.parse(text, 'jobs.csv', 3)).toHaveLength(3)
  })
})

describe('stretch', () => {
  const requests = fc
    .array(fc.nat(3_600_000), { minLength: 1, maxLength: 200 })
    .map((offsets) => offsets.sort((a, b) => a - b).map((offset) => offset - (offsets[0] as number)))
    .map((offsets) => offsets.map((offsetMs) => ({ offsetMs, contextTokens: 1, generatedTokens: 1 })))

  test('behavior: keeps count, order and proportions, and ends within the span', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 1_000_000 }), (trace, span) => {
        const stretched = JobTrace.stretch(trace, span)
        expect(stretched).toHaveLength(trace.length)
        const lastMs = trace.at(-1)?.offsetMs ?? 0
        stretched.forEach(({ offsetMs }, index) => {
          expect(offsetMs).toBeGreaterThanOrEqual(stretched[index - 1]?.offsetMs ?? 0)
          expect(offsetMs).toBeLessThan(span * 1000)
          if (lastMs > 0)
            expect(offsetMs / (stretched.at(-1)?.offsetMs ?? 0)).toBeCloseTo((trace[index]?.offsetMs ?? 0) / lastMs, 9)
        })
      }),
    )
  })

  test('behavior: an even trace stays even, with as much room after the last request as between any two', () => {
    const trace = [0, 10, 20, 30].map((offsetMs) => ({ offsetMs, contextTokens: 1, generatedTokens: 1 }))
    expect(JobTrace.stretch(trace, 4).map(({ offsetMs }) => offsetMs)).toEqual([0, 1000, 2000, 3000])
  })
})

describe.skipIf(Fixtures.absent)('the real trace (skipped where ../shared/data is absent)', () => {
  test('behavior: 8 819 requests in 57 minutes, 245 896 generated tokens', () => {
    const requests = JobTrace.read(Fixtures.trace)
    expect(requests).toHaveLength(8819)
    expect(requests[0]).toEqual({ offsetMs: 0, contextTokens: 4808, generatedTokens: 10 })
    expect(requests.at(-1)).toEqual({ offsetMs: 3_435_948.056, contextTokens: 549, generatedTokens: 173 })
    expect(requests.reduce((sum, { generatedTokens }) => sum + generatedTokens, 0)).toBe(245_896)
    expect(requests.reduce((sum, { contextTokens }) => sum + contextTokens, 0)).toBe(18_059_974)
  })
})
