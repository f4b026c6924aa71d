/** The same payment, the same purchase, and what only looks like one. */
import { describe, expect, test } from 'vitest'
import * as Account from '../../../src/core/Account.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import { genesisHistory, type PaymentRequest } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { type Book, codeOf, codesOf, open } from '../support/Book.ts'
import * as Member from '../support/Member.ts'

const { dollar, energy, domain, reference } = Member
const payee = Member.create('payee')

const funded = async (options: Parameters<typeof open>[0] = {}) => {
  const book = open(options)
  const payer = Member.create('payer')
  await book.deposit(payer, 1000n)
  return { book, payer }
}

const spent = (book: Book, of: Member.Member) => Ledger.account(book.ledger, dollar, of.address).debitTotal

describe('the same payment again', () => {
  test('behavior: gets the same receipt and is charged once: in flight, later, and after a restart', async () => {
    const { book, payer } = await funded()
    const request = payer.pay({ to: payee.address, amount: 5n })
    const [first, second] = await Promise.all([book.pay(request), book.pay({ ...request })])
    expect(second).toEqual(first)
    await book.pay(payer.pay({ to: payee.address, amount: 1n }))
    expect(await book.pay(request)).toEqual(first)
    const again = book.again()
    expect(await again.pay(request)).toEqual(first)
    expect(spent(again, payer)).toBe(6n)
    expect(book.announced).toHaveLength(2)
  })

  test('behavior: I11 the receipt of a large group is the same when it is read back', async () => {
    const { book, payer } = await funded()
    const requests = Array.from({ length: 37 }, () => payer.pay({ to: payee.address, amount: 1n }))
    const receipts = await Promise.all(requests.map(book.pay))
    const again = book.again()
    expect(await Promise.all(requests.map(again.pay))).toEqual(receipts)
  })

  test('behavior: while it waits for its predecessor it is the same one', async () => {
    const { book, payer } = await funded()
    const first = payer.pay({ to: payee.address, amount: 1n })
    const second = payer.pay({ to: payee.address, amount: 2n })
    const answers = [book.pay(second), book.pay({ ...second }), book.pay(first)]
    const [a, b] = await Promise.all(answers)
    expect(a).toEqual(b)
    expect(spent(book, payer)).toBe(3n)
  })

  test('behavior: is answered even after its validUntil, and while the account is empty', async () => {
    let now = 1000n
    const { book, payer } = await funded({ nowSeconds: () => now })
    const request = payer.pay({ to: payee.address, amount: 1000n, validUntil: 1000n })
    const receipt = await book.pay(request)
    now = 2000n
    expect(await book.pay(request)).toEqual(receipt)
  })
})

describe('a changed copy', () => {
  const changes: [string, string, (request: PaymentRequest) => Partial<PaymentRequest>][] = [
    ['SL309', 'payee', () => ({ payee: Member.create('thief').address })],
    ['SL309', 'reference', () => ({ reference: reference() })],
    ['SL309', 'smaller amount', ({ amount }) => ({ amount: (amount - 1n) as never })],
    ['SL309', 'larger amount', ({ amount }) => ({ amount: (amount + 1n) as never })],
    ['SL313', 'amount of nothing', () => ({ amount: 0n as never })],
    ['SL309', 'validUntil', ({ validUntil }) => ({ validUntil: validUntil + 1n })],
  ]

  test.each(changes)(
    'error: %s with another %s: no receipt, neither in flight nor later nor after a restart',
    async (code, _, change) => {
      const { book, payer } = await funded()
      await book.pay(payer.pay({ to: payee.address, amount: 10n }))
      const request = payer.pay({ to: payee.address, amount: 5n })
      const changed = { ...request, ...change(request) }
      const genuine = book.pay(request)
      const codes = [await codeOf(book.pay(changed)), await codeOf(book.pay(changed))]
      await genuine
      codes.push(await codeOf(book.again().pay(changed)))
      expect(codes).toEqual([code, code, code])
    },
  )

  test('error: of a purchase, at a new place, with the payee changed by a relay, is refused', async () => {
    const { book, payer } = await funded({ waitMs: 20 })
    const request = payer.pay({ to: payee.address, amount: 5n })
    const changed = { ...request, payee: Member.create('thief').address }
    expect(await codeOf(book.pay(changed))).toBe('SL304')
    expect(await codeOf(book.pay(request))).toBe('accepted')
  })

  test('error: signed by somebody else is that one’s payment, not this one', async () => {
    const { book, payer } = await funded()
    const thief = Member.create('thief')
    await book.deposit(thief, 100n)
    const request = payer.pay({ to: payee.address, amount: 5n })
    await book.pay(request)
    await book.pay(thief.pay({ to: payee.address, amount: 50n }))
    const signature = thief.sign(Digest.debit(domain, dollar, request.total, request.history))
    expect(await codeOf(book.pay({ ...request, signature }))).toBe('SL309')
  })

  test('error: I8 of an old payment holds up nothing that its payer has waiting', async () => {
    const { book, payer } = await funded({ pairingMs: 2000 })
    const buyer = Member.create('buyer')
    await book.deposit(payer, 100n, energy)
    await book.deposit(buyer, 100n)
    const old = payer.pay({ to: payee.address, amount: 5n, asset: energy })
    await book.pay(old)
    const terms = {
      ...{ seller: payer.address, buyer: buyer.address, creditAsset: energy, credits: 7n as never },
      ...{ dollarAsset: dollar, price: 9n as never, salt: reference() },
    }
    const before = buyer.pay({ to: payee.address, amount: 1n })
    const legs = [payer.leg(terms), buyer.leg(terms)].map((leg) => book.trade(terms, leg))
    // The seller's leg stands right behind its old payment; only the buyer's is early.
    expect(await codeOf(book.pay({ ...old, amount: 0n as never }))).toBe('SL313')
    expect(await codeOf(book.pay({ ...old, reference: reference() }))).toBe('SL309')
    await book.pay(before)
    expect(await codesOf(legs)).toEqual(['accepted', 'accepted'])
  })
})

