/** Group commit: on disk before anybody is answered, and what happens when the disk does not take it. */
import { describe, expect, test } from 'vitest'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import { codeOf, codesOf, open, replayed } from '../support/Book.ts'
import { breakReads, breakWrites, mend } from '../support/Broken.ts'
import * as Member from '../support/Member.ts'

const payee = Member.create('payee')

const funded = async () => {
  const book = open()
  const payer = Member.create('payer')
  await book.deposit(payer, 1000n)
  return { book, payer }
}

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

  test('behavior: what is read quietly is on disk, however much is added meanwhile', async () => {
    const { book, payer } = await funded()
    const answers = []
    for (let i = 0; i < 20; i++) {
      answers.push(book.pay(payer.pay({ to: payee.address, amount: 1n })))
      const text = await book.commit.quiet(() => [Ledger.serialize(book.ledger), replayed(book.journal)])
      expect(text[0]).toBe(text[1])
    }
    await Promise.all(answers)
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
