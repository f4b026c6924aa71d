/**
 * Real demand for compute: a trace of requests to a large language model, one row a request with `TIMESTAMP`, `ContextTokens` and
 * `GeneratedTokens`, as in the Azure public dataset (https://github.com/Azure/AzurePublicDataset, LLM inference traces 2023 and
 * 2024). Columns are found by name. Rows out of order are put in order, those of the same instant staying as they are in the file:
 * traces are merged from many machines, and only the time says when a request came.
 */
import * as Input from './Input.ts'

/** One request to a model. */
export interface Request {
  /** Milliseconds since the earliest request of the trace, exact to the trace's resolution of 100 ns. */
  readonly offsetMs: number
  /** Tokens that the request came with. */
  readonly contextTokens: number
  /** Tokens that the model answered with. */
  readonly generatedTokens: number
}

/** Larger files are refused before they are read. */
export const limitBytes = 64 * 1024 * 1024

/** Longer traces are refused: each request becomes a payment. */
export const limitRequests = 1_000_000

const columns = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'] as const
const rowExpected = 'YYYY-MM-DD HH:MM:SS[.fffffff], and two whole numbers of tokens below 10 000 000'

/**
 * Reads a file.
 * @throws {Input.InputMissingError} {@link Input.InputTooLargeError} {@link Input.InputEmptyError} and what `parse` throws
 */
export const read = (path: string): Request[] => parse(Input.read(path, limitBytes), path)

/**
 * Parses the text of a trace into requests by rising time.
 * @param name of the file, for errors
 * @param limit the most requests that are taken
 * @throws {Input.InputFormatError} the first line does not name the three columns
 * @throws {Input.InputRowError} a row that is empty or cut, or has no time or number where one is needed
 * @throws {Input.InputEmptyError} no rows
 * @throws {Input.InputTooLargeError} more rows than the limit
 */
export function parse(text: string, name: string, limit = limitRequests): Request[] {
  const [header, ...rows] = Input.records(text)
  const at = columns.map((column) => header?.cells.indexOf(column) ?? -1)
  if (header === undefined || at.includes(-1))
    throw new Input.InputFormatError(name, 1, `a first line with the columns ${columns.join(',')}`, Input.quote(header))
  while (rows.at(-1)?.cells.join('') === '') rows.pop()
  if (rows.length === 0) throw new Input.InputEmptyError(name, 'columns without rows')
  if (rows.length > limit) throw new Input.InputTooLargeError(name, `at most ${limit} requests`, `${rows.length}`)
  const timed = rows.map((row) => {
    const [time, context, generated] = at.map((index) => row.cells[index] ?? '')
    const ticks = ticksFrom(time ?? '')
    if (row.cells.length !== header.cells.length || ticks === undefined || !isTokens(context) || !isTokens(generated))
      throw new Input.InputRowError(name, row.line, rowExpected, Input.quote(row))
    return { ticks, contextTokens: Number(context), generatedTokens: Number(generated) }
  })
  timed.sort((a, b) => Number(a.ticks - b.ticks))
  const first = timed[0]?.ticks ?? 0n
  return timed.map(({ ticks, ...tokens }) => ({ offsetMs: Number(ticks - first) / 10_000, ...tokens }))
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

/** A time in units of 100 ns since 1970, or undefined where the text is none. */
function ticksFrom(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(?:Z|\+00:00)?$/.exec(text)
  if (match === null) return undefined
  const [, date, clock, fraction = ''] = match
  const ms = Date.parse(`${date}T${clock}Z`)
  // Date.parse moves a 30 February to March; a time that does not come back as it was is none.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== `${date}T${clock}`) return undefined
  return BigInt(ms) * 10_000n + BigInt(fraction.padEnd(7, '0'))
}

const isTokens = (text: string | undefined): boolean => /^\d{1,7}$/.test(text ?? '')
