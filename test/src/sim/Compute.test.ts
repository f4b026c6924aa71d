import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Assumptions from '../../../src/sim/Assumptions.ts'
import * as Compute from '../../../src/sim/Compute.ts'
import * as JobTrace from '../../../src/sim/JobTrace.ts'
import * as Random from '../../../src/sim/Random.ts'
import * as Fixtures from './Fixtures.ts'

describe('cost', () => {
  test('behavior: 1.7 mWh a token, $2.95 a million tokens at $0.043/kWh, of which energy is about 2.5 % (MEASURES 6)', () => {
    expect(Compute.energyMicroWh(1000n)).toBe(1_700_000n)
    expect(Assumptions.derived(Assumptions.values).gpuHourUnits).toBe(1_000_000n)
    expect(Compute.costAtomicPer1000(43_000n)).toBe(2950n)
    expect(Compute.costAtomicPer1000(0n)).toBe(2877n)
    expect(1 - Number(Compute.costAtomicPer1000(0n)) / 2950).toBeCloseTo(0.025, 3)
  })

  test('behavior: jobs of any sizes are charged what their sum costs', () => {
    const jobs = fc.array(fc.bigInt({ min: 1n, max: 10_000n }), { maxLength: 100 })
    fc.assert(
      fc.property(jobs, fc.bigInt({ min: 1000n, max: 10_000_000n }), (sizes, price) => {
        let total = 0n
        let charged = 0n
        for (const size of sizes) {
          const charge = Compute.charge(total, total + size, price)
          // At a price of a thousandth or more a unit, no job is free.
          expect(charge).toBeGreaterThan(0n)
          charged += charge
          total += size
        }
        expect(charged).toBe(Compute.price(total, price))
      }),
    )
  })

  test('behavior: an answer without tokens counts as one unit', () => {
    expect(Compute.units({ generatedTokens: 0 })).toBe(1n)
    expect(Compute.units({ generatedTokens: 28 })).toBe(28n)
  })
})

describe('request', () => {
  test('behavior: within the bounds of the trace, with the stated means', () => {
    const random = Random.stream(1, 'requests')
    const drawn = Array.from({ length: 100_000 }, () => Compute.request(random))
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(drawn.map(({ generatedTokens }) => generatedTokens)) / 29.5).toBeCloseTo(1, 1)
    expect(mean(drawn.map(({ contextTokens }) => contextTokens)) / 2081).toBeCloseTo(1, 1)
    for (const { contextTokens, generatedTokens } of drawn) {
      if (contextTokens < 3 || contextTokens > 7437 || generatedTokens < 6 || generatedTokens > 1899)
        throw new Error(`out of bounds: ${contextTokens}, ${generatedTokens}`)
    }
  })

  test.skipIf(Fixtures.absent)(
    'behavior: has the quantiles of the real trace (skipped where ../shared/data is absent)',
    () => {
      const random = Random.stream(2, 'requests')
      const trace = JobTrace.read(Fixtures.trace)
      const drawn = Array.from({ length: 50_000 }, () => Compute.request(random))
      for (const column of ['contextTokens', 'generatedTokens'] as const) {
        const sorted = (requests: readonly Omit<JobTrace.Request, 'offsetMs'>[]) =>
          requests.map((request) => request[column]).sort((a, b) => a - b)
        const [real, made] = [sorted(trace), sorted(drawn)]
        for (const share of [0.1, 0.25, 0.5, 0.75, 0.9, 0.95]) {
          const expected = real[Math.floor(share * real.length)] ?? 0
          expect(Math.abs((made[Math.floor(share * made.length)] ?? 0) - expected)).toBeLessThanOrEqual(
            Math.max(1, expected * 0.08),
          )
        }
      }
    },
  )
})
