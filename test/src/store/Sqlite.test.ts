/** The journal on disk: whole or not at all, one writer, one chain; read back as it was written. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Record from '../../../src/core/Record.ts'
import { formatVersion } from '../../../src/store/Journal.ts'
import * as Sqlite from '../../../src/store/Sqlite.ts'
import { type Book, chain, identity, open, slot } from '../support/Book.ts'
import { breakReads, breakWrites } from '../support/Broken.ts'
import { folder } from '../support/Folder.ts'
import * as Member from '../support/Member.ts'

const { dollar, energy, reference } = Member
const support = join(import.meta.dirname, '../support')

const codeFrom = (run: () => unknown): string => {
  try {
    run()
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  }
}

/** A journal with payments, a sale and blocks between them. */
const filled = async () => {
  const book = open()
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

const recordAt = (book: Book, place: number): Record.Record =>
  [...book.journal.read(place - 1)].map(({ record }) => record)[0] as Record.Record

const everything = (journal: Book['journal']) => [...journal.read()]

describe('I11 what was written is there', () => {
  test('behavior: records come back as they went, in order, at positions without gaps', async () => {
    const { book } = await filled()
    const before = everything(book.journal)
    expect(before.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(before.map(({ record }) => record.type).join(' ')).toBe(
      'chain chain payment payment payment sale chain payment',
    )
    const again = book.again()
    expect(everything(again.journal)).toEqual(before)
    expect(again.journal.end).toBe(8)
    expect([...again.journal.read(6)].map(({ position }) => position)).toEqual([7, 8])
  })

  test('behavior: every kind of record keeps its numbers, to the last digit', () => {
    const journal = Sqlite.open(folder(), identity)
    const most = (1n << 80n) - 1n
    const { address } = Member.create('a')
    const named = { asset: dollar, account: address }
    const transaction = reference()
    const records: Record.Record[] = [
      { type: 'withdrawal', ...named, to: address, amount: most as never, nonce: 3n, deadline: 5n, signature: '0x12' },
      { type: 'withdrawalFailed', ...named, amount: most as never, nonce: 3n },
      chain(1n << 60n, [slot(address, (1n << 95n) + 1n)], {
        events: [{ type: 'withdrawn', ...named, amount: most, transaction }],
        settlements: [{ transaction, block: 7n, gasUsed: 8n, members: 9, bytes: 10, fastLzBytes: 11 }],
      }),
    ]
    void journal.append(records)
    expect(everything(journal).map(({ record }) => record)).toEqual(records)
    journal.close()
  })

  test('behavior: a group is written whole or not at all', async () => {
    const { book, payer, payee } = await filled()
    const [first] = everything(book.journal)
    const known = [...book.journal.read()].flatMap(({ record }) => Record.payments(record))[0] as Record.PaymentRecord
    const fresh = (first as { record: Record.Record }).record
    // The second record's payment is in the journal already, which its index refuses.
    await expect(book.journal.append([fresh, known], '0x00')).rejects.toMatchObject({ code: 'SL403' })
    expect(book.journal.end).toBe(8)
    expect(everything(book.journal)).toHaveLength(8)
    expect((await book.pay(payer.pay({ to: payee.address, amount: 1n }))).payment.amount).toBe(1n)
  })

  test('error: SL403 when the disk is full: all that was accepted is there, and nothing else', async () => {
    const path = folder()
    const script = join(support, 'untilFull.ts')
    const run = `ulimit -f 1200; exec "${process.execPath}" --disable-warning=ExperimentalWarning "${script}" "${path}"`
    const { stdout } = await promisify(execFile)('sh', ['-c', run])
    const { accepted, code, kept, end } = JSON.parse(stdout)
    expect([code, kept]).toEqual(['SL403', true])
    expect(accepted.length).toBeGreaterThan(10)
    const book = open({ folder: path })
    const stored = [...book.journal.read()].flatMap(({ record }) => Record.payments(record).map(({ id }) => id))
    expect(stored).toEqual(accepted)
    expect(book.journal.end).toBe(end)
    expect(Ledger.account(book.ledger, dollar, Member.create('payer').address).debitTotal).toBe(BigInt(stored.length))
    book.close()
  })

  test('error: SL403 and SL406 when the disk breaks under an open journal', async () => {
    const { book, payer } = await filled()
    const { id } = recordAt(book, 8) as Record.PaymentRecord
    breakWrites(book.folder)
    await expect(book.journal.append([chain(10n, [])])).rejects.toMatchObject({ code: 'SL403' })
    breakReads(book.folder)
    const { journal } = book
    expect([
      codeFrom(() => journal.payment(id)),
      codeFrom(() => journal.byReference(payer.address, dollar, reference())),
      codeFrom(() => journal.lines(payer.address, 0, 1)),
      codeFrom(() => everything(journal)),
    ]).toEqual(['SL406', 'SL406', 'SL406', 'SL406'])
  })
})

describe('questions', () => {
  test('behavior: a payment is found by its id, with its group and seal', async () => {
    const { book } = await filled()
    const [first, second] = [...book.journal.read(2)].map(({ record }) => record) as Record.PaymentRecord[]
    const found = book.journal.payment((second as Record.PaymentRecord).id)
    expect(found?.position).toBe(4)
    expect(found?.record).toEqual(second)
    expect(found?.group.map(({ id }) => id)).toContain((first as Record.PaymentRecord).id)
    expect(found?.group).toHaveLength(3)
    expect(book.journal.payment(reference())).toBeUndefined()
  })

  test('behavior: both payments of a sale are found, each for itself', async () => {
    const { book } = await filled()
    const { legs } = recordAt(book, 6) as Record.SaleRecord
    for (const leg of legs) {
      expect(book.journal.payment(leg.id)).toMatchObject({ position: 6, record: leg, group: legs })
      expect(book.journal.byReference(leg.payer, leg.asset, leg.reference)).toEqual(leg)
    }
  })

  test('behavior: a purchase is found by payer, asset and reference together', async () => {
    const { book, payer, payee } = await filled()
    const { reference: what } = recordAt(book, 3) as Record.PaymentRecord
    expect(book.journal.byReference(payer.address, dollar, what)?.amount).toBe(1n)
    expect(book.journal.byReference(payer.address, energy, what)).toBeUndefined()
    expect(book.journal.byReference(payee.address, dollar, what)).toBeUndefined()
  })

  test('behavior: a statement is read in pages, without a gap and without a repetition', async () => {
    const { book, payer, payee } = await filled()
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

describe('one writer', () => {
  test('error: SL401 for a second one in this process; free again when it closes', () => {
    const path = folder()
    const journal = Sqlite.open(path, identity)
    expect(codeFrom(() => Sqlite.open(path, identity))).toBe('SL401')
    journal.close()
    Sqlite.open(path, identity).close()
  })

  test('error: SL401 for a second one in another process, until that is killed -9', async () => {
    const path = folder()
    const holder = spawn(process.execPath, [join(support, 'holdJournal.ts'), path], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    await once(holder.stdout, 'data')
    expect(codeFrom(() => Sqlite.open(path, identity))).toBe('SL401')
    const gone = once(holder, 'exit')
    holder.kill('SIGKILL')
    await gone
    Sqlite.open(path, identity).close()
  })

  test('behavior: a reader sees what is written while it reads', async () => {
    const { book, payer, payee } = await filled()
    const reader = Sqlite.read(book.folder)
    expect(reader.end).toBe(8)
    expect(reader.identity).toEqual(identity)
    const { payment } = await book.pay(payer.pay({ to: payee.address, amount: 1n }))
    expect([...reader.read(8)].map(({ position }) => position)).toEqual([9])
    expect(reader.payment(payment.id)?.record.amount).toBe(1n)
    expect(codeFrom(() => Sqlite.open(book.folder, identity))).toBe('SL401')
    reader.close()
  })

  test('behavior: a run claims its folder until it lets go or its journal is closed', () => {
    const path = join(folder(), 'new', 'folder')
    const release = Sqlite.claim(path)
    expect(codeFrom(() => Sqlite.claim(path, 0))).toBe('SL401')
    release()
    release()
    const journal = Sqlite.open(path, identity)
    expect(codeFrom(() => Sqlite.claim(path, 0))).toBe('SL401')
    journal.close()
    Sqlite.claim(path)()
  })
})

describe('one chain', () => {
  test.each([
    ['chain id', { chainId: 1 }],
    ['genesis hash', { genesisHash: `0x${'cd'.repeat(32)}` as const }],
    ['clearing house', { clearingHouse: `0x${'cd'.repeat(20)}` as const }],
    ['start block', { startBlock: 5n }],
  ])('error: SL402 for a journal of another %s; the journal stays what it was', (what, change) => {
    const path = folder()
    Sqlite.open(path, identity).close()
    expect(() => Sqlite.open(path, { ...identity, ...change })).toThrow(new RegExp(`SL402.*another ${what}`))
    Sqlite.open(path, identity).close()
  })

  test('error: SL402 for a journal of another format, to write and to read', () => {
    const path = folder()
    Sqlite.open(path, identity).close()
    const database = new DatabaseSync(Sqlite.fileIn(path))
    database.prepare('UPDATE identity SET value = ? WHERE name = ?').run(String(formatVersion + 1), 'format version')
    database.close()
    expect(codeFrom(() => Sqlite.open(path, identity))).toBe('SL402')
    expect(codeFrom(() => Sqlite.read(path))).toBe('SL402')
  })
})

describe('what is no journal', () => {
  test('error: SL404 to read where there is none, or something else', () => {
    const path = folder()
    expect(codeFrom(() => Sqlite.read(path))).toBe('SL404')
    expect(existsSync(Sqlite.fileIn(path))).toBe(false)
    writeFileSync(Sqlite.fileIn(path), 'a text and no database, which SQLite finds out when it looks at it')
    expect(codeFrom(() => Sqlite.read(path))).toBe('SL404')
    const other = folder()
    new DatabaseSync(Sqlite.fileIn(other)).close()
    expect(codeFrom(() => Sqlite.read(other))).toBe('SL404')
  })

  test('error: SL405 to write into a file that is no database, and into a place that is no folder', () => {
    const path = folder()
    writeFileSync(Sqlite.fileIn(path), 'a text and no database, which SQLite finds out when it looks at it')
    expect(codeFrom(() => Sqlite.open(path, identity))).toBe('SL405')
    const file = join(path, 'file')
    writeFileSync(file, '')
    expect(codeFrom(() => Sqlite.open(join(file, 'below'), identity))).toBe('SL405')
  })
})
