/**
 * I20: nothing is lost in silence. Whatever of a journal's folder is changed, cut, zeroed or deleted, every payment that was answered is found
 * as it was, or the journal, or the question, is refused by a code. Each kind of file, each region of it.
 */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import * as Packed from '../../../src/core/Packed.ts'
import type { PaymentRecord } from '../../../src/core/Record.ts'
import * as Record from '../../../src/core/Record.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import { identity, open, replayed } from '../support/Book.ts'
import { folder } from '../support/Folder.ts'
import * as Member from '../support/Member.ts'

const { reference } = Member

/** What was answered, and the folder as a killed process leaves it. */
let kept: {
  readonly path: string
  readonly payer: Member.Member
  readonly payments: PaymentRecord[]
  readonly ledger: string
  readonly names: string[]
  /** Log and mark as they were after the first group. */
  readonly early: { readonly bytes: number; readonly mark: Buffer }
}

const codeOfError = (error: unknown): string => (error as { code?: string }).code ?? String(error)

const codeFrom = (run: () => unknown): string => {
  try {
    run()
    return 'done'
  } catch (error) {
    return codeOfError(error)
  }
}

/** Payments, an index of two runs, two snapshots, and payments behind all of them. */
beforeAll(async () => {
  const book = open()
  const [payer, payee] = [Member.create('payer'), Member.create('payee')]
  const day = { type: 'day', day: 1 } as const
  await book.deposit(payer, 100_000n)
  const early = {
    bytes: statSync(Embedded.fileIn(book.folder)).size,
    mark: readFileSync(join(book.folder, 'journal.mark')),
  }
  const pay = (many: number) =>
    Promise.all(
      Array.from({ length: many }, () =>
        book.pay(payer.pay({ to: payee.address, amount: 1n, reference: reference() })),
      ),
    )
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 8; j++) await pay(100)
    await book.journal.append(Array.from({ length: 65_536 }, () => day))
    await pay(50)
    await book.journal.snapshot()
  }
  const runs = () => readdirSync(book.folder).filter((name) => name.endsWith('.run'))
  while (runs().length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  await pay(50)
  const payments = [...book.journal.read()].flatMap(({ record }) => Record.payments(record))
  const ledger = replayed(book.journal)
  const path = folder()
  cpSync(book.folder, path, { recursive: true })
  book.close()
  const names = readdirSync(path).filter((name) => !name.includes('lock'))
  kept = { path, payer, payments, ledger, names, early }
}, 60_000)

/** Every question about a payment: right, or refused by code; anything else is a silent loss. */
const answersTo = (journal: ReturnType<typeof Embedded.open>, payment: PaymentRecord): string[] => {
  const ask = (found: () => boolean): string => {
    try {
      return found() ? 'right' : 'SILENT'
    } catch (error) {
      return codeOfError(error)
    }
  }
  const { id, payer, asset, reference: what } = payment
  return [
    ask(() => journal.payment(id)?.record.total === payment.total),
    ask(() => journal.byReference(payer, asset, what)?.id === id),
    ask(() => {
      const found = journal.purchase(Packed.fromRecord(payment))
      return found !== undefined && Packed.id(found) === id
    }),
  ]
}

const statementOf = (journal: ReturnType<typeof Embedded.open>): string => {
  try {
    const lines = journal.lines((kept.payments[0] as PaymentRecord).payer, 0, 1e6)
    return lines.length === kept.payments.length ? 'right' : 'SILENT'
  } catch (error) {
    return codeOfError(error)
  }
}

/** Damages a copy, opens it, and says what came of it. */
const outcomeOf = (damage: (path: string) => void, sample: readonly PaymentRecord[]): string[] => {
  const path = folder()
  cpSync(kept.path, path, { recursive: true })
  damage(path)
  let journal: ReturnType<typeof Embedded.open>
  try {
    journal = Embedded.open(path, identity)
  } catch (error) {
    return [codeOfError(error)]
  }
  try {
    let ledger: string
    try {
      ledger = replayed(journal) === kept.ledger ? 'right' : 'SILENT'
    } catch (error) {
      ledger = codeOfError(error)
    }
    return [ledger, statementOf(journal), ...sample.flatMap((payment) => answersTo(journal, payment))]
  } finally {
    journal.close()
    rmSync(path, { recursive: true, force: true })
  }
}

const allowed = (codes: readonly string[]): string[] =>
  [...new Set(codes)].filter((code) => !/^(right|SL40[2567]|SL410)$/.test(code))

