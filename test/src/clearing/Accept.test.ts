/** What is accepted, in which order, and what each refusal is called. On a real journal, with real signatures. */
import { describe, expect, test } from 'vitest'
import { checkHere } from '../../../src/clearing/Arrivals.ts'
import * as Account from '../../../src/core/Account.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import { genesisHistory, type PaymentRequest } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Merkle from '../../../src/crypto/Merkle.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { chain, codeOf, codesOf, creditKey, now, open, slot } from '../support/Book.ts'
import * as Member from '../support/Member.ts'

const { dollar, energy, domain, reference } = Member
const payee = Member.create('payee')

/** A book in which a payer has money. */
const funded = async (balance = 1000n, options: Parameters<typeof open>[0] = {}) => {
  const book = open(options)
  const payer = Member.create('payer')
  await book.deposit(payer, balance)
  const available = (of = payer) => Account.available(Ledger.account(book.ledger, dollar, of.address))
  return { book, payer, available }
}

describe('accepting', () => {
  test('behavior: a payment is answered with a receipt that the operator’s key has signed', async () => {
    const { book, payer, available } = await funded()
    const request = payer.pay({ to: payee.address, amount: 125n })
    const { payment, credit, before, proof } = await book.pay(request)
    const id = Digest.debit(domain, dollar, 125n, request.history)
    expect(payment).toEqual({ ...request, id, payer: payer.address })
    expect(credit).toEqual({
      asset: dollar,
      account: payee.address,
      total: 125n,
      history: Digest.creditHistory(genesisHistory, payer.address, 125n, request.reference),
      debit: id,
    })
    expect(before).toBe(genesisHistory)
    const root = Merkle.climb(Digest.credit(domain, credit), proof.branch)
    expect(Signature.recover(Digest.credits(domain, root), proof.signature)).toBe(Signature.addressOf(creditKey))
    expect([available(), available(payee)]).toEqual([875n, 125n])
  })

  test('behavior: money that came in can be spent at once, by P-256 keys too', async () => {
    const { book, payer } = await funded()
    const robot = Member.create('robot', { p256: true })
    await book.pay(payer.pay({ to: robot.address, amount: 10n }))
    const { payment } = await book.pay(robot.pay({ to: payee.address, amount: 10n }))
    expect(payment.payer).toBe(robot.address)
    expect(await codeOf(book.pay(robot.pay({ to: payee.address, amount: 1n })))).toBe('SL306')
  })

  test('behavior: payments that arrive together are committed together, and announced in order', async () => {
    const { book, payer } = await funded()
    const end = book.journal.end
    const answers = await Promise.all([1n, 2n, 3n].map((amount) => book.pay(payer.pay({ to: payee.address, amount }))))
    expect(new Set(answers.map(({ proof }) => proof.signature)).size).toBe(1)
    expect(book.announced.map(({ position, receipt }) => [position - end, receipt.payment.amount])).toEqual([
      [1, 1n],
      [2, 2n],
      [3, 3n],
    ])
  })

  test('behavior: a 65-byte signature of a wallet is taken', async () => {
    const { book, payer } = await funded()
    const request = payer.pay({ to: payee.address, amount: 1n })
    const receipt = await book.pay({ ...request, signature: Signature.expand(request.signature) })
    expect(receipt.payment.signature).toBe(request.signature)
  })
})

