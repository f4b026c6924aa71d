/**
 * A payee's side, live: the payments it gets as a server-sent event stream, each checked with its proof before it is handed on. A
 * broken connection is opened again from the last payment that was handed on, so nothing is missed. Nothing comes twice, whatever the service
 * sends: each receipt is a range of the payee's credit, and which of them were handed on is remembered, as a till does.
 */
import type { AmountAtomic } from '../core/Amount.ts'
import type { Problem } from '../core/Errors.ts'
import type { Address, Hex, Receipt as ReceiptType } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import * as Bounded from './Bounded.ts'
import { AnswerInvalidError, type Client, refusalOf } from './Client.ts'
import * as Json from './Json.ts'
import { type Range, Ranges } from './Ranges.ts'
import * as Receipt from './Receipt.ts'
import { ConnectionError } from './Transport.ts'

/** A payment that came in. */
export interface Received {
  readonly asset: Address
  readonly payer: Address
  readonly amount: AmountAtomic
  /** `Digest.reference(for, key)` of what the payer says it paid for. */
  readonly reference: Hex
  /** The payment's id. */
  readonly id: Hex
  /** Where it stands in the journal; `after` of a later call. */
  readonly position: number
  readonly receipt: ReceiptType
}

export interface EventsOptions extends Receipt.Trust {
  readonly payee: Address
  /** Journal position to go on from. */
  readonly after: number
  /** Asked before a broken connection is opened again: where to go on from, since a service may have lost positions. */
  readonly onReconnect?: ((after: number) => Promise<number>) | undefined
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined
  /** Given each receipt that came, also again. */
  readonly onReceipt?: ((receipt: ReceiptType) => void) | undefined
  /** Ranges of the payee's credit that were handed on before. */
  readonly seen?: readonly Range[] | undefined
  /** Told of each payment that is handed on, with all ranges that were. */
  readonly onReceived?: ((received: Received, seen: readonly Range[]) => void) | undefined
}

/** Without a sign of life for this long the connection is taken for dead. The service sends one at least every 15 s. */
const silenceMs = 45_000

/**
 * Payments to an account, from a position on, without end.
 * @throws {ReceiptInvalidError} the service sent what its credit key did not sign
 */
export const payments = (client: Client, options: EventsOptions): AsyncIterableIterator<Received> => {
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  options.signal?.addEventListener('abort', abort, { once: true })
  if (options.signal?.aborted) abort()
  const inner = follow(client, options, stop.signal)
  const done = { done: true, value: undefined } as const
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => inner.next(),
    // A generator's own `return` would wait for the payment that `next` is waiting for.
    async return() {
      abort()
      options.signal?.removeEventListener('abort', abort)
      await inner.return(undefined)
      return done
    },
  }
}

async function* follow(
  client: Client,
  options: EventsOptions,
  signal: AbortSignal,
): AsyncGenerator<Received, undefined> {
  let { after } = options
  const seen = new Ranges(options.seen)
  let isFirst = true
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      if (!isFirst) after = (await options.onReconnect?.(after)) ?? after
      isFirst = false
      for await (const event of connect(client, options.payee, after, signal)) {
        failures = 0
        if (event.type !== 'payment') continue
        const received = receivedOf(event, options)
        after = Math.max(after, received.position)
        options.onReceipt?.(received.receipt)
        if (!isNew(seen, received)) continue
        options.onReceived?.(received, seen.all)
        yield received
      }
    } catch (error) {
      if (signal.aborted) break
      if (!(error instanceof ConnectionError)) throw error
    }
    await sleep(Math.min(2_000, 50 * 2 ** failures) * (0.5 + Math.random() / 2), signal)
  }
  return undefined
}

async function* connect(client: Client, payee: Address, after: number, signal: AbortSignal): AsyncGenerator<Event> {
  const watch = new AbortController()
  const stop = (): void => watch.abort()
  signal.addEventListener('abort', stop, { once: true })
  let timer = setTimeout(stop, silenceMs)
  try {
    const { status, chunks } = await client.events(payee, after, watch.signal)
    if (status >= 300) await refuse(status, chunks)
    const parser = new Parser()
    for await (const chunk of chunks) {
      clearTimeout(timer)
      timer = setTimeout(stop, silenceMs)
      yield* parser.push(chunk)
    }
  } finally {
    clearTimeout(timer)
    stop()
    signal.removeEventListener('abort', stop)
  }
}

