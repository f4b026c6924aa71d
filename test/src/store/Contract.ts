/**
 * What any backend of the journal has to do (`src/store/Journal.ts`), as one suite: `journalContract(name, backend)`. It knows the port alone,
 * so a backend for several machines runs the very same tests. `Crashes` is its second half.
 */
import { describe, expect, test } from 'vitest'
import { replay } from '../../../src/clearing/Replay.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Packed from '../../../src/core/Packed.ts'
import type * as Record from '../../../src/core/Record.ts'
import type { Identity, Journal } from '../../../src/store/Journal.ts'
import { type Book, chain, codeOf, identity, open as openBook, slot } from '../support/Book.ts'
import * as Member from '../support/Member.ts'
import { crashContract } from './Crashes.ts'

const { dollar, energy, reference } = Member

/** One journal of a backend, empty at first, that can be opened again and again. */
export interface Place {
  /** For writing. */
  open(of?: Identity): Journal
  /** For reading, while it may be written. */
  read(): Journal
  /** How another process opens it: a module that exports `open`, and what it is given. */
  readonly elsewhere: readonly [module: string, argument: string]
}

const codeFrom = async (run: () => unknown): Promise<string> => {
  try {
    await run()
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const everything = (journal: Journal) => [...journal.read()]

const recordAt = (book: Book, place: number): Record.Record =>
  [...book.journal.read(place - 1)].map(({ record }) => record)[0] as Record.Record

/** A journal with payments, a sale and blocks between them. */
const filled = async (place: Place) => {
  const book = openBook({ journal: place.open() })
  const [payer, payee] = [Member.create('payer'), Member.create('payee')] as const
  await book.deposit(payer, 1000n)
  await book.deposit(payee, 1000n, energy)
  await Promise.all([1n, 2n, 3n].map((amount) => book.pay(payer.pay({ to: payee.address, amount }))))
  const terms = {
    ...{ seller: payee.address, buyer: payer.address, creditAsset: energy, credits: 7n as never },
    ...{ dollarAsset: dollar, price: 9n as never, salt: reference() },
  }
  await Promise.all([payer, payee].map((of) => book.trade(terms, of.leg(terms))))
  await book.commit.add(chain(9n, [slot(payer.address, 985n, { debited: 15n })]))
  await book.pay(payee.pay({ to: payer.address, amount: 4n }))
  return { book, payer, payee }
}

const ledgerOf = (journal: Journal): string => {
  const ledger = Ledger.create([dollar, energy])
  replay(journal, ledger)
  return Ledger.serialize(ledger)
}

const fromTheStart = (journal: Journal): string => {
  const ledger = Ledger.create([dollar, energy])
  for (const { record } of journal.read()) Ledger.apply(ledger, record)
  return Ledger.serialize(ledger)
}

const most = (1n << 80n) - 1n

/** Every kind of record that is no payment, with numbers as large as they get. */
const records = (): Record.Record[] => {
  const { address } = Member.create('a')
  const named = { asset: dollar, account: address }
  const transaction = reference()
  const limits = { perPayment: most as never, perDay: most as never, total: most as never, validUntil: 7n }
  const event = { type: 'withdrawn' as const, ...named, amount: most, transaction }
  return [
    { type: 'withdrawal', ...named, to: address, amount: most as never, nonce: 3n, deadline: 5n, signature: '0x12' },
    { type: 'withdrawalFailed', ...named, amount: most as never, nonce: 3n },
    { type: 'budget', ...named, sequence: 1n, ...limits, owner: address, signature: '0x12' },
    { type: 'day', day: 20_000 },
    chain(1n << 60n, [slot(address, (1n << 95n) + 1n)], {
      events: [event],
      settlements: [{ transaction, block: 7n, gasUsed: 8n, members: 9, bytes: 10, fastLzBytes: 11 }],
      undone: { after: 3n, events: [event], settlements: [transaction] },
    }),
  ]
}

/** @param backend makes the place of a new journal */
export const journalContract = (name: string, backend: () => Place): void => {
  crashContract(name, backend)

  describe(`${name}: I11 what was written is there`, () => {
    test('behavior: records come back as they went, in order, at positions without gaps', async () => {
      const place = backend()
      const { book } = await filled(place)
      const before = everything(book.journal)
      expect(before.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(before.map(({ record }) => record.type).join(' ')).toBe(
        'chain chain payment payment payment sale chain payment',
      )
      book.close()
      const again = place.open()
      expect(everything(again)).toEqual(before)
      expect(again.end).toBe(8)
      expect([...again.read(6)].map(({ position }) => position)).toEqual([7, 8])
      expect([...again.entries(8)]).toEqual([])
      again.close()
    })

    test('behavior: every kind of record keeps its numbers, to the last digit', async () => {
      const journal = backend().open()
      const all = records()
      await journal.append(all)
      expect(everything(journal).map(({ record }) => record)).toEqual(all)
      journal.close()
    })

    test('behavior: a group has one seal, and its payments are found with it', async () => {
      const { book } = await filled(backend())
      const [first, second] = [...book.journal.read(2)].map(({ record }) => record) as Record.PaymentRecord[]
      const found = book.journal.payment((second as Record.PaymentRecord).id)
      expect(found).toMatchObject({ position: 4, record: second })
      expect(found?.group.map(Packed.id)).toContain((first as Record.PaymentRecord).id)
      expect(found?.group).toHaveLength(3)
      expect(found?.seal).toMatch(/^0x[0-9a-f]{128}$/)
      expect(book.journal.payment(reference())).toBeUndefined()
      book.close()
    })
  })

  describe(`${name}: I12 a start is bounded`, () => {
    test('behavior: the ledger from a snapshot and what follows is that from the start, byte for byte', async () => {
      const place = backend()
      const { book, payer, payee } = await filled(place)
      await book.journal.append(records())
      await book.journal.snapshot()
      const expected = fromTheStart(book.journal)
      expect(ledgerOf(book.journal)).toBe(expected)
      book.close()
      const again = openBook({ journal: place.open() })
      await again.pay(payee.pay({ to: payer.address, amount: 1n }))
      expect(ledgerOf(again.journal)).toBe(fromTheStart(again.journal))
      expect(ledgerOf(again.journal)).not.toBe(expected)
      expect(Ledger.serialize(again.ledger)).toBe(ledgerOf(again.journal))
      again.close()
    })

    test('behavior: withdrawals and running exits are followed from before a snapshot', async () => {
      const journal = backend().open()
      const [leaver, other] = [Member.create('leaver'), Member.create('other')]
      const [withdrawal, , , , block] = records() as [Record.Record, never, never, never, Record.ChainRecord]
      await journal.append([withdrawal, chain(1n, [slot(leaver.address, 5n, { leaving: true })]), block])
      await journal.append([chain(9n, [slot(other.address, 1n)])])
      const follow = (): string[] => {
        const seen: string[] = []
        replay(journal, Ledger.create([dollar]), (record) => {
          if (record.type !== 'chain') seen.push(record.type)
          else {
            seen.push(...record.slots.filter(({ leaving }) => leaving).map(({ account }) => account))
            seen.push(...record.events.map(({ transaction }) => transaction))
          }
        })
        return [...new Set(seen)]
      }
      const before = follow()
      expect(before).toHaveLength(3)
      await journal.snapshot()
      expect(follow()).toEqual(before)
      journal.close()
    })
  })

  describe(`${name}: questions`, () => {
    test('behavior: both payments of a sale are found, each for itself', async () => {
      const { book } = await filled(backend())
      const { legs } = recordAt(book, 6) as Record.SaleRecord
      for (const leg of legs) {
        expect(book.journal.payment(leg.id)).toMatchObject({ position: 6, record: leg })
        expect(book.journal.payment(leg.id)?.group.map(Packed.id)).toEqual(legs.map(({ id }) => id))
        expect(book.journal.byReference(leg.payer, leg.asset, leg.reference)).toEqual(leg)
      }
    })

    test('behavior: a purchase is found by payer, asset and reference together', async () => {
      const { book, payer, payee } = await filled(backend())
      const { reference: what } = recordAt(book, 3) as Record.PaymentRecord
      expect(book.journal.byReference(payer.address, dollar, what)?.amount).toBe(1n)
      expect(book.journal.byReference(payer.address, energy, what)).toBeUndefined()
      expect(book.journal.byReference(payee.address, dollar, what)).toBeUndefined()
    })

    test('behavior: a statement is read in pages, without a gap and without a repetition', async () => {
      const { book, payer, payee } = await filled(backend())
      const line = ({ position, record }: { position: number; record: Record.PaymentRecord }) =>
        `${position} ${record.payer === payer.address ? 'out' : 'in'} ${record.amount}`
      const all = book.journal.lines(payer.address, 0, 100).map(line)
      expect(all).toEqual(['3 out 1', '4 out 2', '5 out 3', '6 in 7', '6 out 9', '8 in 4'])
      const pages: string[] = []
      for (let after = 0; ; ) {
        const page = book.journal.lines(payer.address, after, 2)
        if (page.length === 0) break
        pages.push(...page.map(line))
        after = page.at(-1)?.position as number
      }
      expect(pages).toEqual(all)
      expect(book.journal.lines(payer.address, 0, 100, true).map(line)).toEqual(['6 in 7', '8 in 4'])
      expect(book.journal.lines(payee.address, 0, 100, true)).toHaveLength(4)
      expect(book.journal.lines(Member.create('nobody').address, 0, 100)).toEqual([])
    })
  })

  describe(`${name}: one orderer, one settler`, () => {
    test('behavior: at most one holder appends; whoever opens next has a higher term', async () => {
      const place = backend()
      const first = place.open()
      await first.append([chain(1n, [])])
      let second: Journal | undefined
      const refused = await codeFrom(() => {
        second = place.open()
      })
      // Either the second is kept out, or the first is.
      if (second === undefined) expect(refused).toBe('SL401')
      else expect(await codeFrom(() => first.append([chain(2n, [])]))).toBe('SL408')
      if (second === undefined) await first.append([chain(2n, [])])
      first.close()
      const next = second ?? place.open()
      expect(next.term).toBeGreaterThan(first.term)
      await next.append([chain(3n, [])])
      expect(everything(next).map(({ position }) => position)).toEqual(second === undefined ? [1, 2, 3] : [1, 2])
      next.close()
    })

    test('behavior: terms rise however often a journal is opened, whether or not it is written', async () => {
      const place = backend()
      const terms: number[] = []
      for (const isWritten of [true, true, false, true]) {
        const journal = place.open()
        if (isWritten) await journal.append([chain(1n, [])])
        if (isWritten) terms.push(journal.term)
        journal.close()
      }
      expect(terms).toEqual([...new Set(terms)].sort((a, b) => a - b))
    })

    test('behavior: a reader sees what is written while it reads, and writes nothing', async () => {
      const place = backend()
      const { book, payer, payee } = await filled(place)
      const reader = place.read()
      expect([reader.end, reader.term]).toEqual([8, 0])
      expect(reader.identity).toEqual(identity)
      const { payment } = await book.pay(payer.pay({ to: payee.address, amount: 1n }))
      expect([...reader.read(8)].map(({ position }) => position)).toEqual([9])
      expect(reader.payment(payment.id)?.record.amount).toBe(1n)
      expect(await codeOf(reader.append([chain(10n, [])]))).toBe('SL403')
      expect(reader.end).toBe(9)
      reader.close()
      book.close()
    })
  })

  describe(`${name}: one chain`, () => {
    test.each([
      ['chain id', { chainId: 1 }],
      ['genesis hash', { genesisHash: `0x${'cd'.repeat(32)}` as const }],
      ['clearing house', { clearingHouse: `0x${'cd'.repeat(20)}` as const }],
      ['start block', { startBlock: 5n }],
    ])('error: SL402 for a journal of another %s; the journal stays what it was', (what, change) => {
      const place = backend()
      place.open().close()
      expect(() => place.open({ ...identity, ...change })).toThrow(new RegExp(`SL402.*another ${what}`))
      place.open().close()
    })
  })
}
