/** A robot and a service that forgets, lies or is another one than it should be: nothing is believed that is not signed. */
import { describe, expect, test } from 'vitest'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Keep from '../../../src/sdk/Keep.ts'
import { Robot } from '../../../src/sdk/Robot.ts'
import { creditKey, dollar, domain, key, trust } from './FakeService.ts'
import { codes, connect, funded, payee, payer, payments } from './Payer.ts'

describe('a crash', () => {
  test('behavior: what was signed and has no answer is sent again as it was, before anything new', async () => {
    const service = funded()
    const keep = Keep.memory()
    const first = await connect(service, { keep, retryForMs: 0 })
    await first.pay({ to: payee, amount: 1n })
    service.fault = (path) => (path === '/v1/payments' ? 'refuse' : undefined)
    const lost = await Promise.allSettled([2n, 3n].map((amount) => first.pay({ to: payee, amount })))
    expect(codes(lost)).toEqual(['SL649', 'SL649'])
    service.fault = () => undefined
    const second = await connect(service, { keep })
    expect(second.recovered.map((result) => result.status === 'fulfilled' && result.value.payment.total)).toEqual([
      3n,
      6n,
    ])
    expect((await second.pay({ to: payee, amount: 4n })).payment.total).toBe(10n)
    await second.close()
    expect((await connect(service, { keep })).recovered).toEqual([])
  })

  test('behavior: what had been accepted is not charged again', async () => {
    const service = funded()
    const keep = Keep.memory()
    const first = await connect(service, { keep, retryForMs: 0 })
    service.fault = (path) => (path === '/v1/payments' ? 'lose' : undefined)
    await Promise.allSettled([2n, 3n].map((amount) => first.pay({ to: payee, amount })))
    service.fault = () => undefined
    const second = await connect(service, { keep })
    expect(codes(second.recovered)).toEqual(['paid', 'paid'])
    expect(service.account(payer).debit.total).toBe(5n)
  })

  test('behavior: it is asked for with the bytes that may have been charged, also when others have paid since', async () => {
    const service = funded()
    const keep = Keep.memory()
    const first = await connect(service, { keep, retryForMs: 0 })
    service.fault = (path) => (path === '/v1/payments' ? 'lose' : undefined)
    await expect(first.pay({ to: payee, amount: 2n })).rejects.toMatchObject({ code: 'SL649' })
    service.fault = () => undefined
    await (await connect(service)).pay({ to: payee, amount: 3n })
    const third = await connect(service, { keep })
    expect(third.recovered).toMatchObject([{ status: 'fulfilled', value: { payment: { total: 2n } } }])
    const [lost, , again] = payments(service).map(({ body }) => body)
    expect(again).toEqual(lost)
    expect((await third.pay({ to: payee, amount: 4n })).payment.total).toBe(9n)
  })

  test('error: a service that forgot what it had accepted is not paid through', async () => {
    const keep = Keep.memory()
    const robot = await connect(funded(), { keep })
    await robot.pay({ to: payee, amount: 1n })
    await robot.close()
    await expect(connect(funded(), { keep })).rejects.toMatchObject({ code: 'SL646' })
  })
})

describe('a service that cannot be believed', () => {
  test('error: it claims a debit that another key signed', async () => {
    const service = funded()
    const history: Hex = `0x${'12'.repeat(32)}`
    const digest = Digest.debit(domain, dollar, 9n, history)
    service.account(payer).debit = { total: 9n, history, signature: Signature.sign(digest, key(66)) }
    await expect(connect(service)).rejects.toMatchObject({ code: 'SL645' })
    service.account(payer).debit = { total: 9n, history, signature: '0x' }
    await expect(connect(service)).rejects.toMatchObject({ code: 'SL645' })
    service.account(payer).debit = { total: 9n, history, signature: Signature.sign(digest, key(1)) }
    await expect(connect(service)).rejects.toMatchObject({ code: 'SL682' })
  })

  test('error: it claims such a debit later, to have the next payment signed on top', async () => {
    const service = funded()
    const robot = await connect(service)
    service.refuse = () => 'conflict'
    service.account(payer).debit = { total: 500n, history: `0x${'12'.repeat(32)}`, signature: `0x${'34'.repeat(64)}` }
    await expect(robot.pay({ to: payee, amount: 1n })).rejects.toMatchObject({ code: 'SL645' })
  })

  test('error: a payment that it never lets in ends, with its reason', async () => {
    const service = funded()
    const robot = await connect(service)
    service.refuse = () => 'conflict'
    await expect(robot.pay({ to: payee, amount: 1n })).rejects.toMatchObject({ code: 'SL654' })
    expect(payments(service).length).toBeLessThan(10)
  })

  test('error: its receipt is not signed by its credit key', async () => {
    const service = funded()
    service.tamper = (receipt) => {
      const root = Digest.credit(domain, receipt.credit)
      return { ...receipt, proof: { branch: [], signature: Signature.sign(Digest.credits(domain, root), key(7)) } }
    }
    const robot = await connect(service)
    await expect(robot.pay({ to: payee, amount: 1n })).rejects.toMatchObject({ code: 'SL650' })
    service.tamper = (receipt) => receipt
    expect((await robot.pay({ to: payee, amount: 2n })).payment.total).toBe(3n)
  })

  test('error: it answers with the receipt of somebody else’s payment, or of another purchase', async () => {
    const service = funded()
    const robot = await connect(service)
    const other = await robot.pay({ to: payee, amount: 1n })
    service.tamper = () => other
    await expect(robot.pay({ to: payee, amount: 1n })).rejects.toMatchObject({ code: 'SL651' })
  })

  test('error: it stands for another deployment than the pinned one, or speaks another version', async () => {
    const service = funded()
    const wrong = Signature.addressOf(key(9))
    await expect(connect(service, { chainId: 1 })).rejects.toMatchObject({ code: 'SL647' })
    await expect(connect(service, { clearingHouse: wrong })).rejects.toMatchObject({ code: 'SL647' })
    await expect(connect(service, { creditKey: wrong })).rejects.toMatchObject({ code: 'SL647' })
    await expect(connect(service, trust)).resolves.toBeInstanceOf(Robot)
    service.version = '2'
    await expect(connect(service)).rejects.toMatchObject({ code: 'SL644' })
  })

  test('behavior: pins the key that signs receipts', () => {
    expect(trust.creditKey).toBe(Signature.addressOf(creditKey))
  })
})
