/**
 * `robot.fetch`: as `fetch`, and pays what a 402 asks. What a route asked is remembered, so that later requests are paid ahead, without
 * the extra round trip: where the price is fixed for every request to the route, else for the very same URL while the price holds.
 *
 * A request has one idempotency key, and whatever is sent again is sent with the same key and the same payment, so it is charged once.
 */
import { randomUUID } from 'node:crypto'
import { SunledgerError } from '../../core/Errors.ts'
import * as X402 from '../../core/X402.ts'
import * as Offer from './Offer.ts'

export interface PaidInit extends RequestInit {
  /** Most that this request may cost: decimal text, or atomic units; default: the robot's limit for a request. */
  readonly maxAmount?: string | bigint | undefined
  /** Idempotency key: the same URL and key are charged once, ever. Keep it to yourself and the server. Default: random. */
  readonly key?: string | undefined
  /** How long a paid request is tried again while the server cannot be reached; default 10 000. */
  readonly retryForMs?: number | undefined
}

/** What a route asked. */
interface Known {
  readonly accepted: X402.Requirements
  /** The server's own name for this origin; behind a proxy it differs from ours. */
  readonly origin: string
  /** The URL for which it was asked; undefined: any on this route. */
  readonly url: string | undefined
  readonly untilMs: number
}

const mostRoutes = 1_000
/** Of the time for which a price holds, the part in which we still pay it unasked. */
const safePart = 0.8

interface Asked {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: NonNullable<RequestInit['body']> | null
  readonly key: string
  readonly init: PaidInit
}

const prepare = async (input: string | URL | Request, init: PaidInit): Promise<Asked> => {
  const request = input instanceof Request ? input : undefined
  const url = new URL(request?.url ?? (input as string | URL))
  url.hash = ''
  const method = (init.method ?? request?.method ?? 'GET').toUpperCase()
  const headers = new Headers(init.headers ?? request?.headers)
  const given = init.body ?? (request?.body === null ? undefined : request?.clone().body)
  // It may be sent more than once, so it is read whole.
  const body = given instanceof ReadableStream ? await new Response(given).arrayBuffer() : (given ?? null)
  const key = init.key ?? headers.get(X402.headers.key) ?? randomUUID()
  headers.set(X402.headers.key, key)
  const signal = init.signal ?? request?.signal
  return { url, method, headers, body, key, init: signal === undefined ? init : { ...init, signal } }
}

/** The request as it goes to where the server has sent it on; another server gets another key. */
const redirected = (asked: Asked, { redirected: isElsewhere, url: text }: Response): Asked => {
  if (!isElsewhere) return asked
  const url = new URL(text)
  if (url.origin === asked.url.origin) return { ...asked, url }
  const key = randomUUID()
  const headers = new Headers(asked.headers)
  headers.set(X402.headers.key, key)
  return { ...asked, url, key, headers }
}

/** Follows where a paid answer leads, without the payment: receipt and key are for the payee alone. */
const follow = ({ url, method, init }: Asked, response: Response): Promise<Response> | Response => {
  const location = response.headers.get('location')
  const isFollowed = (init.redirect ?? 'follow') === 'follow' && isSafe(method)
  if (response.status < 300 || response.status >= 400 || location === null || !isFollowed) return response
  const { maxAmount, key, retryForMs, ...rest } = init
  return fetch(new URL(location, url), { ...rest, method })
}

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD'
const passing = new Set([502, 503, 504])

export class Fetch {
  readonly #payer: Offer.Payer
  readonly #known = new Map<string, Known>()

  constructor(payer: Offer.Payer) {
    this.#payer = payer
  }

  async fetch(input: string | URL | Request, init: PaidInit = {}): Promise<Response> {
    return this.open(await prepare(input, init))
  }

  /** @param secondTry a payment was paid back because the terms had changed; once more, with what is asked now */
  async open(asked: Asked, secondTry = false): Promise<Response> {
    const ahead = this.#ahead(asked)
    if (ahead !== undefined) return this.#paid(asked, ahead.resource, ahead.accepted, secondTry)
    const response = await send(asked, undefined, isSafe(asked.method))
    if (response.status !== 402) return response
    const required = requiredOf(response)
    await response.body?.cancel()
    const there = redirected(asked, response)
    checkResource(there.url, required.resource.url)
    const accepted = Offer.choose(this.#payer, required)
    this.#remember(there, required.resource, accepted)
    return this.#paid(there, required.resource, accepted, secondTry)
  }

  async #paid(
    asked: Asked,
    resource: X402.Resource,
    accepted: X402.Requirements,
    secondTry: boolean,
  ): Promise<Response> {
    const { payload, refunded } = await Offer.pay(this.#payer, resource, accepted, asked.key, asked.init.maxAmount)
    const response = await send(asked, X402.encode(payload), true)
    const charge = response.headers.get('sunledger-charge')
    const settled = settledOf(response)
    if (charge === 'refunded' || charge === 'none') refunded()
    if (settled?.extra?.['price'] !== undefined) this.#forget(asked)
    if (response.status !== 402) return follow(asked, response)
    this.#forget(asked)
    if (charge === 'refunded' && !secondTry) {
      await response.body?.cancel()
      return this.open({ ...asked, key: randomUUID() }, true)
    }
    throw new PaidAndRefusedError(payload, await response.text())
  }

  #route({ url, method }: Asked): string {
    return `${method} ${url.origin}${url.pathname}`
  }

