/**
 * What holds for any set of payments in any order: the ledger ends the same (I5), moves money and makes none (I2), and is what its journal
 * says, byte for byte (I12).
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Account from '../../../src/core/Account.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { PaymentRequest } from '../../../src/core/Payment.ts'
import { type Book, chain, open, replayed, slot } from '../support/Book.ts'
import * as Member from '../support/Member.ts'

const members = 4
const deposit = 1000n

const names = Array.from({ length: members }, (_, i) => `member ${i}`)

interface Act {
  readonly from: number
  readonly to: number
  readonly amount: number
}

const acts = (most: number): fc.Arbitrary<Act[]> =>
  fc.array(
    fc
      .record({
        from: fc.nat(members - 1),
        step: fc.integer({ min: 1, max: members - 1 }),
        amount: fc.integer({ min: 1, max: most }),
      })
      .map(({ from, step, amount }) => ({ from, to: (from + step) % members, amount })),
    { minLength: 1, maxLength: 30 },
  )

/** The same payments each time: keys and references depend on places alone. */
const sign = (list: readonly Act[]): PaymentRequest[] => {
  const all = names.map((name, i) => Member.create(name, { p256: i === members - 1 }))
  return list.map(({ from, to, amount }, i) =>
    (all[from] as Member.Member).pay({
      to: (all[to] as Member.Member).address,
      amount: BigInt(amount),
      reference: `0x${(i + 1).toString(16).padStart(64, '0')}`,
    }),
  )
}

const fund = (book: Book) =>
  Promise.all(names.map((name, i) => book.deposit(Member.create(name, { p256: i === members - 1 }), deposit)))

/** Hands payments in and waits for all answers. */
const run = async (requests: readonly PaymentRequest[], waitMs = 10): Promise<Book> => {
  const book = open({ mostWaiting: 1000, waitMs })
  await fund(book)
  await Promise.allSettled(requests.map(book.pay))
  return book
}

/** What an account is, without the parts that depend on who was served first: the chain of its credits. */
const totals = (book: Book): string[] =>
  [...book.ledger.accounts.values()]
    .map((a) => `${a.account} ${a.debitTotal} ${a.debitHistory} ${a.creditTotal}`)
    .sort()

const shuffled = (list: Act[]) =>
  fc.shuffledSubarray([...list.keys(), ...list.keys()], { minLength: 2 * list.length, maxLength: 2 * list.length })

describe('I5 order and repetition do not matter', () => {
  test('behavior: any order, each sent twice, ends in the same ledger, and nothing is charged twice', async () => {
    // Small enough that nobody runs out of money in any order.
    const cases = acts(30).chain((list) => fc.tuple(fc.constant(list), shuffled(list)))
    await fc.assert(
      fc.asyncProperty(cases, async ([list, order]) => {
        const requests = sign(list)
        const [straight, mixed] = [
          await run(requests),
          await run(
            order.map((i) => requests[i] as PaymentRequest),
            30_000,
          ),
        ]
        expect(mixed.refused).toEqual([])
        expect(totals(mixed)).toEqual(totals(straight))
        expect(mixed.ledger.payments).toBe(list.length)
        straight.close()
        mixed.close()
      }),
      { numRuns: 25 },
    )
  })
})

describe('I2 paying moves money and makes none', () => {
  test('behavior: whatever is refused, debits and credits add up, and nobody is below zero', async () => {
    await fc.assert(
      fc.asyncProperty(acts(900), async (list) => {
        const book = await run(sign(list))
        const accounts = [...book.ledger.accounts.values()]
        const sum = (of: (a: Account.Account) => bigint) => accounts.reduce((total, a) => total + of(a), 0n)
        expect(sum((a) => a.debitTotal)).toBe(sum((a) => a.creditTotal))
        expect(sum(Account.position)).toBe(deposit * BigInt(members))
        expect(accounts.filter((a) => Account.position(a) < 0n)).toEqual([])
        expect(book.ledger.payments + book.refused.length).toBe(list.length)
        book.close()
      }),
      { numRuns: 25 },
    )
  })
})

describe('I12 the ledger is a function of the journal', () => {
  test('behavior: replay gives the same state, byte for byte, at any time', async () => {
    await fc.assert(
      fc.asyncProperty(acts(400), fc.integer({ min: 1, max: 5 }), async (list, blocks) => {
        const book = await run(sign(list))
        for (let i = 1; i <= blocks; i++) {
          const [first] = book.ledger.accounts.values()
          const { account, debitTotal, creditTotal } = first as Account.Account
          const settled = { debited: debitTotal, credited: creditTotal, leaving: i % 2 === 0 }
          await book.commit.add(chain(BigInt(100 + i), [slot(account, deposit, settled)]))
        }
        const live = Ledger.serialize(book.ledger)
        expect(replayed(book.journal)).toBe(live)
        const again = book.again()
        expect(Ledger.serialize(again.ledger)).toBe(live)
        again.close()
      }),
      { numRuns: 20 },
    )
  })
})
