/** A receipt buys once, whatever the order in which receipts are handed over. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { Robot } from '../../../src/sdk/Robot.ts'
import { type Range, ReceiptSpentError, RiskExceededError, Till } from '../../../src/sdk/Till.ts'
import { dollar, energyCredit, FakeService, key, trust } from './FakeService.ts'

const [payer, payee] = [Signature.addressOf(key(1)), Signature.addressOf(key(2))]

const pay = async (amounts: readonly bigint[], service = new FakeService()): Promise<Receipt[]> => {
  for (const asset of [dollar, energyCredit]) service.account(payer, asset).available = 1_000_000n
  const robot = await Robot.connect('http://fake.example', { account: key(1), fetch: service.fetch, keep: false })
  return Promise.all(amounts.map((amount) => robot.pay({ to: payee, amount, asset: dollar })))
}

/** The plainest way to remember what was served: every atomic unit by itself. */
class Plain {
  readonly served = new Set<bigint>()
  take(from: bigint, to: bigint): boolean {
    const units = Array.from({ length: Number(to - from) }, (_, i) => from + BigInt(i) + 1n)
    if (units.some((unit) => this.served.has(unit))) return false
    for (const unit of units) this.served.add(unit)
    return true
  }
}

describe('Till', () => {
  test('behavior: takes each receipt once, in any order, and remembers little', async () => {
    const receipts = await pay(Array.from({ length: 30 }, (_, i) => BigInt((i % 4) + 1)))
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...receipts), { maxLength: 60 }), (handed) => {
        const till = new Till({ ...trust, payee })
        const plain = new Plain()
        for (const receipt of handed) {
          const [from, to] = [receipt.credit.total - receipt.payment.amount, receipt.credit.total]
          if (plain.take(from, to)) expect(till.accept(receipt)).toMatchObject({ from, to })
          else expect(() => till.accept(receipt)).toThrow(ReceiptSpentError)
        }
        const { served } = till
        expect(served.reduce((sum, range) => sum + range.to - range.from, 0n)).toBe(BigInt(plain.served.size))
        for (const [i, range] of served.slice(1).entries()) expect(range.from).toBeGreaterThan((served[i] as Range).to)
      }),
      { numRuns: 40 },
    )
  }, 30_000)

  test('behavior: what is given back can be taken again, and nothing else', () => {
    const stretch = fc
      .tuple(fc.bigInt(0n, 20n), fc.bigInt(1n, 6n))
      .map(([from, length]) => ({ asset: dollar, from, to: from + length }))
    fc.assert(
      fc.property(fc.array(fc.tuple(stretch, fc.boolean()), { maxLength: 60 }), (steps) => {
        const till = new Till({ ...trust, payee })
        const plain = new Plain()
        const taken: Range[] = []
        for (const [range, isBack] of steps) {
          const back = isBack ? taken.shift() : undefined
          if (back !== undefined) {
            till.release(back)
            for (let unit = back.from + 1n; unit <= back.to; unit++) plain.served.delete(unit)
          } else if (plain.take(range.from, range.to)) {
            till.take(range)
            taken.push(range)
          } else expect(() => till.take(range)).toThrow(ReceiptSpentError)
        }
        expect(till.served.reduce((sum, range) => sum + range.to - range.from, 0n)).toBe(BigInt(plain.served.size))
      }),
    )
  })

  test('behavior: all receipts of a day melt into one stretch', async () => {
    const receipts = await pay([3n, 1n, 4n, 1n, 5n])
    const till = new Till({ ...trust, payee })
    for (const receipt of receipts.reverse()) till.accept(receipt)
    expect(till.served).toEqual([{ asset: dollar, from: 0n, to: 14n }])
  })

  test('behavior: the next till goes on where the last one stopped', async () => {
    const [first, second] = (await pay([3n, 4n])) as [Receipt, Receipt]
    const before = new Till({ ...trust, payee })
    before.accept(first)
    const after = new Till({ ...trust, payee, served: before.served })
    expect(() => after.accept(first)).toThrow(ReceiptSpentError)
    expect(after.accept(second).amount).toBe(4n)
  })

  test('behavior: each asset has its own stretches', async () => {
    const service = new FakeService()
    const [dollars] = (await pay([5n], service)) as [Receipt]
    const robot = await Robot.connect('http://fake.example', { account: key(1), fetch: service.fetch, keep: false })
    const credits = await robot.pay({ to: payee, amount: 5n, asset: energyCredit })
    const till = new Till({ ...trust, payee })
    expect([till.accept(dollars), till.accept(credits)].map(({ from, to }) => [from, to])).toEqual([
      [0n, 5n],
      [0n, 5n],
    ])
    const only = new Till({ ...trust, payee, asset: dollar })
    expect(() => only.accept(credits)).toThrow('another asset')
  })

  test('error: a receipt for somebody else, or for too little, is not remembered as served', async () => {
    const [receipt] = (await pay([5n])) as [Receipt]
    expect(() => new Till({ ...trust, payee: payer }).accept(receipt)).toThrow('another payee')
    const till = new Till({ ...trust, payee })
    expect(() => till.accept(receipt, { minimum: 6n })).toThrow('another amount')
    expect(() => till.accept(receipt, { payer: payee })).toThrow('another payer')
    expect(till.accept(receipt, { minimum: 5n, payer }).amount).toBe(5n)
  })

  test('error: more unsettled than the payee chose to risk, until it is settled', async () => {
    const [first, second, third] = (await pay([60n, 40n, 1n])) as [Receipt, Receipt, Receipt]
    const till = new Till({ ...trust, payee, maxUnsettled: '0.0001' })
    till.accept(first)
    till.accept(second)
    expect(() => till.accept(third)).toThrow(RiskExceededError)
    till.settled(1n)
    till.settled(0n)
    expect(till.accept(third).to).toBe(101n)
  })

  test('behavior: a robot’s own till knows what has been settled', async () => {
    const service = new FakeService()
    await pay([60n, 40n], service)
    const robot = await Robot.connect('http://fake.example', { account: key(2), fetch: service.fetch, keep: false })
    const [next] = (await pay([50n], service)) as [Receipt]
    const till = await robot.till({ maxUnsettled: 50n })
    expect(till.accept(next)).toMatchObject({ from: 100n, to: 150n })
    expect(() => till.accept(next)).toThrow(ReceiptSpentError)
  })
})
