/** The embedded journal: the port's contract, and what its files have to stand. */
import { execFile } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Record from '../../../src/core/Record.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import { chain, identity, open, replayed, slot } from '../support/Book.ts'
import { breakReads, breakWrites } from '../support/Broken.ts'
import { folder } from '../support/Folder.ts'
import * as Member from '../support/Member.ts'
import { journalContract } from './Contract.ts'

const { dollar } = Member
const support = join(import.meta.dirname, '../support')

journalContract('embedded', () => {
  const path = folder()
  return {
    open: (of = identity) => Embedded.open(path, of),
    read: () => Embedded.read(path),
    elsewhere: [join(support, 'openEmbedded.ts'), path],
  }
})

const markIn = (path: string): string => join(path, 'journal.mark')

const codeFrom = (run: () => unknown): string => {
  try {
    run()
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  }
}

/**
 * A journal of a deposit and two groups of payments; where in the log each of the three begins and the last ends; and the mark as it was while
 * the last group was on its way to the disk.
 */
const filled = async () => {
  const book = open()
  const [payer, payee] = [Member.create('payer'), Member.create('payee')] as const
  const size = () => readFileSync(Embedded.fileIn(book.folder)).length
  const places = [size()]
  let mark = Buffer.alloc(0)
  await book.deposit(payer, 1000n)
  for (const amounts of [[1n, 2n, 3n], [4n]]) {
    places.push(size())
    mark = readFileSync(markIn(book.folder))
    await Promise.all(amounts.map((amount) => book.pay(payer.pay({ to: payee.address, amount }))))
  }
  places.push(size())
  return { book, payer, payee, places, mark, path: book.folder, file: Embedded.fileIn(book.folder) }
}

const amountsIn = (path: string, warn: (what: string) => void = () => {}): string => {
  const journal = Embedded.open(path, identity, { warn })
  const amounts = [...journal.read()].flatMap(({ record }) => Record.payments(record).map(({ amount }) => amount))
  journal.close()
  return amounts.join(' ')
}

describe('I11 a torn tail is cut, and nothing else', () => {
  test('behavior: wherever a crash cuts a group before it is answered, all before it stays and the journal goes on; bytes and position are told', async () => {
    const { book, payer, payee, places, mark, path, file } = await filled()
    book.close()
    const whole = readFileSync(file)
    const [, , begin, end] = places as [number, number, number, number]
    for (let length = begin; length < end; length += length < begin + 40 ? 1 : 37) {
      writeFileSync(file, whole)
      writeFileSync(markIn(path), mark)
      truncateSync(file, length)
      const words: string[] = []
      expect(amountsIn(path, (what) => words.push(what))).toBe('1 2 3')
      expect(readFileSync(file)).toHaveLength(begin)
      const cut = `never answered was left half written, and is cut: bytes ${begin} to ${length} of ${file}, behind position 4`
      expect(words).toEqual(length === begin ? [] : [expect.stringContaining(cut)])
    }
    const again = open({ folder: path })
    payer.back(1)
    expect((await again.pay(payer.pay({ to: payee.address, amount: 5n }))).payment.amount).toBe(5n)
    again.close()
    expect(amountsIn(path)).toBe('1 2 3 5')
  })

  test('behavior: a group that is on disk whole counts though its mark is not there yet', async () => {
    const { book, mark, path } = await filled()
    book.close()
    writeFileSync(markIn(path), mark)
    expect(amountsIn(path)).toBe('1 2 3 4')
    expect(amountsIn(path)).toBe('1 2 3 4')
  })

  test('error: SL407 wherever the last answered group is cut, as soon as it is answered; nothing is changed', async () => {
    const { book, places, path, file } = await filled()
    // As after a kill: nothing was closed.
    const mark = readFileSync(markIn(path))
    book.close()
    writeFileSync(markIn(path), mark)
    const whole = readFileSync(file)
    const [, , begin, end] = places as [number, number, number, number]
    for (const length of [512, begin, begin + 1, begin + 33, end - 1]) {
      writeFileSync(file, whole.subarray(0, length))
      const opening = () => Embedded.open(path, identity)
      expect(opening).toThrow(`SL407`)
      expect(opening).toThrow(`whole groups to position 5, byte ${end} (${markIn(path)})`)
      expect(codeFrom(() => Embedded.read(path))).toBe('SL407')
      expect(readFileSync(file)).toHaveLength(length)
    }
  })

  test('behavior: a tail of zeros or of rubbish is cut', async () => {
    const { book, path, file, places } = await filled()
    book.close()
    for (const tail of [Buffer.alloc(5000), Buffer.from('rubbish'.repeat(999)), readFileSync(file).subarray(0, 512)]) {
      appendFileSync(file, tail)
      expect(amountsIn(path)).toBe('1 2 3 4')
      expect(readFileSync(file)).toHaveLength(places[3] as number)
    }
  })

  test('error: SL407 for a byte that changed within what was answered: nothing is cut', async () => {
    const { book, path, file, places } = await filled()
    book.close()
    const bytes = readFileSync(file)
    const at = (places[1] as number) + 100
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    writeFileSync(file, bytes)
    expect(codeFrom(() => Embedded.open(path, identity))).toBe('SL407')
    expect(readFileSync(file).equals(bytes)).toBe(true)
  })
})

