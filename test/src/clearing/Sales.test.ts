/** Sales: two payments that are accepted together or not at all. */
import { describe, expect, test } from 'vitest'
import * as Account from '../../../src/core/Account.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { SaleTerms } from '../../../src/core/Payment.ts'
import { type BookOptions, codeOf, codesOf, open } from '../support/Book.ts'
import * as Member from '../support/Member.ts'

const { dollar, energy, reference } = Member

const market = async (options: BookOptions = {}) => {
  const book = open(options)
  const [seller, buyer, other] = ['seller', 'buyer', 'other'].map((name) => Member.create(name)) as [
    Member.Member,
    Member.Member,
    Member.Member,
  ]
  await book.deposit(seller, 100n, energy)
  await book.deposit(seller, 100n)
  await book.deposit(buyer, 100n)
  const terms = (change: Partial<SaleTerms> = {}): SaleTerms => ({
    seller: seller.address,
    buyer: buyer.address,
    creditAsset: energy,
    credits: 40n as never,
    dollarAsset: dollar,
    price: 8n as never,
    salt: reference(),
    ...change,
  })
  const holds = (asset: Member.Terms['asset'], of: Member.Member) =>
    Account.position(Ledger.account(book.ledger, asset ?? dollar, of.address))
  const all = () => [holds(energy, seller), holds(dollar, seller), holds(energy, buyer), holds(dollar, buyer)]
  return { book, seller, buyer, other, terms, all }
}

describe('a sale', () => {
  test.each(['seller', 'buyer'])('behavior: is accepted when both legs are there, the %s’s first', async (first) => {
    const { book, seller, buyer, terms, all } = await market()
    const sale = terms()
    const legs = [seller.leg(sale), buyer.leg(sale)]
    if (first === 'buyer') legs.reverse()
    const receipts = await Promise.all(legs.map((leg) => book.trade(sale, leg)))
    expect(receipts.map(({ payment }) => payment.signature)).toEqual(legs.map(({ signature }) => signature))
    expect(all()).toEqual([60n, 108n, 40n, 92n])
    expect(book.journal.end).toBe(4)
  })

  test('behavior: a leg whose answer was lost gets its receipt, alone, also after a restart', async () => {
    const { book, seller, buyer, terms, all } = await market({ pairingMs: 60_000 })
    const sale = terms()
    const legs = [seller.leg(sale), buyer.leg(sale)]
    const receipts = await Promise.all(legs.map((leg) => book.trade(sale, leg)))
    expect(await Promise.all(legs.map((leg) => book.trade(sale, leg)))).toEqual(receipts)
    const again = book.again()
    expect(await Promise.all(legs.map((leg) => again.trade(sale, leg)))).toEqual(receipts)
    expect(await again.pay(legs[1] as never)).toEqual(receipts[1])
    expect(all()).toEqual([60n, 108n, 40n, 92n])
  })

  test('behavior: a leg that is asked for twice in flight, or signed anew, gets its own receipt', async () => {
    const { book, seller, buyer, terms, all } = await market({ pairingMs: 60_000 })
    const sale = terms()
    const [sells, buys] = [seller.leg(sale), buyer.leg(sale)]
    const answers = [book.trade(sale, sells), book.trade(sale, { ...sells }), book.trade(sale, buys)]
    const anew = book.trade(sale, buyer.leg(sale))
    const [first, second, third, fourth] = await Promise.all([...answers, anew])
    expect(second).toEqual(first)
    expect(fourth).toEqual(third)
    expect(await book.pay(buyer.instead({ to: seller.address, amount: 8n, reference: buys.reference }))).toEqual(third)
    expect(all()).toEqual([60n, 108n, 40n, 92n])
  })

  test('behavior: the same terms with another salt are another sale', async () => {
    const { book, seller, buyer, terms, all } = await market()
    for (const sale of [terms(), terms()])
      await Promise.all([seller.leg(sale), buyer.leg(sale)].map((leg) => book.trade(sale, leg)))
    expect(all()).toEqual([20n, 116n, 80n, 84n])
  })

  test('behavior: waits for the predecessor of either leg', async () => {
    const { book, seller, buyer, other, terms, all } = await market()
    const sale = terms()
    const before = [
      seller.pay({ to: other.address, amount: 10n, asset: energy }),
      buyer.pay({ to: other.address, amount: 1n }),
    ]
    const legs = [seller.leg(sale), buyer.leg(sale)].map((leg) => book.trade(sale, leg))
    const behind = book.pay(buyer.pay({ to: other.address, amount: 2n }))
    await Promise.all(before.map(book.pay))
    expect(await codesOf([...legs, behind])).toEqual(['accepted', 'accepted', 'accepted'])
    expect(all()).toEqual([50n, 108n, 40n, 89n])
  })
})

