/** What the SDK hands out can be written as JSON, and receipts be read again. */
import { expect, test } from 'vitest'
import * as Receipt from '../../../src/sdk/Receipt.ts'
import { trust } from './FakeService.ts'
import { codes, connect, funded, payee, payer } from './Payer.ts'

test('behavior: receipts, parts of them and copies, in whatever they stand, and back', async () => {
  const robot = await connect(funded())
  const receipt = await robot.pay({ to: payee, amount: 5n })
  expect(JSON.stringify(receipt)).toBe(Receipt.format(receipt))
  const text = JSON.stringify({ list: [receipt, { ...receipt }], payment: receipt.payment, credit: receipt.credit })
  const { list, payment } = JSON.parse(text)
  for (const each of list) {
    const back = Receipt.parse(each)
    expect(back).toEqual(receipt)
    expect(Receipt.verify(back, { ...trust, payer, payee, minimum: 5n }).amount).toBe(5n)
    expect(JSON.stringify(back)).toBe(JSON.stringify(receipt))
  }
  expect(payment.amount).toBe('5')
  expect(Object.keys(receipt.payment)).not.toContain('toJSON')
})

test('behavior: balances, terms, accounts, what a receipt was found to say, and errors too', async () => {
  const service = funded()
  const robot = await connect(service, { retryForMs: 0 })
  const terms = robot.saleTerms({ seller: payee, buyer: payer, credits: '1', price: '0.5' })
  const receipt = await robot.pay({ to: payee, amount: 5n })
  service.fault = (path) => (path === '/v1/payments' ? 'lose' : undefined)
  const lost = await robot.pay({ to: payee, amount: 7n }).catch((error) => error)
  const values = [await robot.balance(), terms, await robot.client.account(payer), Receipt.verify(receipt, trust), lost]
  expect(() => JSON.stringify(values)).not.toThrow()
  expect(JSON.parse(JSON.stringify(values))).toMatchObject([
    { available: '999988' },
    { price: '500000' },
    { assets: [{ debit: { total: '12' } }, {}] },
    { amount: '5' },
    { code: 'SL649', payment: { amount: '7' } },
  ])
  expect(codes(await Promise.allSettled([robot.pay({ to: payee, amount: 5n })]))).toEqual(['SL649'])
})
