import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buys, type Order, type Side, type SignedOrder, sells } from '../../../src/core/Order.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { Book } from '../../../src/market/Book.ts'
import * as Spec from '../../../src/market/Spec.ts'
import * as Signer from '../../../src/sdk/Signer.ts'
import * as TypedData from '../../../src/sdk/TypedData.ts'

const domain = TypedData.domain(31337, `0x${'ab'.repeat(20)}`)
const keys = Array.from({ length: 6 }, (_, i): Hex => `0x${(i + 1).toString(16).padStart(64, '0')}`)
const accounts = keys.map(Signature.addressOf)
const spec = Spec.standard

const order = (who: number, side: Side, lots: bigint, ticks: bigint, change: Partial<Order> = {}): SignedOrder => {
  const account = accounts[who] as Order['account']
  const unsigned: Order = {
    account,
    side,
    slot: 7n,
    energyMilliWh: lots * spec.lotMilliWh,
    limitAtomicPerKwh: ticks * spec.tickAtomicPerKwh,
    nonce: 0n,
    via: account,
    ...change,
  }
  return { ...unsigned, signature: Signer.fromKey(keys[who] as Hex).sign('Order', domain, unsigned) as Hex }
}

const open = () => new Book({ spec, slot: 7n, domain: domain.separator })

describe('a book', () => {
  test('behavior: matches signed orders at one price; money is exactly energy × price', () => {
    const book = open()
    book.place(order(0, buys, 30n, 500n))
    book.place(order(1, buys, 10n, 400n))
    book.place(order(2, sells, 25n, 200n))
    book.place(order(3, sells, 25n, 450n))
    const { priceAtomicPerKwh, volumeMilliWh, deals } = book.clear()
    // 30 lots trade: the second seller's limit binds from below, its rest from above.
    expect([book.size, priceAtomicPerKwh, volumeMilliWh]).toEqual([4, 45_000n, 300_000n])
    expect(deals).toEqual([
      { buyer: accounts[0], seller: accounts[2], energyMilliWh: 250_000n, amountAtomic: 11_250n },
      { buyer: accounts[0], seller: accounts[3], energyMilliWh: 50_000n, amountAtomic: 2_250n },
    ])
  })

  test('behavior: nobody pays more or takes less than its limit, and what buyers pay sellers get', () => {
    const few = fc.record({ lots: fc.bigInt({ min: 1n, max: 40n }), ticks: fc.bigInt({ min: 1n, max: 30n }) })
    fc.assert(
      fc.property(fc.array(few, { maxLength: 3 }), fc.array(few, { maxLength: 3 }), (bids, asks) => {
        const book = open()
        bids.forEach(({ lots, ticks }, i) => book.place(order(i, buys, lots, ticks)))
        asks.forEach(({ lots, ticks }, i) => book.place(order(3 + i, sells, lots, ticks)))
        const { priceAtomicPerKwh = 0n, volumeMilliWh, fills, deals } = book.clear()
        for (const { order, energyMilliWh } of fills) {
          expect(energyMilliWh).toBeLessThanOrEqual(order.energyMilliWh)
          if (order.side === buys) expect(priceAtomicPerKwh).toBeLessThanOrEqual(order.limitAtomicPerKwh)
          else expect(priceAtomicPerKwh).toBeGreaterThanOrEqual(order.limitAtomicPerKwh)
        }
        const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n)
        for (const account of accounts) {
          const filled = fills
            .filter(({ order }) => order.account === account)
            .map(({ energyMilliWh }) => energyMilliWh)
          const dealt = deals.filter(({ buyer, seller }) => buyer === account || seller === account)
          expect(total(dealt.map(({ energyMilliWh }) => energyMilliWh))).toBe(total(filled))
        }
        for (const { energyMilliWh, amountAtomic } of deals)
          expect(amountAtomic * 1_000_000n).toBe(energyMilliWh * priceAtomicPerKwh)
        expect(total(deals.map(({ energyMilliWh }) => energyMilliWh))).toBe(volumeMilliWh)
      }),
      { numRuns: 50 },
    )
  })

  test('behavior: without anybody to trade with there is no price', () => {
    const book = open()
    book.place(order(0, buys, 1n, 5n))
    expect(book.clear()).toEqual({ priceAtomicPerKwh: undefined, volumeMilliWh: 0n, fills: [], deals: [] })
  })

  const refused: [string, SignedOrder, string][] = [
    ['of another slot', order(0, buys, 1n, 1n, { slot: 8n }), 'SL716'],
    ['not in whole lots', order(0, buys, 1n, 1n, { energyMilliWh: 10_001n }), 'SL714'],
    ['over nothing', order(0, buys, 0n, 1n), 'SL714'],
    ['beyond what a market holds', order(0, buys, 1n << 31n, 1n), 'SL714'],
    ['not at a whole tick', order(0, sells, 1n, 1n, { limitAtomicPerKwh: 150n }), 'SL714'],
    ['for nothing', order(0, sells, 1n, 0n), 'SL714'],
    ['of no side', order(0, 3 as Side, 1n, 1n), 'SL714'],
    ['signed by another', { ...order(0, buys, 1n, 1n), account: accounts[1] as Order['account'] }, 'SL715'],
    ['changed after it was signed', { ...order(0, buys, 1n, 1n), limitAtomicPerKwh: 200n }, 'SL715'],
    [
      'signed for another market',
      {
        ...order(0, buys, 1n, 1n),
        signature: Signature.sign(
          Digest.order(Digest.domain(1, accounts[0] as Hex), order(0, buys, 1n, 1n)),
          keys[0] as Hex,
        ),
      },
      'SL715',
    ],
    ['with no signature', { ...order(0, buys, 1n, 1n), signature: `0x${'00'.repeat(64)}` }, 'SL715'],
  ]
  test.each(refused)('error: an order %s', (_, given, code) => {
    expect(() => open().place(given)).toThrow(code)
  })

  test('error: the same nonce twice, both sides for an account, and anything after the end', () => {
    const book = open()
    book.place(order(0, buys, 1n, 1n))
    expect(() => book.place(order(0, buys, 2n, 1n))).toThrow('SL717')
    expect(() => book.place(order(0, sells, 1n, 1n, { nonce: 1n }))).toThrow('SL714')
    // Nor may a station that takes a robot's credits sell: it could sell to itself.
    book.place(order(1, buys, 1n, 1n, { via: accounts[2] as Order['account'] }))
    expect(() => book.place(order(2, sells, 1n, 1n))).toThrow('SL714')
    book.clear()
    expect(() => book.place(order(4, buys, 1n, 1n))).toThrow('SL716')
  })
})

describe('lots and ticks', () => {
  test('behavior: a lot costs whole atomic dollars at every tick', () => {
    expect(Spec.amountOf(spec, 3, 430)).toBe(1290n)
    expect(Spec.amountOf(Spec.from(500_000n, 2n), 1, 21)).toBe(21n)
  })

  test('error: a lot and a tick that do not go together', () => {
    expect(() => Spec.from(10_000n, 99n)).toThrow('SL713')
    expect(() => Spec.from(0n, 100n)).toThrow('SL713')
  })
})
