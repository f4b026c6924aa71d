/**
 * `robot.fetch`: as `fetch`, and pays what a 402 asks. What a route asked is remembered, so that later requests are paid ahead, without
 * the extra round trip: where the price is fixed for every request to the route, else for the very same URL while the price holds.
 *
 * A request has one idempotency key, and whatever is sent again is sent with the same key and the same payment, so it is charged once. What
 * is paid for is the resource as the server's 402 names it (`core/Resource`), which need not be the URL: for one URL and key always the
 * same one, and for one resource and key always at the same server.
 */
import { randomUUID } from 'node:crypto'
import { SunledgerError } from '../../core/Errors.ts'
import * as Resource from '../../core/Resource.ts'
import * as X402 from '../../core/X402.ts'
import type { PaidInit } from './Asked.ts'
import * as Asked from './Asked.ts'
import * as Offer from './Offer.ts'
import * as Refund from './Refund.ts'
import * as Send from './Send.ts'

/** What a route asked. */
interface Known {
  readonly accepted: X402.Requirements
  /** The server's own name for what was asked for; behind a proxy it differs from ours. */
  readonly resource: string
  /** The URL for which it was asked; undefined: any on this route. */
  readonly url: string | undefined
  readonly untilMs: number
}

/** One call: the same until it has its answer. */
interface Call {
  /** What it may still cost; undefined: the robot's limit for a request. */
  readonly most: string | bigint | undefined
  /** A payment was paid back because the terms had changed; once more, with what is asked now. */
  readonly isSecondTry: boolean
}

const mostRoutes = 1_000
const mostPurchases = 10_000
/** Of the time for which a price holds, the part in which we still pay it unasked. */
const safePart = 0.8

const put = <V>(map: Map<string, V>, key: string, value: V, most: number): void => {
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value as string)
}

export class Fetch {
  readonly #payer: Offer.Payer
  readonly #known = new Map<string, Known>()
  /** What a URL's purchase is for (by URL and key), and at which server a resource's is made (by resource and key). */
  readonly #purchases = new Map<string, string>()

  constructor(payer: Offer.Payer) {
    this.#payer = payer
  }

  async fetch(input: string | URL | Request, init: PaidInit = {}): Promise<Response> {
    const asked = await Asked.prepare(input, init, randomUUID)
    this.#payer.spending.limitOf(init.maxAmount)
    return this.#open(asked, { most: init.maxAmount, isSecondTry: false })
  }

  async #open(asked: Asked.Asked, call: Call): Promise<Response> {
    const ahead = this.#ahead(asked)
    if (ahead !== undefined) return this.#paid(asked, ahead.resource, ahead.accepted, call)
    const { at, response } = await Send.follow(asked)
    if (response.status !== 402) return response
    const required = requiredOf(response)
    await Send.drop(response)
    if (Asked.isDowngraded(at)) throw new OtherResourceError(`one over https, as ${at.first.href}`, at.url.href)
    const accepted = Offer.choose(this.#payer, required)
    this.#remember(at, required.resource, accepted)
    return this.#paid(at, required.resource, accepted, call)
  }

  async #paid(asked: Asked.Asked, resource: X402.Resource, accepted: X402.Requirements, call: Call): Promise<Response> {
    this.#bind(asked, resource.url)
    const { payload, refunded } = await Offer.pay(this.#payer, resource, accepted, asked.key, call.most)
    const response = await Send.send(asked, X402.encode(payload))
    const charge = response.headers.get('sunledger-charge')
    const settled = settledOf(response)
    const isRefunded = charge === 'refunded' && (await Refund.isProved(this.#payer, payload, settled))
    if (isRefunded) refunded()
    if (settled?.extra?.['price'] !== undefined) this.#forget(asked)
    const next = response.status < 400 ? Asked.redirected(asked, response, true) : undefined
    if (next !== undefined && asked.init.redirect === 'follow') {
      await Send.drop(response)
      return (await Send.follow(next, true)).response
    }
    if (response.status !== 402) return response
    this.#forget(asked)
    const left = this.#payer.spending.limitOf(call.most)
    const most = isRefunded ? left : left - BigInt(accepted.amount)
    if (charge === 'refunded' && !call.isSecondTry && most > 0n) {
      await Send.drop(response)
      return this.#open({ ...asked, ...Asked.withKey(asked, randomUUID()) }, { most, isSecondTry: true })
    }
    throw new PaidAndRefusedError(payload, await Send.excerpt(response))
  }

  /** Holds a purchase to what it was first for, and where. @throws {OtherResourceError} */
  #bind({ url, key }: Asked.Asked, resource: string): void {
    const [byUrl, byResource] = [`of ${url.href} ${key}`, `at ${resource} ${key}`]
    const before = this.#purchases.get(byUrl) ?? resource
    if (!Resource.isSame(before, resource)) throw new OtherResourceError(`${before}, as before`, resource)
    const server = this.#purchases.get(byResource) ?? url.origin
    if (server !== url.origin) throw new OtherResourceError(`what is not being bought at ${server} already`, resource)
    put(this.#purchases, byUrl, resource, mostPurchases)
    put(this.#purchases, byResource, url.origin, mostPurchases)
  }

  #route({ url, method }: Asked.Asked): string {
    return `${method} ${url.origin}${url.pathname}`
  }

  #ahead(asked: Asked.Asked): { resource: X402.Resource; accepted: X402.Requirements } | undefined {
    const known = this.#known.get(this.#route(asked))
    if (known === undefined || known.untilMs < performance.now()) return undefined
    if (known.url === asked.url.href) return { resource: { url: known.resource }, accepted: known.accepted }
    if (known.url !== undefined) return undefined
    const url = new URL(known.resource).origin + asked.url.pathname + asked.url.search
    return { resource: { url }, accepted: known.accepted }
  }

  #remember({ url, method, ...asked }: Asked.Asked, resource: X402.Resource, accepted: X402.Requirements): void {
    // An authorization is only as good as the clocks of both sides, and a server that is paid by them asks each time.
    if (accepted.scheme !== 'clearing') return
    // For other requests to the route its name is known only where it differs from ours in nothing but the server's.
    const named = URL.canParse(resource.url) ? new URL(resource.url) : undefined
    const isPlain = named !== undefined && named.pathname + named.search === url.pathname + url.search
    const fixed = accepted.extra['fixed'] === true
    const { key, ...extra } = accepted.extra
    const known = {
      accepted: { ...accepted, extra },
      resource: resource.url,
      url: fixed && isPlain ? undefined : url.href,
      untilMs: fixed ? Number.POSITIVE_INFINITY : performance.now() + accepted.maxTimeoutSeconds * 1000 * safePart,
    }
    put(this.#known, this.#route({ ...asked, url, method }), known, mostRoutes)
  }

  #forget(asked: Asked.Asked): void {
    this.#known.delete(this.#route(asked))
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

/** A server wants something paid for that this request does not allow. */
export class OtherResourceError extends SunledgerError {
  override readonly name = 'OtherResourceError'
  constructor(expected: string, actual: string) {
    super('SL675', 'The server wants another resource paid for than this request allows.', {
      expected: expected.slice(0, 200),
      actual: actual.slice(0, 200),
      hint: 'Nothing was paid.',
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
