/** A sale is made when both legs are paid: the receipt of one's own shows only half of it. */
import { describe, expect, test } from 'vitest'
import type { SaleTerms } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { dollar, energyCredit, key } from './FakeService.ts'
import { Observer } from './Observer.ts'
import { connect, funded, payee, payer } from './Payer.ts'

/** A service that takes each leg of a sale as a payment of its own, as one in the middle could have it. */
const market = async () => {
  const service = funded()
  service.account(payee, energyCredit).available = 1_000_000n
  const account = new Observer(key(1))
  const buyer = await connect(service, { account, timeoutMs: 100, retryForMs: 0 })
  const seller = await connect(service, { account: key(2) })
  const terms = buyer.saleTerms({ seller: payee, buyer: payer, credits: 40n, price: 8n })
  return { service, account, buyer, seller, terms }
}

describe('the other leg', () => {
  test('error: SL683 a leg that was paid alone; asking again, when the other is there, charges nothing', async () => {
    const { service, buyer, seller, terms } = await market()
    await expect(buyer.buy(terms)).rejects.toMatchObject({ code: 'SL683', payment: { amount: 8n } })
    const reference = Digest.sale(terms)
    await expect(buyer.pay({ to: payee, amount: 8n, reference })).resolves.toMatchObject({ payment: { amount: 8n } })
    await expect(buyer.buy(terms)).rejects.toMatchObject({ code: 'SL683' })
    await seller.pay({ to: payer, amount: 40n, asset: energyCredit, reference })
    expect((await buyer.buy(terms)).payment.total).toBe(8n)
    expect((await seller.sell(terms)).payment.amount).toBe(40n)
    expect(service.account(payer).debit.total).toBe(8n)
  })

  test('error: SL683 one over another amount', async () => {
    const { buyer, seller, terms } = await market()
    await seller.pay({ to: payer, amount: 39n, asset: energyCredit, reference: Digest.sale(terms) })
    await expect(buyer.buy(terms)).rejects.toMatchObject({ code: 'SL683' })
  })

  test('behavior: the service’s word is enough where the program says so', async () => {
    const { buyer, terms } = await market()
    expect((await buyer.buy(terms, { proof: false })).payment.amount).toBe(8n)
  })
})

describe('I21 terms of another party', () => {
  const wrong: [string, Partial<SaleTerms>, string][] = [
    ['dollars in place of credits', { creditAsset: dollar }, 'SL315'],
    ['credits in place of dollars', { dollarAsset: energyCredit }, 'SL315'],
    ['another buyer', { buyer: payee, seller: payer }, 'SL315'],
    ['no salt', { salt: '0x12' }, 'SL686'],
    ['an amount that is none', { price: -1n as never }, 'SL101'],
    ['an address that is none', { seller: '0x12' }, 'SL656'],
  ]
  test.each(wrong)('error: with %s nothing is signed', async (_, change, code) => {
    const { buyer, account, terms } = await market()
    await expect(buyer.buy({ ...terms, ...change })).rejects.toMatchObject({ code })
    expect(account.seen).toEqual([])
  })
})
