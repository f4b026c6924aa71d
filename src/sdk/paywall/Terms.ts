/**
 * What a paywall asks: the price of a request, where it is to be paid, and the 402 that says so. A price that depends on the request holds
 * for as long as the 402 said (`maxTimeoutSeconds`), so that nobody pays and then finds that it has risen meanwhile.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import type { Address } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import * as Deployment from '../Deployment.ts'
import type { Identity } from './Identity.ts'

/** A request as Express has it; plain Node requests will do. */
export interface PaywallRequest extends IncomingMessage {
  readonly originalUrl?: string
  readonly protocol?: string
  // biome-ignore lint/suspicious/noExplicitAny: as Express types it
  readonly query?: any
  // biome-ignore lint/suspicious/noExplicitAny: as Express types it
  readonly params?: any
  // biome-ignore lint/suspicious/noExplicitAny: as Express types it
  body?: any
}

/** Decimal text in whole units ('0.0005'), or atomic units (500n). */
export type Price = string | bigint

export interface TermsOptions<R extends PaywallRequest> {
  /** A price, or what gives a request's. */
  readonly price: Price | ((request: R) => Price | Promise<Price>)
  readonly payTo: Address
  /** The clearing service as clients reach it. */
  readonly service: string
  readonly schemes: readonly Scheme[]
  /** Where this server is reached, if it is not where the request says: `https://charger.example`. */
  readonly publicUrl?: string | undefined
  readonly description?: string | undefined
  readonly mimeType?: string | undefined
  /** How long a payment may take, and a price that was asked holds. */
  readonly maxTimeoutSeconds: number
}

export type Scheme = 'clearing' | 'exact'

export interface Terms<R extends PaywallRequest> {
  /** The request's own address: what its payment has to be for. */
  urlOf(request: R): string
  /** What the request costs now, atomic units. */
  price(request: R, identity: Identity): bigint | Promise<bigint>
  /** The least that was asked for it while that still holds. */
  leastFor(url: string, price: bigint): bigint
  /** Asks for payment. */
  ask(
    request: R,
    response: ServerResponse,
    identity: Identity,
    price: bigint,
    error: SunledgerError,
    extra?: { readonly [name: string]: unknown },
  ): void
}

/** Prices that were asked and still hold. */
const mostQuotes = 10_000

/** A simulated chain's clock jumps ahead, so what must hold until then must hold for long. */
const simulatedSeconds = 86_400

