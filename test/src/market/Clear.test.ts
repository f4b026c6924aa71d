/**
 * The auction against a reference that is slow and obvious: it tries every price. Orders are few and small here, so that ties, gaps and parts of orders
 * come up all the time.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Clear from '../../../src/market/Clear.ts'

interface Order {
  readonly ticks: number
  readonly lots: number
}

const orders = fc.array(fc.record({ ticks: fc.integer({ min: 1, max: 12 }), lots: fc.integer({ min: 0, max: 9 }) }), {
  maxLength: 12,
})
const runs = { numRuns: 2000 }

const side = (list: readonly Order[]): Clear.Side => ({
  ticks: list.map(({ ticks }) => ticks),
  lots: list.map(({ lots }) => lots),
})
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)

/** What could trade at a price: no more than is wanted, no more than is offered. */
const volumeAt = (bids: readonly Order[], asks: readonly Order[], price: number): number =>
  Math.min(
    sum(bids.filter(({ ticks }) => ticks >= price).map(({ lots }) => lots)),
    sum(asks.filter(({ ticks }) => ticks <= price).map(({ lots }) => lots)),
  )

/** Serves orders one lot at a time: the best limit first, of equal ones the first. */
const serve = (list: readonly Order[], better: (a: number, b: number) => boolean, volume: number): number[] => {
  const got = list.map(() => 0)
  for (let lot = 0; lot < volume; lot++) {
    let best = -1
    list.forEach(({ ticks, lots }, i) => {
      if ((got[i] ?? 0) < lots && (best < 0 || better(ticks, list[best]?.ticks ?? 0))) best = i
    })
    got[best] = (got[best] ?? 0) + 1
  }
  return got
}

describe('a call auction', () => {
  test('behavior: trades the greatest volume that any one price allows, best limits first, then first come', () => {
    fc.assert(
      fc.property(orders, orders, (bids, asks) => {
        const { volumeLots, bids: bought, asks: sold } = Clear.clear(side(bids), side(asks))
        const most = Math.max(...Array.from({ length: 14 }, (_, price) => volumeAt(bids, asks, price)))
        expect(volumeLots).toBe(most)
        expect([...bought]).toEqual(serve(bids, (a, b) => a > b, most))
        expect([...sold]).toEqual(serve(asks, (a, b) => a < b, most))
      }),
      runs,
    )
  })

  test('behavior: at one price outside of nobody’s limit; nobody left out would have been served at it', () => {
    fc.assert(
      fc.property(orders, orders, (bids, asks) => {
        const { priceTicks, volumeLots, bids: bought, asks: sold } = Clear.clear(side(bids), side(asks))
        expect(priceTicks === undefined).toBe(volumeLots === 0)
        if (priceTicks === undefined) return
        bids.forEach(({ ticks, lots }, i) => {
          if ((bought[i] ?? 0) > 0) expect(ticks).toBeGreaterThanOrEqual(priceTicks)
          if ((bought[i] ?? 0) < lots) expect(ticks).toBeLessThanOrEqual(priceTicks)
        })
        asks.forEach(({ ticks, lots }, i) => {
          if ((sold[i] ?? 0) > 0) expect(ticks).toBeLessThanOrEqual(priceTicks)
          if ((sold[i] ?? 0) < lots) expect(ticks).toBeGreaterThanOrEqual(priceTicks)
        })
        // It is the middle of all such prices, rounded down.
        const fair = Array.from({ length: 14 }, (_, price) => price).filter(
          (price) =>
            bids.every(
              ({ ticks, lots }, i) => (bought[i] === 0 || ticks >= price) && (bought[i] === lots || ticks <= price),
            ) &&
            asks.every(
              ({ ticks, lots }, i) => (sold[i] === 0 || ticks <= price) && (sold[i] === lots || ticks >= price),
            ),
        )
        expect(priceTicks).toBe(Math.floor(((fair[0] ?? 0) + (fair.at(-1) ?? 0)) / 2))
      }),
      runs,
    )
  })

  test('behavior: leaves no two orders that could still trade', () => {
    fc.assert(
      fc.property(orders, orders, (bids, asks) => {
        const { bids: bought, asks: sold } = Clear.clear(side(bids), side(asks))
        const left = (list: readonly Order[], got: Float64Array) =>
          list.filter(({ lots }, i) => (got[i] ?? 0) < lots).map(({ ticks }) => ticks)
        expect(Math.max(0, ...left(bids, bought))).toBeLessThan(Math.min(99, ...left(asks, sold)))
      }),
      runs,
    )
  })

  test('behavior: deals give everybody exactly what it got, buyers as much as sellers, in few deals', () => {
    fc.assert(
      fc.property(orders, orders, (bids, asks) => {
        const { bids: bought, asks: sold } = Clear.clear(side(bids), side(asks))
        const found = [...Clear.deals([...bought], [...sold])]
        const of = (key: 'buyer' | 'seller', count: number) =>
          Array.from({ length: count }, (_, i) => sum(found.filter((deal) => deal[key] === i).map(({ lots }) => lots)))
        expect(of('buyer', bids.length)).toEqual([...bought])
        expect(of('seller', asks.length)).toEqual([...sold])
        expect(found.every(({ lots }) => lots > 0)).toBe(true)
        const served = [...bought, ...sold].filter((lots) => lots > 0).length
        expect(found.length).toBeLessThanOrEqual(Math.max(0, served - 1))
      }),
      runs,
    )
  })

  test('behavior: the order of arrival decides between equal limits and nothing else', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 9 }),
        orders,
        fc.nat(),
        (limits, asks, turn) => {
          const bids = limits.map((ticks) => ({ ticks, lots: (ticks % 5) + 1 }))
          const at = limits.length === 0 ? 0 : turn % limits.length
          const turned = [...bids.slice(at), ...bids.slice(0, at)]
          const got = (list: readonly Order[]) => {
            const { bids: bought, priceTicks } = Clear.clear(side(list), side(asks))
            return [priceTicks, list.map(({ ticks }, i) => [ticks, bought[i]] as const).sort(([a], [b]) => a - b)]
          }
          expect(got(turned)).toEqual(got(bids))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('behavior: sums of large orders stay exact', () => {
    const lots = 2 ** 31 - 1
    const many = { ticks: new Uint32Array(1000).fill(7), lots: new Uint32Array(1000).fill(lots) }
    expect(Clear.clear(many, many).volumeLots).toBe(1000 * lots)
  })

  test('error: limits and quantities that are not whole, or beyond 31 bits, are a programmer’s mistake', () => {
    for (const [ticks, lots] of [
      [-1, 1],
      [1, 0.5],
      [2 ** 31, 1],
      [1, 2 ** 31],
    ] as const)
      expect(() => Clear.clear(side([{ ticks, lots }]), side([]))).toThrow(RangeError)
  })
})
