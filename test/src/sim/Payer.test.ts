/** Sales on a machine that is too busy: a leg waits in vain for the other, and nothing has moved. */
import { describe, expect, test } from 'vitest'
import type { Receipt } from '../../../src/core/Payment.ts'
import { PaymentRefusedError } from '../../../src/core/Payment.ts'
import type { Participants } from '../../../src/sim/Participants.ts'
import { Payer } from '../../../src/sim/Payer.ts'
import type { Trade } from '../../../src/sim/plan/Plan.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'

const trade = (index: number): Trade => ({
  purpose: `slot/0/trade/${index}`,
  slot: 0,
  index,
  seller: { role: 'producer', index },
  buyer: { role: 'station', index: 0 },
  energyMilliWh: 10_000n as never,
  priceAtomic: 400n as never,
})

/** Legs are refused as often as it says, then accepted. */
const payerOf = (times: number, code: 'saleUnpaired' | 'overAvailable') => {
  const order: string[] = []
  const tries = new Map<string, number>()
  const leg =
    (name: string) =>
    async (terms: { purpose: string }): Promise<Receipt> => {
      const key = `${name} ${terms.purpose}`
      tries.set(key, (tries.get(key) ?? 0) + 1)
      order.push(key)
      if ((tries.get(key) ?? 0) <= times) throw new PaymentRefusedError(code)
      return { payment: { id: '0x01' } } as never
    }
  const robot = {
    address: '0x01',
    saleTerms: (sale: unknown) => ({ purpose: (sale as { salt: string }).salt }),
    sell: leg('sell'),
    buy: leg('buy'),
  }
  const participants = { of: () => robot } as unknown as Participants
  const payer = new Payer(Scenario.from({ robots: 1 }), {
    ...{ participants, validUntilSeconds: 1n, signal: new AbortController().signal },
  })
  payer.dollars.add({ role: 'station', index: 0 }, 1000n)
  payer.credits.add({ role: 'producer', index: 0 }, 10_000n)
  payer.credits.add({ role: 'producer', index: 1 }, 10_000n)
  return { payer, order }
}

const held = (payer: Payer) => [
  payer.dollars.held({ role: 'station', index: 0 }),
  payer.dollars.held({ role: 'producer', index: 0 }),
  payer.credits.held({ role: 'station', index: 0 }),
]

describe('a sale whose legs do not meet in time', () => {
  test('behavior: is made again, and is one sale in the end', async () => {
    const { payer } = payerOf(2, 'saleUnpaired')
    payer.setAside(trade(0))
    await payer.trade([trade(0)])
    expect(held(payer)).toEqual([600n, 400n, 10_000n])
    expect(payer.rejected).toEqual({ SL314: 4 })
    expect(payer.acceptMs).toHaveLength(2)
  })

  test('behavior: is given up after some times, and the buyer has its dollars back', async () => {
    const { payer } = payerOf(100, 'saleUnpaired')
    payer.setAside(trade(0))
    await payer.trade([trade(0)])
    expect(held(payer)).toEqual([1000n, 0n, 0n])
  })

  test('behavior: one that is refused for another reason is not made again', async () => {
    const { payer, order } = payerOf(1, 'overAvailable')
    payer.setAside(trade(0))
    await payer.trade([trade(0)])
    expect(order).toHaveLength(2)
    expect(held(payer)).toEqual([1000n, 0n, 0n])
  })
})