  #ahead(asked: Asked): { resource: X402.Resource; accepted: X402.Requirements } | undefined {
    const known = this.#known.get(this.#route(asked))
    if (known === undefined || known.untilMs < performance.now()) return undefined
    if (known.url !== undefined && known.url !== asked.url.href) return undefined
    return { resource: { url: known.origin + asked.url.pathname + asked.url.search }, accepted: known.accepted }
  }

  #remember(asked: Asked, resource: X402.Resource, accepted: X402.Requirements): void {
    // An authorization is only as good as the clocks of both sides, and a server that is paid by them asks each time.
    if (accepted.scheme !== 'clearing') return
    const fixed = accepted.extra['fixed'] === true
    const { key, ...extra } = accepted.extra
    this.#known.set(this.#route(asked), {
      accepted: { ...accepted, extra },
      origin: new URL(resource.url).origin,
      url: fixed ? undefined : asked.url.href,
      untilMs: fixed ? Number.POSITIVE_INFINITY : performance.now() + accepted.maxTimeoutSeconds * 1000 * safePart,
    })
    if (this.#known.size > mostRoutes) this.#known.delete(this.#known.keys().next().value as string)
  }

  #forget(asked: Asked): void {
    this.#known.delete(this.#route(asked))
  }
}

/** Sends a request; again while the server cannot be reached, where twice is as good as once. */
const send = async (
  { url, method, headers: given, body, init }: Asked,
  signature: string | undefined,
  isRepeatable: boolean,
): Promise<Response> => {
  const headers = new Headers(given)
  if (signature !== undefined) headers.set(X402.headers.signature, signature)
  const { maxAmount, key, retryForMs = 10_000, ...plain } = init
  const rest: RequestInit = signature === undefined ? plain : { ...plain, redirect: 'manual' }
  const deadline = performance.now() + retryForMs
  for (let attempt = 0; ; attempt++) {
    const last = !isRepeatable || performance.now() + 100 > deadline || init.signal?.aborted === true
    try {
      const response = await fetch(url, { ...rest, method, headers, body })
      // A failure of the handler says what was charged; one without is of something on the way.
      const isOnTheWay = passing.has(response.status) && !response.headers.has('sunledger-charge')
      if (last || !isOnTheWay || signature === undefined) return response
      await response.body?.cancel()
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause
      if (last) throw new ServerUnreachableError(url, cause, signature !== undefined)
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2)))
  }
}

/** What a 402 asks. @throws {AskUnreadableError} */
export const requiredOf = (response: Response): X402.Required => {
  const header = response.headers.get(X402.headers.required)
  try {
    return X402.parseRequired(X402.decode(header ?? ''))
  } catch (cause) {
    throw new AskUnreadableError(header, cause)
  }
}

/** What an answer says of its payment; undefined where it says nothing that can be read. */
export const settledOf = (response: Response): X402.Settled | undefined => {
  const header = response.headers.get(X402.headers.response)
  if (header === null) return undefined
  try {
    return X402.parseSettled(X402.decode(header))
  } catch {
    return undefined
  }
}

/** A server may know itself by another name than we call it by; what it wants paid for has to be what was asked for. @throws {OtherResourceError} */
export const checkResource = (url: URL, claimed: string): void => {
  const other = URL.canParse(claimed) ? new URL(claimed) : undefined
  if (other === undefined || other.pathname + other.search !== url.pathname + url.search)
    throw new OtherResourceError(url.href, claimed)
}

/** A server cannot be reached. */
export class ServerUnreachableError extends SunledgerError {
  override readonly name = 'ServerUnreachableError'
  constructor(url: URL, cause: unknown, isPaid: boolean) {
    const reason = (cause as { cause?: { message?: string } }).cause?.message ?? (cause as Error).message
    super('SL679', 'The server cannot be reached.', {
      expected: `an answer from ${url.origin}`,
      actual: reason,
      hint: isPaid
        ? 'It was paid. Call again with the same `key`: it is charged once, and gets the answer.'
        : 'Nothing was paid.',
      status: 503,
      cause,
    })
  }
}

/** A 402 does not say in x402's terms what it wants. */
export class AskUnreadableError extends SunledgerError {
  override readonly name = 'AskUnreadableError'
  constructor(header: string | null, cause: unknown) {
    super('SL677', 'The server asks for payment, and does not say so in x402 version 2.', {
      expected: 'the header PAYMENT-REQUIRED: base64 of JSON',
      actual: header === null ? 'no such header' : ((cause as Error).message.split('\n')[0] ?? ''),
      hint: 'Nothing was paid.',
      status: 502,
      cause,
    })
  }
}

/** A server wants something else paid for than what was asked for. */
export class OtherResourceError extends SunledgerError {
  override readonly name = 'OtherResourceError'
  constructor(expected: string, actual: string) {
    super('SL675', 'The server wants another resource paid for than the one that was asked for.', {
      expected,
      actual: actual.slice(0, 200),
      hint: 'Nothing was paid. A server behind a proxy sets `publicUrl`.',
      status: 502,
    })
  }
}

/** The payment was made, and the server did not take it. */
export class PaidAndRefusedError extends SunledgerError {
  override readonly name = 'PaidAndRefusedError'
  /** What was sent. */
  readonly payload: X402.Payload
  constructor(payload: X402.Payload, answer: string) {
    super('SL676', 'The server did not take the payment that it had asked for.', {
      expected: 'to be served',
      actual: answer.slice(0, 300),
      hint:
        payload.accepted.scheme === 'clearing'
          ? 'It was paid: `payload` has the receipt, which proves it to the server’s owner.'
          : 'An authorization that was not settled runs out by itself.',
      status: 402,
    })
    this.payload = payload
  }
}