describe('order', () => {
  test('behavior: what comes early waits for its predecessor', async () => {
    const { book, payer } = await funded()
    const [first, second, third] = [1n, 2n, 3n].map((amount) => payer.pay({ to: payee.address, amount })) as [
      PaymentRequest,
      PaymentRequest,
      PaymentRequest,
    ]
    const answers = [book.pay(third), book.pay(second), book.pay(first)]
    expect((await Promise.all(answers)).map(({ payment }) => payment.total)).toEqual([6n, 3n, 1n])
    expect(book.announced.map(({ receipt }) => receipt.payment.total)).toEqual([1n, 3n, 6n])
  })

  test('error: SL310 where the predecessor does not come in time, each for itself', async () => {
    const { book, payer } = await funded(1000n, { waitMs: 20 })
    payer.pay({ to: payee.address, amount: 1n })
    const early = [2n, 3n].map((amount) => book.pay(payer.pay({ to: payee.address, amount })))
    expect(await codesOf(early)).toEqual(['SL310', 'SL310'])
  })

  test('error: SL311 for all behind a payment that is refused, without waiting', async () => {
    const { book, payer } = await funded(10n, { waitMs: 60_000 })
    const requests = [11n, 1n, 1n].map((amount) => payer.pay({ to: payee.address, amount }))
    expect(await codesOf(requests.reverse().map(book.pay))).toEqual(['SL311', 'SL311', 'SL306'])
    expect(book.refused.sort()).toEqual(['SL306', 'SL311', 'SL311'])
  })

  test.each([
    ['in the same list', 0],
    ['a little later', 30],
  ])('error: SL311 without waiting for what comes %s behind one that was refused in the middle', async (_, laterMs) => {
    const { book, payer } = await funded(10n, { waitMs: 60_000 })
    const [first, tooMuch, ...behind] = [1n, 11n, 1n, 1n].map((amount) => payer.pay({ to: payee.address, amount }))
    const codes = [first, tooMuch].map((request) => codeOf(book.pay(request as PaymentRequest)))
    if (laterMs > 0) await new Promise((resolve) => setTimeout(resolve, laterMs))
    codes.push(...behind.map((request) => codeOf(book.pay(request))))
    expect(await Promise.all(codes)).toEqual(['accepted', 'SL306', 'SL311', 'SL311'])
    // What was signed again from the last accepted debit is not meant, wherever it stands.
    payer.back(3)
    const [again, next] = [9n - 1n, 1n].map((amount) => payer.pay({ to: payee.address, amount }))
    expect(await codesOf([next, again].map((request) => book.pay(request as PaymentRequest)))).toEqual([
      'accepted',
      'accepted',
    ])
  })

  test('error: SL311 likewise where signatures are checked in several parts', async () => {
    const later: (() => void)[] = []
    const checks = checkHere(domain)
    const { book, payer } = await funded(10n, {
      waitMs: 60_000,
      check: (packed, then) => later.push(() => checks(packed, then)),
    })
    const codes = [11n, 1n].map((amount) => codeOf(book.pay(payer.pay({ to: payee.address, amount }))))
    for (const answer of later) {
      answer()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(await Promise.all(codes)).toEqual(['SL306', 'SL311'])
  })

  test('error: SL312 for more than may wait', async () => {
    const { book, payer } = await funded(1000n, { waitMs: 100, mostWaiting: 2 })
    const requests = Array.from({ length: 4 }, () => payer.pay({ to: payee.address, amount: 1n }))
    const [, second, third, fourth] = requests as [unknown, PaymentRequest, PaymentRequest, PaymentRequest]
    const [a, b] = [book.pay(second), codeOf(book.pay(fourth))]
    expect(await codeOf(book.pay(third))).toBe('SL312')
    await book.pay(requests[0] as PaymentRequest)
    expect([(await a).payment.total, await b]).toEqual([2n, 'SL310'])
  })

  test('error: SL309 for a second payment that waits at the same place', async () => {
    const { book, payer } = await funded(1000n, { waitMs: 60_000 })
    const first = payer.pay({ to: payee.address, amount: 1n })
    const second = book.pay(payer.pay({ to: payee.address, amount: 2n }))
    const instead = codeOf(book.pay(payer.instead({ to: payee.address, amount: 5n })))
    await book.pay(first)
    expect([(await second).payment.amount, await instead]).toEqual([2n, 'SL309'])
  })

  test('behavior: I8 lines of other payers go on meanwhile', async () => {
    const { book, payer } = await funded(1000n, { waitMs: 60_000 })
    const other = Member.create('other')
    await book.deposit(other, 10n)
    const missing = payer.pay({ to: payee.address, amount: 1n })
    const waiting = book.pay(payer.pay({ to: payee.address, amount: 1n }))
    expect(await codeOf(book.pay(other.pay({ to: payee.address, amount: 10n })))).toBe('accepted')
    await book.pay(missing)
    await waiting
  })
})

describe('refusals', () => {
  test.each([
    ['SL301 nothing', { amount: 0n }],
    ['SL303 in an asset that is not listed', { asset: Member.clearingHouse }],
    ['SL306 more than there is', { amount: 1001n }],
    ['SL307 past its validUntil', { validUntil: now - 1n }],
  ])('error: %s', async (title, terms) => {
    const { book, payer } = await funded()
    const request = payer.pay({ to: payee.address, amount: 1n, ...terms })
    expect(await codeOf(book.pay(request))).toBe(title.slice(0, 5))
  })

  test('behavior: a payment is good until the very second of its validUntil', async () => {
    const { book, payer } = await funded()
    expect(await codeOf(book.pay(payer.pay({ to: payee.address, amount: 1n, validUntil: now })))).toBe('accepted')
  })

  test('error: SL302 to itself', async () => {
    const { book, payer } = await funded()
    expect(await codeOf(book.pay(payer.pay({ to: payer.address, amount: 1n })))).toBe('SL302')
  })

  test('error: SL304 with a history that does not continue the last one', async () => {
    const { book, payer } = await funded()
    const request = payer.pay({ to: payee.address, amount: 1n })
    const history = reference()
    const signature = payer.sign(Digest.debit(domain, dollar, 1n, history))
    await expect(book.pay({ ...request, history, signature })).rejects.toMatchObject({
      code: 'SL304',
      expected: request.history,
      actual: history,
    })
  })

  test('error: SL304 with an amount above the total', async () => {
    const { book, payer } = await funded()
    const request = payer.pay({ to: payee.address, amount: 1n })
    expect(await codeOf(book.pay({ ...request, amount: 2n as never }))).toBe('SL304')
  })

  test('error: I3 SL305 without a signature, SL306 with a wrong one: it is the signature of an account without money', async () => {
    const { book, payer } = await funded()
    const request = payer.pay({ to: payee.address, amount: 1n })
    expect(await codeOf(book.pay({ ...request, signature: `0x${'00'.repeat(64)}` }))).toBe('SL305')
    const foreign = Member.create('foreign').sign(Digest.debit(domain, dollar, 1n, request.history))
    expect(await codeOf(book.pay({ ...request, signature: foreign }))).toBe('SL306')
  })

  test('error: SL308 while an exit runs, also with what came in meanwhile', async () => {
    const { book, payer, available } = await funded()
    await book.commit.add(chain(2n, [slot(payer.address, 1000n, { leaving: true })]))
    expect(available()).toBe(0n)
    expect(await codeOf(book.pay(payer.pay({ to: payee.address, amount: 1n })))).toBe('SL308')
    const other = Member.create('other')
    await book.deposit(other, 10n)
    expect(await codeOf(book.pay(other.pay({ to: payer.address, amount: 1n })))).toBe('accepted')
    await book.commit.add(chain(4n, [slot(payer.address, 1000n)]))
    expect(await codeOf(book.pay(payer.instead({ to: payee.address, amount: 1n })))).toBe('accepted')
  })

  test('error: SL306 for what a withdrawal has set aside', async () => {
    const { book, payer } = await funded(10n)
    const { address: account } = payer
    const rest = { asset: dollar, account, to: account, nonce: 0n, deadline: 0n, signature: '0x' } as const
    await book.commit.add({ type: 'withdrawal', amount: 8n as never, ...rest })
    expect(await codeOf(book.pay(payer.pay({ to: payee.address, amount: 3n })))).toBe('SL306')
    expect(await codeOf(book.pay(payer.instead({ to: payee.address, amount: 2n })))).toBe('accepted')
  })

  test('error: SL317 for a payee whose total would pass 80 bits', async () => {
    const most = (1n << 80n) - 1n
    const { book, payer } = await funded(most)
    await book.pay(payer.pay({ to: payee.address, amount: most }))
    const other = Member.create('other')
    await book.deposit(other, 1n)
    expect(await codeOf(book.pay(other.pay({ to: payee.address, amount: 1n })))).toBe('SL317')
  })

  test('behavior: assets are apart', async () => {
    const { book, payer } = await funded()
    await book.deposit(payer, 5n, energy)
    await book.pay(payer.pay({ to: payee.address, amount: 5n, asset: energy }))
    expect(await codeOf(book.pay(payer.pay({ to: payee.address, amount: 1n, asset: energy })))).toBe('SL306')
    expect(await codeOf(book.pay(payer.pay({ to: payee.address, amount: 1n })))).toBe('accepted')
  })
})
