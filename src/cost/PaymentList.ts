/**
 * Payment lists that people have: `payer,payee,amount,time`, and exports of ERC-20 transfers as block explorers write them. Columns are found
 * by name in any order, others are ignored. Where two columns could be meant, or a cell could mean two things, the list is refused.
 */
import { parse as parseCsv } from 'csv-parse/sync'
import * as Amount from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as TextTable from '../core/TextTable.ts'

export interface Entry {
  readonly payer: string
  readonly payee: string
  readonly amountAtomic: bigint
  /** Since 1970. */
  readonly atMs: number
}

const roles = ['payer', 'payee', 'amount', 'time'] as const
type Role = (typeof roles)[number]

/** What a format calls its columns, lower case. Of a role's names the first that is there counts. */
interface Format {
  readonly name: string
  readonly columns: Readonly<Record<Role, readonly string[]>>
}

const formats: readonly Format[] = [
  {
    name: 'a list of payments',
    columns: { payer: ['payer'], payee: ['payee'], amount: ['amount'], time: ['time'] },
  },
  {
    // Etherscan and its relatives: "Transaction Hash","Blockno","UnixTimestamp","DateTime (UTC)","From","To","TokenValue", …
    name: 'an export of token transfers',
    columns: {
      payer: ['from', 'from_address'],
      payee: ['to', 'to_address'],
      amount: ['tokenvalue', 'quantity', 'value', 'amount'],
      time: ['unixtimestamp', 'unix time', 'unixtime', 'timestamp', 'datetime (utc)', 'block_timestamp', 'time'],
    },
  },
]

/** Bad cells that an error names. */
const namedFaults = 20

interface Columns {
  readonly format: string
  readonly at: Readonly<Record<Role, number>>
  /** As the file writes them. */
  readonly names: readonly string[]
}

const columnsOf = (header: readonly string[]): Columns | undefined => {
  const names = header.map((name) => name.toLowerCase())
  for (const { name: format, columns } of formats) {
    const at = roles.map((role) => {
      const found = columns[role].find((name) => names.includes(name))
      return [role, found === undefined ? -1 : names.indexOf(found)] as const
    })
    if (at.every(([, index]) => index >= 0))
      return { format, at: Object.fromEntries(at) as Record<Role, number>, names: header }
  }
  return undefined
}

/** Names that occur twice in a header: nobody knows which is meant. */
const repeated = ({ at, names }: Columns): string | undefined =>
  Object.values(at)
    .map((index) => (names[index] as string).toLowerCase())
    .find((name) => names.filter((other) => other.toLowerCase() === name).length > 1)

/**
 * Milliseconds since 1970 of seconds since 1970, with at most three decimals, or of `2026-11-24T10:00:00` with `Z` or an offset; without one
 * where the column says UTC. Undefined: no time, or one that is nowhere.
 */
const timeFrom = (text: string, column: string): number | undefined => {
  if (/^\d{1,11}(\.\d{1,3})?$/.test(text)) return Math.round(Number(text) * 1000)
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,3})?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?$/.exec(text)
  if (match === null) return undefined
  const [, date, clock, fraction = '', zone = /\butc\b/i.test(column) ? 'Z' : undefined] = match
  if (zone === undefined) return undefined
  const plain = Date.parse(`${date}T${clock}Z`)
  // Date.parse moves a 30 February to March; a time that does not come back as it was is none.
  if (Number.isNaN(plain) || new Date(plain).toISOString().slice(0, 19) !== `${date}T${clock}`) return undefined
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? []
  const offset = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  if (Math.abs(offset) > 18 * 60 || Number(minutes ?? 0) > 59) return undefined
  return plain + Math.round(Number(`0${fraction}`) * 1000) - offset * 60_000
}