describe('all or nothing', () => {
  test.each([
    ['SL306', 'buyer', 'has too little', { price: 101n as never }],
    ['SL306', 'seller', 'has too little', { credits: 101n as never }],
    ['SL301', 'buyer', 'pays nothing', { price: 0n as never }],
    ['SL301', 'seller', 'gives nothing', { credits: 0n as never }],
  ])('error: %s where the %s %s, SL316 for the other', async (code, who, _, change) => {
    const { book, seller, buyer, terms, all } = await market()
    const sale = terms(change)
    const codes = await codesOf([seller.leg(sale), buyer.leg(sale)].map((leg) => book.trade(sale, leg)))
    expect(codes).toEqual(who === 'seller' ? [code, 'SL316'] : ['SL316', code])
    expect(all()).toEqual([100n, 100n, 0n, 100n])
    expect(book.journal.end).toBe(3)
  })

  test('error: SL311 and SL316 where a predecessor is refused, and SL311 for what waits behind the legs', async () => {
    const { book, seller, buyer, other, terms, all } = await market({ waitMs: 60_000, pairingMs: 60_000 })
    const sale = terms()
    const tooMuch = buyer.pay({ to: other.address, amount: 101n })
    const legs = [seller.leg(sale), buyer.leg(sale)].map((leg) => book.trade(sale, leg))
    const behind = book.pay(seller.pay({ to: other.address, amount: 1n, asset: energy }))
    expect(await codesOf([book.pay(tooMuch), ...legs, behind])).toEqual(['SL306', 'SL316', 'SL311', 'SL311'])
    expect(all()).toEqual([100n, 100n, 0n, 100n])
  })

  test('error: SL310 where a predecessor does not come, SL316 for the other leg', async () => {
    const { book, seller, buyer, other, terms } = await market({ pairingMs: 30 })
    buyer.pay({ to: other.address, amount: 1n })
    const sale = terms()
    expect(await codesOf([seller.leg(sale), buyer.leg(sale)].map((leg) => book.trade(sale, leg)))).toEqual([
      'SL316',
      'SL310',
    ])
  })

  test('error: SL309 where a leg’s place is taken before the sale can be accepted', async () => {
    const { book, seller, buyer, other, terms, all } = await market({ pairingMs: 60_000 })
    const sale = terms()
    buyer.pay({ to: other.address, amount: 1n })
    const legs = [seller.leg(sale), buyer.leg(sale)].map((leg) => book.trade(sale, leg))
    await book.pay(seller.instead({ to: other.address, amount: 3n, asset: energy }))
    expect(await codesOf(legs)).toEqual(['SL309', 'SL316'])
    expect(all()).toEqual([97n, 100n, 0n, 100n])
  })

  test('error: SL309 where a leg’s place has passed; the other waits for one that can be accepted', async () => {
    const { book, seller, buyer, other, terms } = await market({ pairingMs: 60_000 })
    const sale = terms()
    const leg = buyer.leg(sale)
    await book.pay(buyer.instead({ to: other.address, amount: 1n }))
    const sells = book.trade(sale, seller.leg(sale))
    expect(await codeOf(book.trade(sale, leg))).toBe('SL309')
    expect(await codesOf([book.trade(sale, buyer.leg(sale)), sells])).toEqual(['accepted', 'accepted'])
  })

  test('error: SL314 for both where one leg was paid on its own before', async () => {
    const { book, seller, buyer, terms, all } = await market({ pairingMs: 100 })
    const sale = terms()
    const sells = book.trade(sale, seller.leg(sale))
    await book.pay(buyer.leg(sale))
    expect(await codeOf(book.trade(sale, buyer.leg(sale)))).toBe('SL314')
    expect(await codeOf(sells)).toBe('SL314')
    expect(all()).toEqual([100n, 108n, 0n, 92n])
  })
})

