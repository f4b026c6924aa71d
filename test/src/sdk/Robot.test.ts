/** A robot's payments when things go wrong on the way: each charged once, and those that are refused not. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { type Fault, key } from './FakeService.ts'
import { codes, connect, funded, payee, payer, payments } from './Payer.ts'

describe('paying', () => {
  test('behavior: payments of one tick travel in one request, in the order of the calls, each charged once', async () => {
    const service = funded()
    const robot = await connect(service)
    const receipts = await Promise.all(
      Array.from({ length: 50 }, (_, i) => robot.pay({ to: payee, amount: BigInt(i + 1) })),
    )
    expect(payments(service)).toHaveLength(1)
    expect(receipts.map(({ payment }) => payment.amount)).toEqual(Array.from({ length: 50 }, (_, i) => BigInt(i + 1)))
    expect(service.account(payee).credit.total).toBe(1275n)
    expect(service.account(payer).debit.total).toBe(1275n)
  })

  test('behavior: a few requests may be on their way at once', async () => {
    const service = funded()
    const robot = await connect(service)
    const all: Promise<Receipt>[] = []
    for (let i = 0; i < 20; i++) {
      all.push(robot.pay({ to: payee, amount: 1n }))
      await Promise.resolve()
      await Promise.resolve()
    }
    await Promise.all(all)
    expect(payments(service).length).toBeGreaterThan(1)
    expect(service.account(payer).debit.total).toBe(20n)
  })

  test('behavior: one that overtakes another on the way waits for it and is sent again as it was', async () => {
    const service = funded()
    const robot = await connect(service)
    service.delayMs = (path, count) => (path === '/v1/payments' && count === 1 ? 40 : 0)
    const first = robot.pay({ to: payee, amount: 1n })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await robot.pay({ to: payee, amount: 2n })).payment.total).toBe(3n)
    expect((await first).payment.total).toBe(1n)
    const [one, two, again] = payments(service).map(({ body }) => body)
    expect(one).toMatchObject({ amount: '1' })
    expect(again).toEqual(two)
    expect(payments(service)).toHaveLength(3)
  })

  test('error: one that is refused throws its own error, and those behind it are signed again', async () => {
    const service = funded(100n)
    const robot = await connect(service)
    const results = await Promise.allSettled(
      [10n, 20n, 500n, 30n, 400n, 40n].map((amount) => robot.pay({ to: payee, amount })),
    )
    expect(codes(results)).toEqual(['paid', 'paid', 'SL306', 'paid', 'SL306', 'paid'])
    expect(service.account(payee).credit.total).toBe(100n)
    expect(service.receipts.size).toBe(4)
  })

  test('behavior: the same `for` and `key` are charged once, at the same time and later', async () => {
    const service = funded()
    const robot = await connect(service)
    const purchase = { to: payee, amount: 7n, for: 'https://charger.example/1', key: 'k' }
    const [a, b] = await Promise.all([robot.pay(purchase), robot.pay(purchase)])
    expect(b).toEqual(a)
    const [between, again, after] = await Promise.all([
      robot.pay({ to: payee, amount: 1n }),
      robot.pay(purchase),
      robot.pay({ to: payee, amount: 2n }),
    ])
    expect(again).toEqual(a)
    expect([between, after].map(({ payment }) => payment.total)).toEqual([8n, 10n])
    const other = await connect(service)
    const before = payments(service).length
    expect(await other.pay(purchase)).toEqual(a)
    expect((await other.pay({ to: payee, amount: 3n })).payment.total).toBe(13n)
    // The place that the repetition did not need was given to the next one at once.
    expect(payments(service).length - before).toBe(2)
  })

  test('error: the same reference for something else', async () => {
    const service = funded()
    const robot = await connect(service)
    const purchase = { to: payee, amount: 7n, for: 'x', key: 'k' }
    const both = await Promise.allSettled([robot.pay(purchase), robot.pay({ ...purchase, amount: 8n })])
    expect(codes(both)).toEqual(['paid', 'SL313'])
  })

  test('behavior: another process with the same key is followed', async () => {
    const service = funded()
    const [one, two] = [await connect(service), await connect(service)]
    await one.pay({ to: payee, amount: 1n })
    expect((await two.pay({ to: payee, amount: 2n })).payment.total).toBe(3n)
    expect((await one.pay({ to: payee, amount: 3n })).payment.total).toBe(6n)
  })

  test('behavior: a payment that came late is signed once more with the service’s clock, unless it says until when', async () => {
    const service = funded()
    const robot = await connect(service)
    service.nowSeconds += 1000n
    const until = service.nowSeconds - 1n
    const results = await Promise.allSettled([
      robot.pay({ to: payee, amount: 1n }),
      robot.pay({ to: payee, amount: 2n, validUntil: until }),
      robot.pay({ to: payee, amount: 3n }),
    ])
    expect(codes(results)).toEqual(['paid', 'SL307', 'paid'])
    expect(service.account(payer).debit.total).toBe(4n)
  })

  test('error: nothing to pay, oneself, no address, too many decimals: before anything is signed', async () => {
    const service = funded()
    const robot = await connect(service)
    const results = await Promise.allSettled([
      robot.pay({ to: payee, amount: 0n }),
      robot.pay({ to: payer, amount: 1n }),
      robot.pay({ to: '0x12', amount: 1n }),
      robot.pay({ to: payee, amount: '0.0000001' }),
      robot.pay({ to: payee, amount: '1', asset: payee }),
    ])
    expect(codes(results)).toEqual(['SL301', 'SL302', 'SL656', 'SL102', 'SL658'])
    expect(payments(service)).toHaveLength(0)
  })

  test('error: after close, and close waits for what is on its way', async () => {
    const service = funded()
    const robot = await connect(service)
    const paid = robot.pay({ to: payee, amount: 1n })
    await robot.close()
    expect(service.receipts.size).toBe(1)
    await expect(paid).resolves.toMatchObject({ payment: { amount: 1n } })
    await expect(robot.pay({ to: payee, amount: 1n })).rejects.toMatchObject({ code: 'SL655' })
  })
})

describe('a service that does not answer', () => {
  test('behavior: the same bytes are sent again', async () => {
    const service = funded()
    service.fault = (path, count) =>
      path === '/v1/payments' ? (['lose', 'refuse', 'busy'] as const)[count - 1] : undefined
    const robot = await connect(service)
    const receipt = await robot.pay({ to: payee, amount: 5n })
    const sent = payments(service).map(({ body }) => JSON.stringify(body))
    expect(sent).toHaveLength(4)
    expect(new Set(sent).size).toBe(1)
    expect(receipt.payment.total).toBe(5n)
    expect(service.account(payer).debit.total).toBe(5n)
  })

  test('error: says that it may have been charged; the next payment goes after it, charged once', async () => {
    for (const fault of ['lose', 'refuse'] as const) {
      const service = funded()
      const robot = await connect(service, { retryForMs: 0 })
      service.fault = (path) => (path === '/v1/payments' ? fault : undefined)
      const purchase = { to: payee, amount: 5n, for: 'x', key: 'k' }
      await expect(robot.pay(purchase)).rejects.toMatchObject({ code: 'SL649', payment: { amount: 5n } })
      service.fault = () => undefined
      expect((await robot.pay({ to: payee, amount: 6n })).payment.total).toBe(11n)
      expect((await robot.pay(purchase)).payment.total).toBe(5n)
      expect(service.account(payer).debit.total).toBe(11n)
    }
  })

  test('error: an unanswered payment that is refused for good makes room for the next', async () => {
    const service = funded()
    const robot = await connect(service, { retryForMs: 0 })
    service.fault = (path) => (path === '/v1/payments' ? 'refuse' : undefined)
    await expect(robot.pay({ to: payee, amount: 5n })).rejects.toMatchObject({ code: 'SL649' })
    service.fault = () => undefined
    service.nowSeconds += 1000n
    expect((await robot.pay({ to: payee, amount: 6n })).payment.total).toBe(6n)
  })

  test('behavior: whatever happens to requests and payments, each is charged exactly once, or not and says so', async () => {
    const faults = fc.array(fc.constantFrom<Fault>(undefined, undefined, 'refuse', 'lose', 'busy'), { maxLength: 12 })
    const amounts = fc.array(fc.bigInt({ min: 1n, max: 60n }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(amounts, faults, fc.boolean(), async (wanted, happening, patient) => {
        const service = funded(200n)
        const robot = await connect(service, { retryForMs: patient ? 60_000 : 0 })
        service.fault = (path) => (path === '/v1/payments' ? happening.shift() : undefined)
        const pay = (amount: bigint, i: number) => robot.pay({ to: payee, amount, for: 'purchase', key: `${i}` })
        const first = await Promise.allSettled(wanted.map(pay))
        service.fault = () => undefined
        // Whatever had no answer is asked for again, as the error says.
        const again = await Promise.allSettled(wanted.map(pay))
        const charged = wanted.filter((_, i) => again[i]?.status === 'fulfilled')
        const sum = charged.reduce((total, amount) => total + amount, 0n)
        expect(service.account(payer).debit.total).toBe(sum)
        expect(service.account(payee).credit.total).toBe(sum)
        expect(service.receipts.size).toBe(charged.length)
        for (const [i, result] of first.entries()) {
          if (result.status === 'fulfilled') expect(again[i]).toEqual(result)
          else expect(['SL306', 'SL640', 'SL649', 'SL999']).toContain((result.reason as { code: string }).code)
        }
      }),
      { numRuns: 30 },
    )
  }, 60_000)
})

describe('two payers', () => {
  test('behavior: the same first payment on the same terms by two payers is two payments', async () => {
    const service = funded()
    const other = Signature.addressOf(key(3))
    service.account(other).available = 10n
    const robots = [await connect(service), await connect(service, { account: key(3) })]
    const purchase = { to: payee, amount: 1n, for: 'x', key: 'k', validUntil: service.nowSeconds }
    const [a, b] = await Promise.all(robots.map((robot) => robot.pay(purchase)))
    expect(a?.payment.id).not.toBe(b?.payment.id)
    expect([a?.payment.payer, b?.payment.payer]).toEqual([payer, other])
    expect(service.account(payee).credit.total).toBe(2n)
  })
})