/** What a row says, or which cell is wrong and why. */
const entryFrom = (cells: readonly string[], columns: Columns, delimiter: TextTable.Delimiter): Entry | string => {
  const { at, names } = columns
  if (cells.length !== names.length) return `${cells.length} cells, not ${names.length}`
  const cell = (role: Role): string => cells[at[role]] as string
  const fault = (role: Role, what: string) => `column ${JSON.stringify(names[at[role]])}: ${what}`
  const [payer, payee] = [cell('payer'), cell('payee')]
  if (payer === '') return fault('payer', 'no payer')
  if (payee === '') return fault('payee', 'no payee')
  if (payer === payee) return fault('payee', 'payer and payee are the same')
  const atMs = timeFrom(cell('time'), names[at.time] as string)
  if (atMs === undefined) return fault('time', `no time with a zone: ${JSON.stringify(cell('time').slice(0, 40))}`)
  const amount = TextTable.plainDecimal(cell('amount'), delimiter)
  try {
    const amountAtomic = Amount.parse(amount ?? cell('amount'))
    return amountAtomic === 0n ? fault('amount', 'an amount of zero') : { payer, payee, amountAtomic, atMs }
  } catch (error) {
    if (!(error instanceof SunledgerError)) throw error
    return fault('amount', `${error.shortMessage.replace(/\.$/, '')}: ${JSON.stringify(cell('amount').slice(0, 40))}`)
  }
}

interface CsvRow {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

const rowsOf = (text: string, name: string, delimiter: TextTable.Delimiter): CsvRow[] => {
  const options = { bom: true, relax_column_count: true, trim: true, info: true, skip_empty_lines: true, delimiter }
  try {
    return parseCsv(text, options) as unknown as CsvRow[]
  } catch (error) {
    throw new PaymentListInvalidError(name, [error instanceof Error ? error.message : String(error)], 1, error)
  }
}

/**
 * A list of payments. Amounts are dollars with at most six decimals; names are any text.
 * @param name of the file, for errors
 * @throws {PaymentListInvalidError} with every bad cell, up to a limit
 */
export function parse(text: string, name: string): { entries: Entry[]; format: string } {
  const delimiter = TextTable.delimiterOf(text.replace(/^\uFEFF/, ''))
  const rows = rowsOf(text, name, delimiter)
  const [header, ...body] = rows
  const columns = columnsOf(header?.record ?? [])
  if (columns === undefined)
    throw new PaymentListInvalidError(
      name,
      [`line 1: ${JSON.stringify(header?.record.join(',').slice(0, 120) ?? '')}`],
      1,
    )
  const twice = repeated(columns)
  if (twice !== undefined)
    throw new PaymentListInvalidError(name, [`line 1: column ${JSON.stringify(twice)} is there twice`], 1)
  if (body.length === 0) throw new PaymentListInvalidError(name, ['a header without rows'], 1)
  const entries: Entry[] = []
  const bad: string[] = []
  for (const { record, info } of body) {
    const entry = entryFrom(record, columns, delimiter)
    if (typeof entry === 'string') bad.push(`line ${info.lines}: ${entry}`)
    else entries.push(entry)
  }
  if (bad.length > 0) throw new PaymentListInvalidError(name, bad.slice(0, namedFaults), bad.length)
  return { entries, format: columns.format }
}

/** A list of payments has rows that are none. Nothing of it is used. */
export class PaymentListInvalidError extends SunledgerError {
  override readonly name = 'PaymentListInvalidError'
  constructor(path: string, bad: readonly string[], count: number, cause?: unknown) {
    const more = count > bad.length ? `\n    … and ${count - bad.length} more` : ''
    super('SL727', `${path} is no list of payments: ${count} ${count === 1 ? 'fault' : 'faults'}.`, {
      expected: `a first line with ${roles.join(',')}, or an export of token transfers with From, To, TokenValue and UnixTimestamp; then names, dollars with at most six decimals, and a time such as 2026-11-24T10:00:00Z`,
      actual: `\n    ${bad.join('\n    ')}${more}`,
      hint: 'Mend the lines that are named. Nothing is rounded and no row is left out.',
      cause,
    })
  }
}
