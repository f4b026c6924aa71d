import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Percentiles from '../../../src/report/Percentiles.ts'

describe('of', () => {
  test('behavior: nearest rank', () => {
    // The worked example of nearest rank: 15, 20, 35, 40, 50 has the 50th percentile 35.
    expect(Percentiles.of([15, 20, 35, 40, 50])).toEqual({ p50: 35, p95: 50, p99: 50, samples: 5 })
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(Percentiles.of(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, samples: 100 })
    expect(Percentiles.of([7])).toEqual({ p50: 7, p95: 7, p99: 7, samples: 1 })
  })

  test('behavior: none of nothing', () => {
    expect(Percentiles.of([])).toEqual({ p50: null, p95: null, p99: null, samples: 0 })
  })

  test('behavior: at least p percent of the samples are at or below it, fewer are below', () => {
    const samples = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 500 })
    fc.assert(
      fc.property(samples, (values) => {
        const before = [...values]
        const found = Percentiles.of(values)
        expect(values).toEqual(before)
        for (const [percent, value] of [
          [50, found.p50],
          [95, found.p95],
          [99, found.p99],
        ] as const) {
          const atOrBelow = values.filter((sample) => sample <= (value as number)).length
          const below = values.filter((sample) => sample < (value as number)).length
          expect(atOrBelow * 100).toBeGreaterThanOrEqual(percent * values.length)
          expect(below * 100).toBeLessThan(percent * values.length)
          expect(values.some((sample) => sample === value)).toBe(true)
        }
      }),
    )
  })

  test('behavior: takes typed arrays as well', () => {
    expect(Percentiles.of(Float64Array.from([2, 1])).p50).toBe(1)
  })

  test('error: refuses a sample that is no number', () => {
    expect(() => Percentiles.of([1, Number.NaN, 2])).toThrow('no number')
  })
})
