/**
 * Recorded payments as a workload: those of a run's journal, or a list of one's own (CSV: payer, payee, amount, time). Every strategy is then
 * executed on them, up to the number that is executed at all; the rest is computed.
 */
import { readFileSync, statSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import * as Amount from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'
import * as Record from '../core/Record.ts'
import type { Journal } from '../store/Journal.ts'
import type { Payment, Workload } from './Workload.ts'

interface Entry {
  readonly payer: string
  readonly payee: string
  readonly amountAtomic: bigint
  readonly atMs: number
}

const numbered = (entries: readonly Entry[]): Payment[] => {
  const numbers = new Map<string, number>()
  const numberOf = (name: string): number => {
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, numbers.size)
    return numbers.size - 1
  }
  const first = entries[0]?.atMs ?? 0
  return entries.map(({ payer, payee, amountAtomic, atMs }) => ({
    payer: numberOf(payer),
    payee: numberOf(payee),
    amountAtomic,
    atMs: atMs - first,
  }))
}

const workloadOf = (entries: readonly Entry[], most: number, about: string, basis: Workload['basis']): Workload => ({
  name: 'replay',
  title: 'recorded payments',
  about,
  basis,
  payments: numbered(entries),
  most,
  computed: entries.length > most ? [entries.length] : [],
})

/**
 * The payments of a journal in one asset.
 * @param asset the stablecoin; left out: the asset of most payments
 * @throws {ReplayEmptyError}
 */
export function ofJournal(journal: Journal, most: number, source: string, asset?: Address): Workload {
  const byAsset = new Map<string, Entry[]>()
  for (const { record } of journal.read())
    for (const payment of Record.payments(record)) {
      const list = byAsset.get(payment.asset) ?? []
      byAsset.set(payment.asset, list)
      const { payer, payee, amount, atMs } = payment
      list.push({ payer, payee, amountAtomic: amount, atMs })
    }
  const chosen = asset === undefined ? mostOf(byAsset) : byAsset.get(asset)
  if (chosen === undefined) throw new ReplayEmptyError(source)
  const sorted = chosen.toSorted((a, b) => a.atMs - b.atMs)
  return workloadOf(sorted, most, `${sorted.length} payments of the journal in ${source}.`, 'measured')
}

const mostOf = (byAsset: ReadonlyMap<string, Entry[]>): Entry[] | undefined =>
  [...byAsset.values()].sort((a, b) => b.length - a.length)[0]

const columns = ['payer', 'payee', 'amount', 'time'] as const
/** Larger files are refused before they are read. */
const limitBytes = 64 * 1024 * 1024
/** Bad lines that an error names. */
const namedLines = 20

/** Milliseconds since 1970 of `2026-11-24T10:00:00Z` or of seconds since 1970, with at most three decimals; undefined: no time. */
const timeFrom = (text: string): number | undefined => {
  if (/^\d{1,11}(\.\d{1,3})?$/.test(text)) return Math.round(Number(text) * 1000)
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text)) return undefined
  const ms = Date.parse(text.replace(' ', 'T'))
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== text.slice(0, 19).replace(' ', 'T')
    ? undefined
    : ms
}

/** What is wrong with a row, or what it says. */
const entryFrom = (cells: readonly string[]): Entry | string => {
  const [payer = '', payee = '', amount = '', time = ''] = cells
  if (cells.length !== columns.length) return `${cells.length} cells, not ${columns.length}`
  if (payer === '' || payee === '') return 'no payer or no payee'
  if (payer === payee) return 'payer and payee are the same'
  const atMs = timeFrom(time)
  if (atMs === undefined) return `no time: ${JSON.stringify(time.slice(0, 40))}`
  try {
    const amountAtomic = Amount.parse(amount)
    return amountAtomic === 0n ? 'an amount of nothing' : { payer, payee, amountAtomic, atMs }
  } catch (error) {
    if (!(error instanceof SunledgerError)) throw error
    return `${error.shortMessage.replace(/\.$/, '')}: ${JSON.stringify(amount.slice(0, 40))}`
  }
}

/**
 * A list of payments. Amounts are dollars with at most six decimals; times are UTC in ISO form or seconds since 1970; names are any text.
 * @param name of the file, for errors
 * @throws {PaymentListInvalidError} with every bad line, up to a limit
 */
export function parseList(text: string, name: string, most: number): Workload {
  const rows = parse(text, {
    bom: true,
    relax_column_count: true,
    trim: true,
    info: true,
    skip_empty_lines: true,
  }) as unknown as {
    record: string[]
    info: { lines: number }
  }[]
  const [header, ...body] = rows
  if (header?.record.join(',').toLowerCase() !== columns.join(','))
    throw new PaymentListInvalidError(
      name,
      [`line 1: ${JSON.stringify(header?.record.join(',').slice(0, 60) ?? '')}`],
      1,
    )
  if (body.length === 0) throw new PaymentListInvalidError(name, ['a header without rows'], 1)
  const entries: Entry[] = []
  const bad: string[] = []
  for (const { record, info } of body) {
    const entry = entryFrom(record)
    if (typeof entry === 'string') bad.push(`line ${info.lines}: ${entry}`)
    else entries.push(entry)
  }
  if (bad.length > 0) throw new PaymentListInvalidError(name, bad.slice(0, namedLines), bad.length)
  entries.sort((a, b) => a.atMs - b.atMs)
  return workloadOf(entries, most, `${entries.length} payments of ${name}.`, 'measured')
}

/** @throws {PaymentListInvalidError} also where the file cannot be read */
export function readList(path: string, most: number): Workload {
  let text: string
  try {
    if (statSync(path).size > limitBytes) throw new RangeError(`more than ${limitBytes} bytes`)
    text = readFileSync(path, 'utf8')
    return parseList(text, path, most)
  } catch (error) {
    if (error instanceof SunledgerError) throw error
    throw new PaymentListInvalidError(path, [error instanceof Error ? error.message : String(error)], 1, error)
  }
}

/** A list of payments has rows that are none. Nothing of it is used. */
export class PaymentListInvalidError extends SunledgerError {
  override readonly name = 'PaymentListInvalidError'
  constructor(path: string, bad: readonly string[], count: number, cause?: unknown) {
    const more = count > bad.length ? `\n    … and ${count - bad.length} more` : ''
    super('SL727', `${path} is no list of payments: ${count} ${count === 1 ? 'fault' : 'faults'}.`, {
      expected: `a first line ${columns.join(',')}; then names, dollars with at most six decimals, and a time such as 2026-11-24T10:00:00Z`,
      actual: `\n    ${bad.join('\n    ')}${more}`,
      hint: 'Mend the lines that are named. Nothing is rounded and no row is left out.',
      cause,
    })
  }
}

/** There are no payments where some were to be replayed. */
export class ReplayEmptyError extends SunledgerError {
  override readonly name = 'ReplayEmptyError'
  constructor(source: string) {
    super('SL728', 'There are no payments to replay.', {
      actual: source,
      hint: 'Name the data folder of a run that accepted payments, or a CSV of payments.',
    })
  }
}
