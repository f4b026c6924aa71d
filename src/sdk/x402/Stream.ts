/**
 * `robot.stream`: takes a metered stream and pays for it, unit by unit. The next unit is paid for when the program asks for it, so whoever
 * stops asking stops paying; and nothing is paid for a unit before the one that was paid for last has come, so a server that stops
 * delivering has at most one unit's money (with `ahead`, so many).
 */
import { randomUUID } from 'node:crypto'
import { SunledgerError } from '../../core/Errors.ts'
import * as Metered from '../../core/Metered.ts'
import * as Wire from '../../core/Wire.ts'
import * as X402 from '../../core/X402.ts'
import { AnswerInvalidError } from '../AnswerInvalid.ts'
import { type Event, read } from '../Events.ts'
import * as Json from '../Json.ts'
import * as Loopback from '../Loopback.ts'
import { OptionInvalidError } from '../Option.ts'
import * as Asked from './Asked.ts'
import { OtherResourceError, requiredOf } from './Fetch.ts'
import * as Offer from './Offer.ts'
import * as Send from './Send.ts'
import * as Spare from './Spare.ts'
import { StreamFailedError, StreamStoppedError, StreamWrongError } from './StreamErrors.ts'

export interface StreamOptions {
  /** Most that the whole stream may cost; default: the robot's limit for a request. Before it would be passed the stream ends. */
  readonly maxAmount?: string | bigint | undefined
  /** Most that one unit may cost; default: no bound but `maxAmount`. */
  readonly maxPerUnit?: string | bigint | undefined
  /** Units that are paid for at once; default 1. More is faster, and risks as much more. */
  readonly ahead?: number | undefined
  /** How long to wait for a unit; default 30 000. */
  readonly patienceMs?: number | undefined
  readonly headers?: RequestInit['headers']
  readonly signal?: AbortSignal | undefined
}

/** A unit that came. */
export interface Unit {
  /** Its number, from 1. */
  readonly number: bigint
  readonly data: unknown
}

/** Units, and what has been paid for them. */
export interface Stream extends AsyncIterableIterator<Unit> {
  /** Atomic units. */
  readonly paid: bigint
  readonly delivered: bigint
  /** Why it ended: `done`, `unpaid` or `failed` at the server; `limit` here. Undefined while it runs, or where the program left it. */
  readonly ended: Metered.End['reason'] | 'limit' | undefined
  /** What became of what was paid beyond what came. */
  readonly charge: Metered.End['charge'] | undefined
}

interface Offered {
  readonly accepted: X402.Requirements
  readonly resource: X402.Resource
}

const usualPatienceMs = 30_000

class Session implements Stream {
  paid = 0n
  delivered = 0n
  ended: Stream['ended']
  charge: Stream['charge']
  readonly #payer: Offer.Payer
  #url: URL
  #headers = new Headers()
  readonly #options: StreamOptions
  readonly #most: bigint | undefined
  readonly #patienceMs: number
  readonly #stop = new AbortController()
  #tariff: Metered.Tariff | undefined
  #offer: Offered | undefined
  #id = ''
  #events: AsyncGenerator<Event> | undefined
  #isOver = false
  #last: Spare.Spare | undefined

