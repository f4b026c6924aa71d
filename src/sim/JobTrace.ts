/**
 * Real demand for compute: a trace of requests to a large language model, each with a time, the tokens that it came with and those that it was answered with.
 * Known are the traces of Azure (2023 and 2024: TIMESTAMP, ContextTokens, GeneratedTokens; https://github.com/Azure/AzurePublicDataset), BurstGPT (Timestamp in
 * seconds, Request tokens, Response tokens) and Mooncake (JSON lines: timestamp in milliseconds, input_length, output_length). Columns are found by name.
 * Rows out of order are put in order, those of the same instant staying as they are in the file: traces are merged from many machines, and only the time
 * says when a request came.
 *
 * A file is read line by line, so that a trace of whole weeks takes no more memory than a short one: beyond a limit neighbours are taken together, two, four
 * or more to a payment, and nothing is left out.
 */
import * as Input from './Input.ts'
import { linesOf } from './Lines.ts'

/** One request to a model, or some of them that are paid for together. */
export interface Request {
  /** Milliseconds since the earliest request of the trace, exact to 100 ns. */
  readonly offsetMs: number
  /** Tokens that the request came with. */
  readonly contextTokens: number
  /** Tokens that the model answered with. */
  readonly generatedTokens: number
}

export interface Trace {
  readonly requests: readonly Request[]
  /** Of the format. */
  readonly format: string
  /** Requests in the file, and how many of them each of `requests` stands for. */
  readonly total: number
  readonly perPayment: number
}

/** A trace that is read whole has at most so many requests: each becomes a payment. */
export const limitRequests = 1_000_000

/** Where requests are taken together, at most twice as many payments as this come of it. */
export const limitPayments = 100_000

const tokensExpected = 'whole numbers of tokens below 10 000 000'

interface Format {
  readonly name: string
  readonly columns: readonly [time: string, context: string, generated: string]
  readonly timeExpected: string
  /** In units of 100 ns. */
  readonly ticks: (text: string) => number | undefined
}

/** Units of 100 ns since 2020: whole numbers below 2^53 until 2048. */
const epochMs = Date.UTC(2020, 0, 1)

function fromDate(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(?:Z|([+-])(\d\d):?(\d\d))?$/.exec(text)
  if (match === null) return undefined
  const [, date, clock, fraction = '', sign, hours, minutes] = match
  const ms = Date.parse(`${date}T${clock}Z`)
  // Date.parse moves a 30 February to March; a time that does not come back as it was is none.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== `${date}T${clock}`) return undefined
  const east = sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  return (ms - east - epochMs) * 10_000 + Number(fraction.padEnd(7, '0'))
}

/** A number of units, exact to 100 ns. */
const fromNumber =
  (ticksPerUnit: number) =>
  (text: string): number | undefined =>
    /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Math.round(Number(text) * ticksPerUnit) : undefined

const formats: readonly Format[] = [
  {
    name: 'Azure',
    columns: ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'],
    timeExpected: 'YYYY-MM-DD HH:MM:SS[.fffffff]',
    ticks: fromDate,
  },
  {
    name: 'BurstGPT',
    columns: ['Timestamp', 'Request tokens', 'Response tokens'],
    timeExpected: 'seconds since the trace began',
    ticks: fromNumber(1e7),
  },
]

const mooncake: Format = {
  name: 'Mooncake',
  columns: ['timestamp', 'input_length', 'output_length'],
  timeExpected: 'milliseconds since the trace began',
  ticks: fromNumber(1e4),
}

const isTokens = (text: string | undefined): boolean => /^\d{1,7}$/.test(text ?? '')

/** Takes rows in, some to an entry where there are many. */
class Gathering {
  total = 0
  perPayment = 1
  #entries: { ticks: number; contextTokens: number; generatedTokens: number }[] = []
  #open = 0
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  add(ticks: number, contextTokens: number, generatedTokens: number): void {
    this.total++
    const last = this.#entries.at(-1)
    if (last !== undefined && this.#open > 0 && this.#open < this.perPayment) {
      last.ticks = Math.min(last.ticks, ticks)
      last.contextTokens += contextTokens
      // An answer was given even where no token was counted.
      last.generatedTokens += Math.max(1, generatedTokens)
      this.#open++
      return
    }
    if (this.#entries.length === 2 * this.#most) this.#halve()
    this.#open = 1
    const counted = this.perPayment > 1 ? Math.max(1, generatedTokens) : generatedTokens
    this.#entries.push({ ticks, contextTokens, generatedTokens: counted })
  }

  /** Neighbours become one. */
  #halve(): void {
    const all = this.#entries
    const one = this.perPayment === 1
    this.#entries = []
    for (let i = 0; i < all.length; i += 2) {
      const [a, b] = [all[i], all[i + 1]] as [(typeof all)[0], (typeof all)[0]]
      this.#entries.push({
        ticks: Math.min(a.ticks, b.ticks),
        contextTokens: a.contextTokens + b.contextTokens,
        generatedTokens: one
          ? Math.max(1, a.generatedTokens) + Math.max(1, b.generatedTokens)
          : a.generatedTokens + b.generatedTokens,
      })
    }
    this.perPayment *= 2
    // What is full takes no more.
    this.#open = this.perPayment
  }

  requests(): Request[] {
    const sorted = this.#entries.sort((a, b) => a.ticks - b.ticks)
    const first = sorted[0]?.ticks ?? 0
    return sorted.map(({ ticks, ...tokens }) => ({ offsetMs: (ticks - first) / 10_000, ...tokens }))
  }
}