export const make = <R extends PaywallRequest>(options: TermsOptions<R>): Terms<R> => {
  const { price, payTo, maxTimeoutSeconds } = options
  const origin = options.publicUrl?.replace(/\/$/, '')
  const quotes = new Map<string, { amount: bigint; untilMs: number }>()
  let constant: bigint | undefined

  const quote = (url: string, amount: bigint): void => {
    if (typeof price !== 'function') return
    const now = performance.now()
    const known = quotes.get(url)
    const least = known !== undefined && known.untilMs > now && known.amount < amount ? known.amount : amount
    quotes.delete(url)
    quotes.set(url, { amount: least, untilMs: now + maxTimeoutSeconds * 1000 })
    if (quotes.size > mostQuotes) quotes.delete(quotes.keys().next().value as string)
  }

  const offer = (scheme: Scheme, identity: Identity, amount: bigint, key: string | undefined): X402.Requirements => {
    const { deployment, network, token, leadSeconds } = identity
    const { name, version } = token.domain
    const lead = leadSeconds === 0 ? 0 : leadSeconds + simulatedSeconds
    const clearing: X402.ClearingExtra = {
      clearingHouse: deployment.trust.clearingHouse,
      service: options.service,
      ...(typeof price === 'function' ? {} : { fixed: true }),
      ...(key === undefined ? {} : { key }),
    }
    return {
      scheme,
      network,
      asset: token.asset,
      amount: amount.toString(),
      payTo,
      // Clients reckon with their own clock, the token with the chain's.
      maxTimeoutSeconds: scheme === 'exact' ? maxTimeoutSeconds + lead : maxTimeoutSeconds,
      extra: scheme === 'exact' ? { name, version } : { ...clearing },
    }
  }

  return {
    urlOf: (request) => {
      const path = request.originalUrl ?? request.url ?? '/'
      return `${origin ?? `${request.protocol ?? 'http'}://${request.headers.host ?? ''}`}${path}`
    },
    price(request, { token }) {
      if (typeof price === 'function') {
        const given = price(request)
        return given instanceof Promise
          ? given.then((value) => Deployment.amount(token, value))
          : Deployment.amount(token, given)
      }
      constant ??= Deployment.amount(token, price)
      return constant
    },
    leastFor(url, amount) {
      const known = quotes.get(url)
      return known !== undefined && known.untilMs > performance.now() && known.amount < amount ? known.amount : amount
    },
    ask(request, response, identity, amount, error, extra) {
      const url = this.urlOf(request)
      quote(url, amount)
      const key = keyOf(request)
      const required: X402.Required = {
        x402Version: X402.version,
        error: error.shortMessage,
        resource: {
          url,
          ...(options.description === undefined ? {} : { description: options.description }),
          ...(options.mimeType === undefined ? {} : { mimeType: options.mimeType }),
        },
        accepts: options.schemes.map((scheme) => {
          const offered = offer(scheme, identity, amount, key)
          return extra === undefined ? offered : { ...offered, extra: { ...offered.extra, ...extra } }
        }),
      }
      response.setHeader(X402.headers.required, X402.encode(required))
      if (error instanceof TermsMismatchError && error.charge !== undefined)
        response.setHeader('sunledger-charge', error.charge)
      response.setHeader('cache-control', 'no-store')
      // Browsers show other origins' pages only the headers that are named.
      response.setHeader('access-control-expose-headers', 'PAYMENT-REQUIRED, PAYMENT-RESPONSE')
      sendProblem(response, error, 402)
    },
  }
}

/** The request's own idempotency key. */
export const keyOf = (request: IncomingMessage): string | undefined => {
  const key = request.headers[X402.headers.key]
  return typeof key === 'string' && key.length > 0 && key.length <= 256 ? key : undefined
}

export const sendProblem = (response: ServerResponse, error: SunledgerError, status = error.status): void => {
  if (response.headersSent) return
  response.statusCode = status
  if (status === 503) response.setHeader('retry-after', '1')
  response.setHeader('content-type', 'application/problem+json')
  response.end(JSON.stringify({ ...error.toProblem(), status }))
}

/** The resource costs something. */
export class PaymentRequiredError extends SunledgerError {
  override readonly name = 'PaymentRequiredError'
  constructor() {
    super('SL660', 'This has to be paid for.', {
      expected: 'the header PAYMENT-SIGNATURE, see PAYMENT-REQUIRED (x402 version 2)',
      hint: 'robot.fetch(url) of the package `sunledger` pays by itself; so does @x402/fetch.',
      status: 402,
    })
  }
}

/** The payment's header cannot be read. */
export class PaymentHeaderInvalidError extends SunledgerError {
  override readonly name = 'PaymentHeaderInvalidError'
  constructor(cause: unknown) {
    const message = cause instanceof SunledgerError ? cause.shortMessage : 'no base64 of JSON'
    super('SL661', 'The header PAYMENT-SIGNATURE cannot be read.', {
      expected: 'base64 of an x402 version 2 payment payload as JSON',
      actual: message,
      hint: 'Nothing was charged for it.',
      status: 402,
      cause,
    })
  }
}

/** The payment is not over what the paywall asks. */
export class TermsMismatchError extends SunledgerError {
  override readonly name = 'TermsMismatchError'
  /** What became of a payment that was too little. */
  readonly charge: 'refunded' | undefined
  constructor(field: string, expected: string, actual: string, charge?: 'refunded') {
    super('SL662', `The payment has another ${field} than was asked.`, {
      expected,
      actual,
      hint: 'PAYMENT-REQUIRED says what is asked now.',
      status: 402,
    })
    this.charge = charge
  }
}