/** A service that is starting or overloaded is asked again; what it refuses is thrown. */
const refuse = async (status: number, chunks: AsyncIterable<string>): Promise<never> => {
  if (status >= 500) throw new ConnectionError(`status ${status}`, true, undefined)
  const { data } = Wire.problem.safeParse(parseJson(await Bounded.textOf(chunks, '/v1/events', mostCharacters)))
  if (data === undefined) throw new AnswerInvalidError('/v1/events', 'an event stream or a problem', `status ${status}`)
  throw refusalOf(data as Problem, '/v1/events')
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const receivedOf = (event: Event, options: EventsOptions): Received => {
  const { data: receipt } = Wire.receipt.safeParse(parseJson(event.data))
  const position = Number(event.id)
  if (receipt === undefined || !Number.isSafeInteger(position) || event.id === '')
    throw new AnswerInvalidError('/v1/events', 'a receipt with its journal position', event.data.slice(0, 60))
  const { chainId, clearingHouse, creditKey, payee } = options
  const { asset, payer, amount, reference, id } = Receipt.verify(receipt, { chainId, clearingHouse, creditKey, payee })
  return Json.readable({ asset, payer, amount, reference, id, position, receipt })
}

/** Gaps in what was handed on: there are none where nothing was left out, so many mean a service that makes them up. */
const mostRanges = 10_000

/** @throws {ReceiptInvalidError} it overlaps another one: the service has credited one range twice */
const isNew = (seen: Ranges, { receipt: { payment, credit } }: Received): boolean => {
  const range = { asset: payment.asset, from: credit.total - payment.amount, to: credit.total }
  const other = seen.overlap(range)
  if (other !== undefined && other.from <= range.from && range.to <= other.to) return false
  if (other !== undefined) {
    const actual = `(${range.from}, ${range.to}] overlaps (${other.from}, ${other.to}]`
    const why = 'it credits what another one has credited'
    throw new Receipt.ReceiptInvalidError({ why, expected: 'a range of its own', actual })
  }
  seen.add(range)
  if (seen.all.length > mostRanges)
    throw new AnswerInvalidError('/v1/events', `receipts with at most ${mostRanges} gaps between them`, 'more')
  return true
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake, { once: true })
    if (signal.aborted) wake()
  })

/** One server-sent event. */
export interface Event {
  readonly type: string
  readonly id: string
  readonly data: string
}

/** Far more than any event of ours; a stream without end in one event must not fill the memory. */
const mostCharacters = 1 << 20

/** Takes a `text/event-stream` apart, in whatever pieces it arrives. @throws {AnswerInvalidError} an event of more than a million characters */
export class Parser {
  #rest = ''
  #id = ''
  #type = ''
  #data: string[] = []
  /** Characters in it. */
  #size = 0

  push(chunk: string): Event[] {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() as string
    if (this.#rest.length + this.#size > mostCharacters)
      throw new AnswerInvalidError('/v1/events', `events of at most ${mostCharacters} characters`, 'a longer one')
    return lines.flatMap((line) => this.#line(line.endsWith('\r') ? line.slice(0, -1) : line) ?? [])
  }

  #line(line: string): Event | undefined {
    if (line === '') {
      const event = { type: this.#type || 'message', id: this.#id, data: this.#data.join('\n') }
      const complete = this.#data.length > 0
      this.#type = ''
      this.#data = []
      this.#size = 0
      return complete ? event : undefined
    }
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'id') this.#id = value
    else if (field === 'event') this.#type = value
    else if (field === 'data') {
      this.#data.push(value)
      this.#size += value.length + 1
    }
    return undefined
  }
}

/** An event may be this long. */
const mostEventBytes = 1 << 20

/** The events of an answer of `fetch`. @throws {AnswerInvalidError} one is too long */
export async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<Event> {
  const parser = new Parser()
  const decoder = new TextDecoder()
  let sinceEvent = 0
  for await (const chunk of body) {
    const events = parser.push(decoder.decode(chunk, { stream: true }))
    sinceEvent = events.length > 0 ? 0 : sinceEvent + chunk.length
    if (sinceEvent > mostEventBytes)
      throw new AnswerInvalidError('the stream', `events of at most ${mostEventBytes} bytes`, 'a longer one')
    yield* events
  }
}