/** Cells of a line, and what parts them. */
const cellsOf = (line: string, delimiter: string): string[] =>
  line.split(delimiter).map((cell) => {
    const bare = cell.trim()
    return /^"[^"]*"$/.test(bare) ? bare.slice(1, -1).trim() : bare
  })

/** Reads one line after the other. */
class Reading {
  readonly #name: string
  readonly #into: Gathering
  #format: Format | undefined
  #columns: readonly string[] = []
  #at: readonly number[] = []
  #delimiter = ','
  #line = 0
  /** The first of some empty lines: at the end of a file they mean nothing. */
  #emptyAt: number | undefined

  constructor(name: string, into: Gathering) {
    this.#name = name
    this.#into = into
  }

  take(line: string): void {
    this.#line++
    if (this.#format === undefined) return this.#head(line)
    if (line.trim() === '') {
      this.#emptyAt ??= this.#line
      return
    }
    if (this.#emptyAt !== undefined) throw this.#bad(this.#emptyAt, '', '')
    this.#row(line)
  }

  end(): string {
    if (this.#into.total === 0) throw new Input.InputEmptyError(this.#name, 'columns without rows')
    return this.#format?.name ?? ''
  }

  /** The line that names the columns; JSON lines name them each. */
  #head(line: string): void {
    if (line.trimStart().startsWith('{')) {
      this.#format = mooncake
      this.#row(line)
      return
    }
    for (const delimiter of [',', ';', '\t']) {
      const cells = cellsOf(line, delimiter)
      const format = formats.find(({ columns }) => columns.every((column) => cells.includes(column)))
      if (format === undefined) continue
      this.#format = format
      this.#delimiter = delimiter
      this.#columns = cells
      this.#at = format.columns.map((column) => cells.indexOf(column))
      return
    }
    const expected = `a first line with the columns ${formats.map(({ name, columns }) => `${columns.join(',')} (${name})`).join(' or ')}, or JSON lines with ${mooncake.columns.join(', ')} (${mooncake.name})`
    throw new Input.InputFormatError(this.#name, 1, expected, JSON.stringify(line.slice(0, 80)))
  }

  #row(line: string): void {
    const format = this.#format as Format
    const [time = '', context, generated] = format === mooncake ? this.#json(line) : this.#cells(line)
    const ticks = format.ticks(time)
    const wrongAt = ticks === undefined ? 0 : !isTokens(context) ? 1 : !isTokens(generated) ? 2 : -1
    if (ticks === undefined || wrongAt >= 0) throw this.#bad(this.#line, line, this.#where(wrongAt))
    this.#into.add(ticks, Number(context), Number(generated))
  }

  #cells(line: string): (string | undefined)[] {
    const cells = cellsOf(line, this.#delimiter)
    if (cells.length !== this.#columns.length) throw this.#bad(this.#line, line, '')
    return this.#at.map((index) => cells[index])
  }

  #json(line: string): (string | undefined)[] {
    try {
      const row = JSON.parse(line) as { [column: string]: unknown }
      return mooncake.columns.map((column) => (typeof row[column] === 'number' ? String(row[column]) : undefined))
    } catch {
      throw this.#bad(this.#line, line, '')
    }
  }

  #where(index: number): string {
    const { columns } = this.#format as Format
    const at = this.#at[index]
    return at === undefined ? `, ${columns[index]}` : `, column ${at + 1} (${columns[index]})`
  }

  #bad(line: number, text: string, where: string): Input.InputRowError {
    const { name, timeExpected } = this.#format as Format
    const expected = `${timeExpected}, and two ${tokensExpected} (${name})`
    return new Input.InputRowError(this.#name, line, expected, JSON.stringify(text.slice(0, 80)), where)
  }
}

function gather(lines: Iterable<string>, name: string, most: number): Trace {
  const into = new Gathering(most)
  const reading = new Reading(name, into)
  for (const line of lines) reading.take(line)
  const format = reading.end()
  return { requests: into.requests(), format, total: into.total, perPayment: into.perPayment }
}

/**
 * Reads a file of any size.
 * @throws {Input.InputMissingError} {@link Input.InputEmptyError} {@link Input.InputFormatError} {@link Input.InputRowError}
 */
export const readTrace = (path: string, most = limitPayments): Trace => gather(linesOf(path), path, most)

/**
 * Reads a file whose every request counts by itself.
 * @throws {Input.InputTooLargeError} more requests than the limit, and what `readTrace` throws
 */
export function read(path: string, limit = limitRequests): Request[] {
  return each(readTrace(path, limit), path, limit)
}

/** The same of a text. @param name of the file, for errors */
export function parse(text: string, name: string, limit = limitRequests): Request[] {
  return each(gather(text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/), name, limit), name, limit)
}

function each({ requests, total }: Trace, name: string, limit: number): Request[] {
  if (total > limit) throw new Input.InputTooLargeError(name, `at most ${limit} requests`, `${total}`)
  return [...requests]
}

/**
 * The same requests with their time stretched or squeezed over a span. The trace counts as one mean gap longer than from its first to
 * its last request, so that the last one still lies within the span and a repetition would fit on.
 * @param spanSeconds length of the run
 * @returns requests with offsets in [0, spanSeconds × 1000)
 */
export function stretch(requests: readonly Request[], spanSeconds: number): Request[] {
  const lastMs = requests.at(-1)?.offsetMs ?? 0
  const count = requests.length
  const factor = lastMs === 0 ? 0 : (spanSeconds * 1000 * (count - 1)) / (count * lastMs)
  return requests.map((request) => ({ ...request, offsetMs: request.offsetMs * factor }))
}
