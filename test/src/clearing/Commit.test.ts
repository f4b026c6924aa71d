/** Group commit: on disk before anybody is answered, and what happens when the disk does not take it. */
import { describe, expect, test } from 'vitest'
import { enough } from '../../../src/clearing/Gather.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import { type BookOptions, codeOf, codesOf, open } from '../support/Book.ts'
import { breakReads, breakWrites, mend } from '../support/Broken.ts'
import * as Member from '../support/Member.ts'

const payee = Member.create('payee')

const funded = async (options: BookOptions = {}) => {
  const book = open(options)
  const payer = Member.create('payer')
  await book.deposit(payer, 1000n)
  return { book, payer }
}

/** What was added is written in the next turn, before this goes on; the disk's word comes in a later one. */
const written = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('I11 what was answered is on disk', () => {
  test('behavior: a receipt is announced when another process can read the payment, not before', async () => {
    const { book, payer } = await funded()
    const seen: boolean[] = []
    const request = payer.pay({ to: payee.address, amount: 1n })
    const reader = Embedded.read(book.folder)
    const answer = book.pay(request)
    expect([...reader.read(1)]).toEqual([])
    const { payment } = await answer
    seen.push(reader.payment(payment.id) !== undefined)
    reader.close()
    expect(seen).toEqual([true])
  })

  test('behavior: a full group is on its way to disk before those of the last are told', async () => {
    const seen: number[] = []
    const { book, payer } = await funded({ onAccepted: () => seen.push(reader.end) })
    const group = () => Array.from({ length: enough }, () => payer.pay({ to: payee.address, amount: 1n }))
    const [first, second] = [group(), group()]
    const reader = Embedded.read(book.folder)
    const before = reader.end
    const answers = first.map((request) => book.pay(request))
    await written()
    expect([reader.end, seen]).toEqual([before + enough, []])
    answers.push(...second.map((request) => book.pay(request)))
    const totals = (await Promise.all(answers)).map(({ payment }) => payment.total)
    expect(totals).toEqual(Array.from({ length: 2 * enough }, (_, i) => BigInt(i + 1)))
    expect(seen).toEqual(totals.map(() => before + 2 * enough))
    reader.close()
  })

  test('error: a full group that cannot be written takes nothing from those of the last, which are answered', async () => {
    const { book, payer } = await funded()
    const group = () => Array.from({ length: enough }, () => payer.pay({ to: payee.address, amount: 1n }))
    const [first, second] = [group(), group()]
    const reader = Embedded.read(book.folder)
    const before = reader.end
    const answers = first.map((request) => codeOf(book.pay(request)))
    await written()
    const later = second.map((request) => codeOf(book.pay(request)))
    book.commit.halt(Object.assign(new Error('another reason'), { code: 'SL516' }))
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['accepted']))
    expect(new Set(await Promise.all(later))).toEqual(new Set(['SL516']))
    expect(reader.end).toBe(before + enough)
    expect([...book.ledger.accounts.values()].find(({ account }) => account === payer.address)?.debitTotal).toBe(
      BigInt(enough),
    )
    reader.close()
  })

  test('behavior: what is read quietly is on disk when it is shown, however much is added meanwhile', async () => {
    const { book, payer } = await funded()
    const answers = []
    for (let i = 0; i < 20; i++) {
      answers.push(book.pay(payer.pay({ to: payee.address, amount: 1n })))
      const [text, position] = await book.commit.quiet((end) => [Ledger.serialize(book.ledger), end] as const)
      expect(position).toBe(i + 2)
      const kept = Ledger.create([...book.ledger.assets])
      for (const { position: at, record } of book.journal.read()) if (at <= position) Ledger.apply(kept, record)
      expect(Ledger.serialize(kept)).toBe(text)
    }
    await Promise.all(answers)
  })

  test('behavior: I8 it is read soon while payments come in all the time', async () => {
    const { book } = await funded()
    const payers = Array.from({ length: 5 }, (_, i) => Member.create(`payer ${i}`))
    for (const payer of payers) await book.deposit(payer, 1_000_000n)
    let isOver = false
    const flood = async (): Promise<void> => {
      while (!isOver) {
        for (const payer of payers) void codeOf(book.pay(payer.pay({ to: payee.address, amount: 1n })))
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const flooding = flood()
    for (let i = 0; i < 5; i++) await book.commit.quiet(() => {})
    expect(await Promise.race([book.commit.idle().then(() => 'idle'), book.commit.kept().then(() => 'kept')])).toBe(
      'kept',
    )
    isOver = true
    await flooding
    await book.commit.idle()
  })

  test('error: what was added and not written when acceptance was ended is not shown', async () => {
    const { book, payer } = await funded()
    const before = Ledger.serialize(book.ledger)
    const answer = codeOf(book.pay(payer.pay({ to: payee.address, amount: 1n })))
    book.commit.halt(Object.assign(new Error('another reason'), { code: 'SL516' }))
    expect(await book.commit.quiet(() => Ledger.serialize(book.ledger))).toBe(before)
    expect(await answer).toBe('SL516')
  })

  test('error: SL403 when writing fails: nobody is answered, nobody is shown what was not kept, nothing is accepted', async () => {
    const { book, payer } = await funded()
    await book.pay(payer.pay({ to: payee.address, amount: 1n }))
    const before = Ledger.serialize(book.ledger)
    breakWrites(book.folder)
    const requests = [2n, 3n].map((amount) => payer.pay({ to: payee.address, amount }))
    const late = payer.pay({ to: payee.address, amount: 4n })
    const answers = codesOf(requests.map(book.pay))
    expect(Ledger.serialize(book.ledger)).not.toBe(before)
    expect(await answers).toEqual(['SL403', 'SL403'])
    expect(book.announced).toHaveLength(1)
    expect(await book.commit.quiet(() => Ledger.serialize(book.ledger))).toBe(before)
    mend(book.folder)
    expect(await codeOf(book.pay(late))).toBe('SL403')
    expect(book.journal.end).toBe(2)

    const again = book.again()
    expect(await codesOf([...requests, late].map(again.pay))).toEqual(['accepted', 'accepted', 'accepted'])
  })

  test('error: SL403 for what was added while the failing write was under way', async () => {
    const { book, payer } = await funded()
    breakWrites(book.folder)
    const first = book.pay(payer.pay({ to: payee.address, amount: 1n }))
    const second = new Promise((resolve, reject) => {
      setImmediate(() => book.pay(payer.pay({ to: payee.address, amount: 1n })).then(resolve, reject))
    })
    expect(await codesOf([first, second])).toEqual(['SL403', 'SL403'])
  })

  test('error: SL403 for whoever reads, where the journal cannot be read back either', async () => {
    const { book, payer } = await funded()
    const answer = codeOf(book.pay(payer.pay({ to: payee.address, amount: 1n })))
    breakWrites(book.folder)
    breakReads(book.folder)
    expect(await answer).toBe('SL403')
    expect(await codeOf(book.commit.quiet(() => Ledger.serialize(book.ledger)))).toBe('SL403')
  })
})