describe('pairing', () => {
  test('error: SL314 where the other leg does not come', async () => {
    const { book, seller, terms } = await market({ pairingMs: 20 })
    const sale = terms()
    expect(await codeOf(book.trade(sale, seller.leg(sale)))).toBe('SL314')
  })

  test('error: SL309 for a leg that its own party has replaced; the newer one is paired', async () => {
    const { book, seller, buyer, other, terms } = await market({ pairingMs: 60_000 })
    const sale = terms()
    const older = book.trade(sale, buyer.leg(sale))
    buyer.back()
    await book.pay(buyer.pay({ to: other.address, amount: 1n }))
    const newer = book.trade(sale, buyer.leg(sale))
    expect(await codesOf([older, newer, book.trade(sale, seller.leg(sale))])).toEqual(['SL309', 'accepted', 'accepted'])
  })

  test('error: I8 SL309 for a leg that somebody made of an old debit; the party’s own is paired', async () => {
    const { book, seller, buyer, other, terms } = await market({ pairingMs: 60_000 })
    const old = buyer.pay({ to: other.address, amount: 10n })
    await book.pay(old)
    const sale = terms()
    const buys = buyer.leg(sale)
    const own = book.trade(sale, buys)
    const { payee, amount, reference: of } = buys
    expect(await codeOf(book.trade(sale, { ...old, payee, amount, reference: of }))).toBe('SL309')
    const instead = buyer.instead({ to: payee, amount, reference: of, validUntil: 3_000_000_000n })
    expect(await codeOf(book.trade(sale, instead))).toBe('SL309')
    expect(await codesOf([own, book.trade(sale, seller.leg(sale))])).toEqual(['accepted', 'accepted'])
  })

  test.each([
    ['another price', { price: 9n as never }],
    ['another amount of credits', { credits: 41n as never }],
    ['another salt', { salt: reference() }],
    ['other assets', { dollarAsset: energy, creditAsset: dollar }],
    ['another seller', { seller: Member.create('other').address }],
  ])('error: SL315 for a leg of %s', async (_, change) => {
    const { book, buyer, terms } = await market({ pairingMs: 20 })
    const sale = terms()
    expect(await codeOf(book.trade({ ...sale, ...change }, buyer.leg(sale)))).toBe('SL315')
  })

  test('error: SL315 for a stranger’s payment on the terms of others', async () => {
    const { book, seller, other, terms } = await market({ pairingMs: 20 })
    await book.deposit(other, 100n)
    const sale = terms()
    const request = other.pay({ ...other.leg(sale), to: seller.address, amount: 8n })
    expect(await codeOf(book.trade(sale, request))).toBe('SL315')
  })
})

describe('a leg that was paid alone', () => {
  test.each(['buyer', 'seller'])(
    'error: SL314 for the %s who asks for the sale: the other has given nothing',
    async (who) => {
      const { book, seller, buyer, terms, all } = await market()
      const sale = terms()
      const party = who === 'buyer' ? buyer : seller
      const leg = party.leg(sale)
      await book.pay(leg)
      const before = all()
      expect(await codeOf(book.trade(sale, leg))).toBe('SL314')
      expect(await codeOf(book.trade(sale, party.leg(sale)))).toBe('SL314')
      expect(all()).toEqual(before)
    },
  )
})
