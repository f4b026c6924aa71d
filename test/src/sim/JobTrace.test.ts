import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
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
    const rows3 = 'SL704: jobs.csv, line 3'
    const starts = [
      ...new Array(3).fill(`${rows3}: a bad row.`),
      ...new Array(3).fill(`${rows3}, column 3 (GeneratedTokens): a bad row.`),
      ...new Array(4).fill(`${rows3}, column 1 (TIMESTAMP): a bad row.`),
      'SL703: jobs.csv, line 1: not the format that was asked for.',
      ...new Array(2).fill('SL702: jobs.csv: nothing in it.'),
    ]
    expect(refusals.map((message) => message.split('\n')[0])).toEqual(starts)
    expect(refusals[3]).toMatchInlineSnapshot(`
      "SL704: jobs.csv, line 3, column 3 (GeneratedTokens): a bad row.
        Expected: YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000 (Azure)
        Actual: "2023-11-16 18:17:04.0319600,3180,-8""
    `)
    expect(refusals[10]).toMatchInlineSnapshot(`
      "SL703: jobs.csv, line 1: not the format that was asked for.
        Expected: a first line with the columns TIMESTAMP,ContextTokens,GeneratedTokens (Azure) or Timestamp,Request tokens,Response tokens (BurstGPT), or JSON lines with timestamp, input_length, output_length (Mooncake)
        Actual: "time,tokens""
    `)
  })

  test('error: more requests than are allowed', () => {
    expect(() => JobTrace.parse(text, 'jobs.csv', 2)).toThrow('SL705')
    expect(JobTrace.parse(text, 'jobs.csv', 3)).toHaveLength(3)
  })
})

describe('other formats', () => {
  test('behavior: Azure 2024, with its offsets, quoted or with semicolons', () => {
    const year24 = [header, '2024-05-10 00:00:00.009930+00:00,2162,5', '2024-05-10 02:00:00.017335+02:00,2399,6']
    const expected = [
      { offsetMs: 0, contextTokens: 2162, generatedTokens: 5 },
      { offsetMs: 7.405, contextTokens: 2399, generatedTokens: 6 },
    ]
    expect(parse(year24.join('\n'))).toEqual(expected)
    expect(parse(year24.join('\n').replaceAll(',', ';'))).toEqual(expected)
    expect(parse(year24.map((row) => `"${row.replaceAll(',', '","')}"`).join('\r\n'))).toEqual(expected)
  })

  test('behavior: BurstGPT, in seconds, answers without tokens included', () => {
    const burst = 'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type'
    expect(parse(`${burst}\n5,ChatGPT,472,18,490,Conversation log\n45.5,GPT-4,1087,0,1087,API log\n`)).toEqual([
      { offsetMs: 0, contextTokens: 472, generatedTokens: 18 },
      { offsetMs: 40_500, contextTokens: 1087, generatedTokens: 0 },
    ])
  })

  test('behavior: Mooncake, JSON lines in milliseconds', () => {
    const line = (timestamp: number, input: number, output: number) =>
      JSON.stringify({ timestamp, input_length: input, output_length: output, hash_ids: [1, 2] })
    expect(parse([line(27_482, 6955, 52), line(30_535, 6472, 26)].join('\n'))).toEqual([
      { offsetMs: 0, contextTokens: 6955, generatedTokens: 52 },
      { offsetMs: 3053, contextTokens: 6472, generatedTokens: 26 },
    ])
    const bad = [line(1, 2, 3), '{"timestamp": 5, "input_length": "six", "output_length": 1}'].join('\n')
    expect(refusal(bad)).toContain('SL704: jobs.csv, line 2, input_length: a bad row.')
    expect(refusal([line(1, 2, 3), '{"timestamp": 5,'].join('\n'))).toContain('SL704: jobs.csv, line 2')
  })
})

describe('a file of any size', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'sunledger-trace-')), 'trace.csv')
  afterAll(() => rmSync(dirname(file), { recursive: true }))
  const row = (i: number) =>
    `2024-05-${String(10 + Math.floor(i / 200)).padStart(2, '0')} 00:00:${String(i % 60).padStart(2, '0')},${i % 9},${i % 4}`
  const many = [header, ...Array.from({ length: 1000 }, (_, i) => row(i))]

  test('behavior: neighbours are paid for together beyond a limit, and no token is lost', () => {
    writeFileSync(file, many.join('\r\n'))
    const whole = JobTrace.readTrace(file)
    expect([whole.total, whole.perPayment, whole.requests.length, whole.format]).toEqual([1000, 1, 1000, 'Azure'])
    const part = JobTrace.readTrace(file, 100)
    expect([part.total, part.perPayment, part.requests.length]).toEqual([1000, 8, 125])
    const sum = (list: readonly JobTrace.Request[], of: (request: JobTrace.Request) => number) =>
      list.reduce((all, each) => all + of(each), 0)
    expect(sum(part.requests, ({ contextTokens }) => contextTokens)).toBe(
      sum(whole.requests, ({ contextTokens }) => contextTokens),
    )
    expect(sum(part.requests, ({ generatedTokens }) => generatedTokens)).toBe(
      sum(whole.requests, ({ generatedTokens }) => Math.max(1, generatedTokens)),
    )
    expect(() => JobTrace.read(file, 999)).toThrow('SL705')
  })

  test('behavior: read in chunks, in UTF-8 and UTF-16, it is what it is read whole', () => {
    const text = many.join('\r\n')
    const expected = JobTrace.parse(text, file)
    for (const bytes of [
      text,
      `\ufeff${text}\r\n`,
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      Buffer.from(text, 'utf16le'),
    ]) {
      writeFileSync(file, bytes)
      expect(JobTrace.read(file)).toEqual(expected)
    }
  })

  test('error: a file that is missing or empty', () => {
    expect(() => JobTrace.read(`${file}.none`)).toThrow('SL701')
    writeFileSync(file, '')
    expect(() => JobTrace.read(file)).toThrow('SL702')
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