  constructor(payer: Offer.Payer, url: URL, options: StreamOptions) {
    this.#payer = payer
    this.#url = url
    this.#options = options
    const { maxAmount, ahead = 1, patienceMs = usualPatienceMs } = options
    if (!Number.isSafeInteger(ahead) || ahead < 1) throw new OptionInvalidError('ahead', 'a whole number from 1', ahead)
    if (!(patienceMs > 0)) throw new OptionInvalidError('patienceMs', 'a time in milliseconds', patienceMs)
    this.#patienceMs = patienceMs
    this.#most = maxAmount === undefined ? undefined : payer.spending.amountOf(maxAmount)
    options.signal?.addEventListener('abort', () => this.#stop.abort(), { once: true })
    if (options.signal?.aborted === true) this.#stop.abort()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Unit, undefined>> {
    try {
      const unit = this.#isOver ? undefined : await this.#nextUnit()
      if (unit !== undefined) return { done: false, value: unit }
    } catch (error) {
      await this.return()
      throw error
    }
    return this.return()
  }

  async return(): Promise<IteratorResult<Unit, undefined>> {
    if (!this.#isOver && this.charge !== 'refunded') this.#spare()
    this.#isOver = true
    this.#stop.abort()
    await this.#events?.return(undefined).catch(() => {})
    return { done: true, value: undefined }
  }

  async #nextUnit(): Promise<Unit | undefined> {
    if (this.#events === undefined && !(await this.#open())) return undefined
    // Whatever else comes does not make the wait any longer.
    let until = performance.now() + this.#patienceMs
    for (;;) {
      const event = await this.#event(until)
      if (event.type === 'unit') return this.#unit(event)
      if (event.type === 'end') return this.#end(Wire.parse(Metered.endSchema, contentOf(event), 'the end'))
      if (event.type !== 'payment') continue
      if (!(await this.#payNext(Wire.parse(Metered.dueSchema, contentOf(event), 'the event payment')))) return undefined
      until = performance.now() + this.#patienceMs
    }
  }

  /** The next event, or what became of the stream. */
  async #event(until: number): Promise<Event> {
    const events = this.#events as AsyncGenerator<Event>
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, until - performance.now()), 'late')
    })
    try {
      const next = await Promise.race([events.next(), late])
      if (next === 'late') throw new StreamStoppedError(this, `no unit came for ${this.#patienceMs} ms`)
      if (next.done === true) throw new StreamStoppedError(this, 'the connection ended')
      return next.value
    } catch (error) {
      if (error instanceof AnswerInvalidError)
        throw new StreamWrongError('an event of bounded length', `${error.actual}`)
      if (error instanceof SunledgerError || this.#options.signal?.aborted === true) throw error
      throw new StreamStoppedError(this, (error as Error).message)
    } finally {
      clearTimeout(timer)
    }
  }

