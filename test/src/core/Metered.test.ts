/** What units cost: exact, cumulative, rounded once. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Metered from '../../../src/core/Metered.ts'

describe('Metered.costOf', () => {
  test('behavior: what so many units cost never depends on how they are paid', () => {
    const tariff = fc.record({
      unit: fc.constant('Wh'),
      price: fc.bigInt(0n, 10n ** 9n),
      per: fc.bigInt(1n, 10n ** 9n),
    })
    fc.assert(
      fc.property(tariff, fc.bigInt(0n, 10n ** 6n), fc.bigInt(0n, 10n ** 6n), (of, a, b) => {
        const [before, after] = [Metered.costOf(of, a), Metered.costOf(of, a + b)]
        expect(after).toBeGreaterThanOrEqual(before)
        // Rounded up, by less than one atomic unit, once.
        expect(after * of.per - of.price * (a + b)).toBeGreaterThanOrEqual(0n)
        expect(after * of.per - of.price * (a + b)).toBeLessThan(of.per)
      }),
    )
  })
})