describe('I8 a changed copy of a payment that has not been accepted yet', () => {
  const nobody = Member.create('nobody').address
  /** Every way to say something else under the same signature: also such that it stands at another place, or looks like an old purchase. */
  const changed = (request: PaymentRequest, old: PaymentRequest): PaymentRequest[] =>
    [
      { payee: nobody },
      { validUntil: 1n },
      { reference: old.reference },
      ...[old.total, 1n, 0n].map((start) => ({ amount: request.total - start })),
      { amount: 0n },
      { payee: old.payee, amount: old.amount, reference: old.reference },
    ]
      .map((change) => ({ ...request, ...change }) as PaymentRequest)
      .filter(({ amount, payee: to, reference: of, validUntil }) => {
        const { reference: own, payee: its, validUntil: until } = request
        return amount !== request.amount || to !== its || of !== own || validUntil !== until
      })

  /** Four payments signed one after the other, behind one that was accepted. */
  const signed = async (options: Parameters<typeof open>[0] = {}) => {
    const { book, payer } = await funded({ waitMs: 60_000, ...options })
    const old = payer.pay({ to: payee.address, amount: 7n })
    await book.pay(old)
    const requests = [5n, 6n, 8n, 9n].map((amount) => payer.pay({ to: payee.address, amount }))
    return { book, payer, old, requests: requests as [PaymentRequest, ...PaymentRequest[]] }
  }

  test.each([0, 1, 2, 3])('behavior: of the one at place %i changes nothing, whenever it comes', async (of) => {
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 0, 3, 2],
      [2, 3, 1, 0],
    ])
      for (const from of [0, 2, 4, 6]) {
        const { book, payer, old, requests } = await signed()
        const copies = changed(requests[of] as PaymentRequest, old).slice(from, from + 2)
        // Early copies wait for their own time, and nobody for them.
        const disturb = (): void => copies.forEach((copy) => void codeOf(book.pay(copy)))
        disturb()
        const codes = order.map((i) => {
          const code = codeOf(book.pay(requests[i] as PaymentRequest))
          disturb()
          return code
        })
        expect(await Promise.all(codes)).toEqual(order.map(() => 'accepted'))
        expect(spent(book, payer)).toBe(35n)
      }
  })

  test('behavior: the payment itself, sent again, is still the same one', async () => {
    const { book, old, requests } = await signed()
    const [first, second] = requests as [PaymentRequest, PaymentRequest]
    for (const copy of changed(second, old).slice(0, 3)) void codeOf(book.pay(copy))
    const answers = [second, second, first, second].map(book.pay)
    const [a, b, , c] = await Promise.all(answers)
    expect([b, c]).toEqual([a, a])
    expect(book.refused.filter((code) => code === 'SL311')).toEqual([])
  })

  test('behavior: copies that wait in vain, or find no room, take nothing with them', async () => {
    const { book, old, requests } = await signed({ waitMs: 40 })
    const [first, second, third] = requests as [PaymentRequest, PaymentRequest, PaymentRequest]
    const copies = (): Promise<string>[] =>
      Array.from({ length: 20 }, (_, i) =>
        codeOf(book.pay({ ...second, amount: (i % 2 === 0 ? 4n : 3n) as never, validUntil: BigInt(i) })),
      )
    const refused = copies()
    await new Promise((resolve) => setTimeout(resolve, 25))
    const early = codeOf(book.pay(third))
    // The copies' time is over, not the payment's.
    expect(new Set(await Promise.all(refused))).toEqual(new Set(['SL310', 'SL312']))
    for (const copy of changed(second, old)) void codeOf(book.pay(copy))
    expect(await codesOf([first, second].map(book.pay))).toEqual(['accepted', 'accepted'])
    expect(await early).toBe('accepted')
  })

  test('behavior: counts for nobody’s rate', async () => {
    const { address } = Member.create('payer')
    const counted: string[] = []
    const { book, old, requests } = await signed({ admit: (of) => counted.push(of) })
    for (const copy of requests.flatMap((request) => changed(request, old))) void codeOf(book.pay(copy))
    expect(counted).toEqual([address])
    await Promise.all(requests.map(book.pay))
    expect(counted).toEqual(Array.from({ length: 5 }, () => address))
  })
})

