import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Energy from '../../../src/core/Energy.ts'

const total = fc.bigInt({ min: 0n, max: 1n << 72n }).map(Energy.from)
const price = fc.bigInt({ min: 0n, max: 10_000_000n })

describe('Energy.charge', () => {
  test('behavior: loses nothing however a total is partitioned', () => {
    fc.assert(
      fc.property(fc.array(total, { minLength: 2, maxLength: 50 }), price, (readings, priceAtomicPerKwh) => {
        const sorted = readings.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        const [first, last] = [sorted[0] as Energy.EnergyMilliWh, sorted.at(-1) as Energy.EnergyMilliWh]
        const steps = sorted
          .slice(1)
          .map((after, i) => Energy.charge(sorted[i] as Energy.EnergyMilliWh, after, priceAtomicPerKwh))
        expect(steps.reduce((sum, step) => sum + step, 0n)).toBe(Energy.charge(first, last, priceAtomicPerKwh))
        for (const step of steps) expect(step).toBeGreaterThanOrEqual(0n)
      }),
    )
  })

  test('behavior: is within one atomic unit of the exact price of each step', () => {
    fc.assert(
      fc.property(total, fc.bigInt({ min: 0n, max: 1n << 40n }), price, (before, step, priceAtomicPerKwh) => {
        const charged = Energy.charge(before, Energy.from(before + step), priceAtomicPerKwh) * Energy.perKwh
        const exact = step * priceAtomicPerKwh
        expect(charged).toBeGreaterThan(exact - Energy.perKwh)
        expect(charged).toBeLessThan(exact + Energy.perKwh)
      }),
    )
  })

  test('behavior: pricing each step by itself would lose what this keeps', () => {
    // A 100 W robot, every 36 ms one mWh at 4.3 cents a kWh.
    const totals = Array.from({ length: 1001 }, (_, i) => Energy.from(BigInt(i)))
    const alone = totals.slice(1).reduce((sum) => sum + Energy.price(Energy.from(1n), 43_000n), 0n)
    const cumulative = totals
      .slice(1)
      .reduce((sum, after, i) => sum + Energy.charge(totals[i] as Energy.EnergyMilliWh, after, 43_000n), 0n)
    expect([alone, cumulative]).toEqual([0n, 43n])
  })
})

describe('Energy', () => {
  test('behavior: one credit is one kWh', () => {
    expect(Energy.toCredits(Energy.from(Energy.perKwh))).toBe(1_000_000n)
  })

  test('behavior: kWh for people', () => {
    expect([0n, 999n, 1_250_000n, 12_345_678n].map(Energy.formatKwh)).toEqual(['0.000', '0.000', '1.250', '12.345'])
  })

  test('error: energy is never negative', () => {
    expect(() => Energy.from(-1n)).toThrow(RangeError)
  })
})