describe('I11 a disk that fails', () => {
  test('error: SL403 when the disk is full: all that was accepted is there, and nothing else', async () => {
    const path = folder()
    const script = join(support, 'untilFull.ts')
    const run = `ulimit -f 500; exec "${process.execPath}" --disable-warning=ExperimentalWarning "${script}" "${path}"`
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

  test('error: SL403 for good once a write has failed, and SL406 where nothing can be read either', async () => {
    const { book, payer } = await filled()
    const { journal } = book
    const { id, reference: what } = [...journal.read(1)].map(({ record }) => record)[0] as Record.PaymentRecord
    breakWrites(book.folder)
    for (const block of [10n, 11n])
      await expect(journal.append([chain(block, [])])).rejects.toMatchObject({ code: 'SL403' })
    expect([journal.end, replayed(journal)]).toEqual([5, Ledger.serialize(book.ledger)])
    breakReads(book.folder)
    expect([
      codeFrom(() => journal.payment(id)),
      codeFrom(() => journal.byReference(payer.address, dollar, what)),
      codeFrom(() => journal.lines(payer.address, 0, 1)),
      codeFrom(() => [...journal.read()]),
    ]).toEqual(['SL406', 'SL406', 'SL406', 'SL406'])
  })
})

describe('I12 snapshots', () => {
  const snapshotsIn = (path: string) => readdirSync(path).filter((name) => /^snapshot-\d+$/.test(name))

  test('behavior: the last two are kept; a damaged one is passed over with a word, two as well', async () => {
    const { book, payer, payee, path } = await filled()
    for (let i = 0; i < 3; i++) {
      await book.pay(payer.pay({ to: payee.address, amount: 1n }))
      await book.journal.snapshot()
    }
    const expected = Ledger.serialize(book.ledger)
    book.close()
    expect(snapshotsIn(path).sort()).toEqual(['snapshot-7', 'snapshot-8'])
    const positions: number[] = []
    const words: string[] = []
    for (const damaged of [undefined, 'snapshot-8', 'snapshot-7']) {
      if (damaged !== undefined) {
        const bytes = readFileSync(join(path, damaged))
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 200) ^ 1, bytes.length - 200)
        writeFileSync(join(path, damaged), bytes)
      }
      const journal = Embedded.open(path, identity, { warn: (what) => words.push(what) })
      positions.push(journal.restore(Ledger.create([dollar])).position)
      const again = open({ folder: path, journal })
      expect(Ledger.serialize(again.ledger)).toBe(expected)
      again.close()
    }
    expect(positions).toEqual([8, 7, 0])
    expect(words[0]).toMatch(/passed over: .*snapshot-8: its checksum is another/)
  })

  test('behavior: one is made by itself after so many records, and one of a longer log, or of another journal, refuses', async () => {
    const path = folder()
    const journal = Embedded.open(path, identity, { snapshotEvery: 3 })
    for (let block = 1n; block <= 3n; block++)
      await journal.append([chain(block, [slot(Member.create('a').address, block)])])
    await expect.poll(() => snapshotsIn(path)).toEqual(['snapshot-3'])
    const expected = replayed(journal)
    journal.close()
    const other = folder()
    const shorter = Embedded.open(other, identity)
    await shorter.append([chain(1n, [])])
    shorter.close()
    copyFileSync(join(path, 'snapshot-3'), join(other, 'snapshot-3'))
    expect(codeFrom(() => Embedded.open(other, identity))).toBe('SL407')
    renameSync(join(other, 'snapshot-3'), join(other, 'snapshot-1'))
    const foreign = Embedded.open(other, identity)
    expect(codeFrom(() => foreign.restore(Ledger.create()))).toBe('SL410')
    foreign.close()
    const again = Embedded.open(path, identity)
    expect(replayed(again)).toBe(expected)
    again.close()
  })
})

describe('the index', () => {
  test('behavior: runs answer as memory did, joined, lost or damaged', async () => {
    const book = open()
    const [payer, payee] = [Member.create('payer'), Member.create('payee')]
    await book.deposit(payer, 1000n)
    const { payment } = await book.pay(payer.pay({ to: payee.address, amount: 1n }))
    const path = book.folder
    const runs = () => readdirSync(path).filter((name) => name.endsWith('.run'))
    // Five tables full of records that are found under nothing: one run of four, and one.
    const day = { type: 'day', day: 1 } as const
    for (let i = 0; i < 5; i++) await book.journal.append(Array.from({ length: 65_536 }, () => day))
    await book.journal.append([day])
    await expect.poll(runs, { timeout: 10_000 }).toHaveLength(2)
    const ask = (journal: typeof book.journal) => [
      journal.payment(payment.id)?.position,
      journal.byReference(payer.address, dollar, payment.reference)?.id,
      journal.lines(payee.address, 0, 10).map(({ position }) => position),
    ]
    const expected = ask(book.journal)
    expect(expected).toEqual([2, payment.id, [2]])
    const reader = Embedded.read(path)
    expect(ask(reader)).toEqual(expected)
    reader.close()
    book.close()
    for (const spoil of [
      () => {},
      () => writeFileSync(join(path, runs()[0] as string), 'rubbish'),
      () => runs().forEach((name) => rmSync(join(path, name))),
    ]) {
      spoil()
      const journal = Embedded.open(path, identity)
      expect(ask(journal)).toEqual(expected)
      journal.close()
    }
  })
})