describe('another payment at the same total', () => {
  test('error: SL309, in flight, later, and after a restart', async () => {
    const { book, payer } = await funded()
    const first = book.pay(payer.pay({ to: payee.address, amount: 5n }))
    const other = payer.instead({ to: payee.address, amount: 5n })
    expect(await codesOf([first, book.pay(other), book.pay(other)])).toEqual(['accepted', 'SL309', 'SL309'])
    expect(await codeOf(book.again().pay(other))).toBe('SL309')
  })
})

describe('the same purchase again', () => {
  const what = reference()

  test('behavior: signed anew gets the first receipt and is charged once: in flight, later, after a restart', async () => {
    const { book, payer } = await funded()
    const first = book.pay(payer.pay({ to: payee.address, amount: 5n, reference: what }))
    const second = book.pay(payer.pay({ to: payee.address, amount: 5n, reference: what }))
    const [receipt, repeated] = await Promise.all([first, second])
    expect(repeated).toEqual(receipt)
    const third = payer.instead({ to: payee.address, amount: 5n, reference: what })
    expect(await book.pay(third)).toEqual(receipt)
    const again = book.again()
    expect(await again.pay(third)).toEqual(receipt)
    expect(spent(again, payer)).toBe(5n)
  })

  test('error: SL311 for what was signed behind it', async () => {
    const { book, payer } = await funded()
    await book.pay(payer.pay({ to: payee.address, amount: 5n, reference: what }))
    const repeated = payer.pay({ to: payee.address, amount: 5n, reference: what })
    const behind = book.pay(payer.pay({ to: payee.address, amount: 1n }))
    expect(await codesOf([book.pay(repeated), behind])).toEqual(['accepted', 'SL311'])
  })

  test.each([
    ['amount', { amount: 6n }],
    ['payee', { to: Member.create('somebody').address }],
  ])('error: SL313 with another %s, in flight, later, and after a restart', async (_, change) => {
    const { book, payer } = await funded()
    const terms = { to: payee.address, amount: 5n, reference: what }
    const first = book.pay(payer.pay(terms))
    const other = payer.pay({ ...terms, ...change })
    expect(await codesOf([first, book.pay(other)])).toEqual(['accepted', 'SL313'])
    expect(await codeOf(book.pay(other))).toBe('SL313')
    expect(await codeOf(book.again().pay(other))).toBe('SL313')
  })

  test('behavior: another payer, another asset, or no reference at all is another purchase', async () => {
    const { book, payer } = await funded()
    const other = Member.create('other')
    await book.deposit(other, 10n)
    await book.deposit(payer, 10n, energy)
    const terms = { to: payee.address, amount: 1n, reference: what }
    const requests = [payer.pay(terms), other.pay(terms), payer.pay({ ...terms, asset: energy })]
    requests.push(...[1, 2].map(() => payer.pay({ ...terms, reference: genesisHistory })))
    expect(new Set((await Promise.all(requests.map(book.pay))).map(({ payment }) => payment.id)).size).toBe(5)
    expect(Account.position(Ledger.account(book.ledger, dollar, payer.address))).toBe(997n)
  })
})