  #unit({ id, data }: Event): Unit {
    const number = this.delivered + 1n
    if (id !== `${number}`) throw new StreamWrongError(`unit ${number}`, `unit ${id.slice(0, 30)}`)
    this.delivered = number
    return Json.readable({ number, data: contentOf({ data }) })
  }

  #end({ reason, charge }: Metered.End): undefined {
    this.ended = reason
    this.charge = charge
    if (reason === 'failed') throw new StreamFailedError(this, charge)
  }

  /** Asks what it costs, and pays for the first unit. False: it would cost more than it may. */
  async #open(): Promise<boolean> {
    const required = await this.#ask()
    const accepted = Offer.choose(this.#payer, {
      ...required,
      accepts: required.accepts.filter(({ scheme }) => scheme === 'clearing'),
    })
    const tariff = Wire.parse(Metered.tariffSchema, accepted.extra['metered'], 'extra.metered')
    const first = Metered.firstOf(tariff)
    if (BigInt(accepted.amount) !== first) throw new StreamWrongError(`${first} for the first unit`, accepted.amount)
    const { maxPerUnit } = this.#options
    if (maxPerUnit !== undefined) this.#payer.spending.check(first, maxPerUnit, 'a unit')
    this.#tariff = tariff
    this.#offer = { accepted, resource: required.resource }
    const response = (await this.#reopen(first)) ?? (await this.#begin(first))
    if (response === undefined) return false
    if (response.status !== 200 || response.body === null)
      throw new StreamStoppedError(this, `status ${response.status}: ${await Send.excerpt(response, 200)}`)
    this.#id = response.headers.get(Metered.sessionHeader) ?? ''
    this.#events = read(response.body)
    return true
  }

  /** Asks what it costs, and where it is: what is paid for is not sent on. */
  async #ask(): Promise<X402.Required> {
    const { headers, signal } = this.#options
    const bounds = { timeoutMs: this.#patienceMs, retryForMs: 0, maxBytes: 1 << 20 }
    const own = { ...bounds, signal: this.#stop.signal, ...(headers === undefined ? {} : { headers }) }
    const asked = await Asked.prepare(this.#url, own, randomUUID)
    asked.headers.delete(X402.headers.key)
    asked.headers.set('accept', 'text/event-stream')
    const { at, response } = await Send.follow(asked, true)
    if (signal?.aborted === true) throw signal.reason
    if (response.status !== 402) throw new StreamWrongError('402, and what it costs', `status ${response.status}`)
    if (Asked.isDowngraded(at)) throw new OtherResourceError(`one over https, as ${at.first.href}`, at.url.href)
    await Send.drop(response)
    this.#url = at.url
    this.#headers = at.headers
    return requiredOf(response)
  }

  async #begin(first: bigint): Promise<Response | undefined> {
    const payment = await this.#pay(first)
    return payment === undefined ? undefined : this.#send('GET', { [X402.headers.signature]: payment })
  }

  /** With a payment that an earlier stream here had no use for, if the server takes it. */
  async #reopen(first: bigint): Promise<Response | undefined> {
    const spare = Spare.take(this.#payer, this.#url.href)
    if (spare === undefined || spare.amount < first || spare.payTo !== this.#offer?.accepted.payTo) return undefined
    const response = await this.#send('GET', { [X402.headers.signature]: spare.header })
    if (response.status !== 200) {
      await response.body?.cancel()
      return undefined
    }
    this.paid = spare.amount
    this.#last = spare
    return response
  }

  /** Keeps the last payment, if nothing came for it. */
  #spare(): void {
    if (this.#last === undefined || this.#tariff === undefined) return
    if (this.paid - Metered.costOf(this.#tariff, this.delivered) < this.#last.amount) return
    Spare.keep(this.#payer, this.#url.href, this.#last)
  }

  /** False: it would cost more than it may. */
  async #payNext({ delivered, paid, due }: Metered.Due): Promise<boolean> {
    const tariff = this.#tariff as Metered.Tariff
    if (delivered !== this.delivered || paid !== this.paid)
      throw new StreamWrongError(`${this.delivered} delivered and ${this.paid} paid`, `${delivered} and ${paid}`)
    const next = Metered.costOf(tariff, delivered + 1n) - paid
    if (due !== next) throw new StreamWrongError(`${next} due for the next unit`, `${due}`)
    const many = Metered.costOf(tariff, delivered + BigInt(this.#options.ahead ?? 1)) - paid
    const payment = (await this.#pay(many)) ?? (many > due ? await this.#pay(due) : undefined)
    if (payment === undefined) return false
    const response = await this.#send('POST', { [X402.headers.signature]: payment, [Metered.sessionHeader]: this.#id })
    if (response.status !== 204)
      throw new StreamStoppedError(this, `status ${response.status}: ${await Send.excerpt(response, 200)}`)
    return true
  }

  /** A payment's header; undefined: it would pass the limit. */
  async #pay(amount: bigint): Promise<string | undefined> {
    const { accepted, resource } = this.#offer as Offered
    const { spending } = this.#payer
    if (!spending.allows(amount, this.paid + amount, this.#most)) {
      this.ended = 'limit'
      return undefined
    }
    const offer = { ...accepted, amount: amount.toString() }
    const { payload } = await Offer.pay(this.#payer, resource, offer, randomUUID(), this.#most ?? amount)
    this.paid += amount
    this.#last = { header: X402.encode(payload), amount, payTo: accepted.payTo }
    return this.#last.header
  }

  async #send(method: string, headers: { readonly [name: string]: string }): Promise<Response> {
    const all = new Headers(this.#headers)
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    if (method !== 'GET') all.delete('accept')
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error('no answer in time')), this.#patienceMs)
    const signal = AbortSignal.any([this.#stop.signal, late.signal])
    try {
      Loopback.keepDirect(this.#url)
      return await fetch(this.#url, { method, headers: all, signal, redirect: 'manual' })
    } catch (cause) {
      if (this.#stop.signal.aborted) throw cause
      throw new Send.ServerUnreachableError(this.#url, cause, this.paid > 0n)
    } finally {
      clearTimeout(timer)
    }
  }
}

/** An event's data. @throws {StreamWrongError} */
const contentOf = ({ data }: Pick<Event, 'data'>): unknown => {
  try {
    return JSON.parse(data)
  } catch {
    throw new StreamWrongError('JSON', data.slice(0, 60))
  }
}

/** Opens a metered stream; nothing is sent before the first unit is asked for. */
export const open = (payer: Offer.Payer, url: string | URL, options: StreamOptions = {}): Stream =>
  new Session(payer, Asked.urlOf(url), options)