describe('I20 what is damaged is refused by name', () => {
  test('behavior: the control: without damage every answer is right', () => {
    expect([...new Set(outcomeOf(() => {}, kept.payments.slice(0, 300)))]).toEqual(['right'])
  })

  test('behavior: a changed bit, zeroed bytes or a cut, anywhere in any file, loses nothing in silence', () => {
    const damage = fc.record({
      file: fc.nat(),
      place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      // Files are mostly body: heads and ends get their share.
      near: fc.constantFrom('start', 'end', 'anywhere'),
      kind: fc.constantFrom('bit', 'zeros', 'cut'),
      bit: fc.nat(7),
      many: fc.constantFrom(1, 64, 4096, 100_000),
    })
    const property = fc.property(damage, fc.nat(), ({ file, place, near, kind, bit, many }, from) => {
      const name = kept.names[file % kept.names.length] as string
      const spoil = (path: string): void => {
        const whole = join(path, name)
        const { size } = statSync(whole)
        const span = near === 'anywhere' ? size : Math.min(size, 700)
        const at = Math.floor(place * span) + (near === 'end' ? size - span : 0)
        if (kind === 'cut') return truncateSync(whole, at)
        const bytes = readFileSync(whole)
        if (kind === 'zeros') bytes.fill(0, at, Math.min(size, at + many))
        else bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
        writeFileSync(whole, bytes)
      }
      const start = from % kept.payments.length
      const sample = [...kept.payments.slice(start, start + 30), ...kept.payments.slice(-3)]
      expect(allowed(outcomeOf(spoil, sample))).toEqual([])
    })
    fc.assert(property, { numRuns: 60 })
  }, 60_000)

  test('behavior: any file deleted, or any two, loses nothing in silence; a log that is gone is never begun anew', () => {
    for (const name of kept.names) {
      const codes = outcomeOf((path) => rmSync(join(path, name)), kept.payments.slice(0, 20))
      expect(allowed(codes)).toEqual([])
      if (/^journal\.(log|mark)$/.test(name)) expect(codes).toEqual(['SL407'])
      else expect([...new Set(codes)]).toEqual(['right'])
      if (name === 'journal.log') continue
      const both = (path: string): void => {
        for (const each of [name, 'journal.log']) rmSync(join(path, each))
      }
      expect(outcomeOf(both, [])).toEqual(['SL407'])
    }
  })

  test('error: SL407 for a log that was cut at the end of any group, though all of its groups are whole', () => {
    const log = readFileSync(Embedded.fileIn(kept.path))
    const ends: number[] = []
    for (let place = 512; place < log.length; place += 32 + log.readUInt32LE(place + 8)) ends.push(place)
    for (const end of [ends[0], ends[1], ends[10], ends.at(-3), ends.at(-1)] as number[])
      expect(outcomeOf((path) => truncateSync(Embedded.fileIn(path), end), [])).toEqual(['SL407'])
  })

  test('error: SL407 by an index or a snapshot alone, where log and mark are older ones that agree', () => {
    const older = (path: string): void => {
      truncateSync(Embedded.fileIn(path), kept.early.bytes)
      writeFileSync(join(path, 'journal.mark'), kept.early.mark)
    }
    for (const left of [/^index-1-/, /^snapshot-/, /^index-(?!1-)/]) {
      const codes = outcomeOf((path) => {
        older(path)
        for (const name of kept.names) if (!name.startsWith('journal') && !left.test(name)) rmSync(join(path, name))
      }, [])
      expect(codes).toEqual(['SL407'])
    }
    // The control: without them it is an older copy that nothing in the folder contradicts. That is what the fence is for.
    const codes = outcomeOf(
      (path) => {
        older(path)
        for (const name of kept.names) if (!name.startsWith('journal')) rmSync(join(path, name))
      },
      kept.payments.slice(0, 1),
    )
    expect(codes).toContain('SILENT')
  })

  test('behavior: a run of the index that is damaged where it is read is made again by itself', async () => {
    const path = folder()
    cpSync(kept.path, path, { recursive: true })
    const name = readdirSync(path).find((each) => each.startsWith('index-1-')) as string
    const bytes = readFileSync(join(path, name))
    bytes.fill(0, bytes.length - 4096)
    writeFileSync(join(path, name), bytes)
    const words: string[] = []
    const journal = Embedded.open(path, identity, { warn: (what) => words.push(what) })
    const asked = () => kept.payments.slice(0, 800).map(({ id }) => codeFrom(() => journal.payment(id) !== undefined))
    expect(new Set(asked())).toEqual(new Set(['done', 'SL406']))
    await expect.poll(() => words.at(-1), { timeout: 10_000 }).toMatch(/the index was made again/)
    expect(new Set(asked())).toEqual(new Set(['done']))
    expect(words[0]).toMatch(/the index is made again from the log: .*is damaged: .*index-1-.*bytes \d+ to \d+/)
    journal.close()
  })

  test('error: SL406 for a purchase that cannot be looked up: it is refused, not charged, and accepted later', async () => {
    const path = folder()
    cpSync(kept.path, path, { recursive: true })
    for (const name of readdirSync(path).filter((each) => each.endsWith('.run'))) {
      const bytes = readFileSync(join(path, name))
      const body = 80 + [40, 44, 48, 52].reduce((sum, place) => sum + bytes.readUInt32LE(place), 0)
      bytes.fill(0, body)
      writeFileSync(join(path, name), bytes)
    }
    const words: string[] = []
    const journal = Embedded.open(path, identity, { warn: (what) => words.push(what) })
    const book = open({ folder: path, journal })
    const { payer } = kept
    const bought = kept.payments[5] as PaymentRecord
    const again = () => payer.pay({ to: bought.payee, amount: bought.amount, reference: bought.reference })
    const before = journal.end
    await expect(book.pay(again())).rejects.toMatchObject({ code: 'SL406' })
    expect(journal.end).toBe(before)
    await expect.poll(() => words.filter((word) => word.includes('was made again')).length, { timeout: 10_000 }).toBe(1)
    payer.back(1)
    expect((await book.pay(again())).payment.id).toBe(bought.id)
    expect(journal.end).toBe(before)
    book.close()
  })
})
