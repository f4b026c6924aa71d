/**
 * What a paywall asks: the price of a request, where it is to be paid, and the 402 that says so. A price that depends on the request holds
 * for the very same request for as long as the 402 said (`maxTimeoutSeconds`), so that nobody pays and then finds that it has risen
 * meanwhile; for any other request it is asked again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import type { Address } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import * as Deployment from '../Deployment.ts'
import { OptionInvalidError } from '../Option.ts'
import * as Headers from './Headers.ts'
import type { Identity } from './Identity.ts'
import { Quotes } from './Quotes.ts'
import * as V1 from './V1.ts'
import * as Where from './Where.ts'

export type { PaywallRequest } from './Where.ts'

type PaywallRequest = Where.PaywallRequest

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

export interface AskOptions {
  /** Said in each offer's `extra`. */
  readonly extra?: { readonly [name: string]: unknown } | undefined
  /** Of the schemes, those that can be paid by now. */
  readonly schemes?: readonly Scheme[] | undefined
}

export interface Terms<R extends PaywallRequest> {
  /** The request's own address: what its payment has to be for. */
  urlOf(request: R): string
  /** What the request costs now, atomic units. */
  price(request: R, identity: Identity): bigint | Promise<bigint>
  /** The least that was asked for this very request while that still holds. */
  leastFor(request: R, price: bigint): bigint
  /** What is asked by `exact`. */
  exact(identity: Identity, amount: bigint): X402.Requirements
  /** Asks for payment. */
  ask(
    request: R,
    response: ServerResponse,
    identity: Identity,
    price: bigint,
    error: SunledgerError,
    options?: AskOptions,
  ): void
}

/** What a price is in atomic units. Nothing cannot be paid, so it would turn every customer away. */
export const amountOf = (token: Deployment.Token, price: Price): bigint => {
  const amount = Deployment.amount(token, price)
  if (amount === 0n) throw new OptionInvalidError('price', 'at least one atomic unit', price)
  return amount
}

/** A simulated chain's clock jumps ahead, so what must hold until then must hold for long. */
const simulatedSeconds = 86_400

export const make = <R extends PaywallRequest>(options: TermsOptions<R>): Terms<R> => {
  const { price, payTo, maxTimeoutSeconds } = options
  const origin = options.publicUrl?.replace(/\/+$/, '')
  const quotes = new Quotes(maxTimeoutSeconds * 1000)
  let constant: bigint | undefined
  const named = (request: R): string | undefined => Where.nameOf(request, Where.urlOf(request, origin))

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
    urlOf: (request) => Where.urlOf(request, origin),
    exact: (identity, amount) => offer('exact', identity, amount, undefined),
    price(request, { token }) {
      if (typeof price === 'function') {
        const given = price(request)
        return given instanceof Promise ? given.then((value) => amountOf(token, value)) : amountOf(token, given)
      }
      constant ??= amountOf(token, price)
      return constant
    },
    leastFor: (request, amount) => (typeof price === 'function' ? quotes.least(named(request), amount) : amount),
    ask(request, response, identity, amount, error, { extra, schemes = options.schemes } = {}) {
      if (typeof price === 'function') quotes.add(named(request), amount)
      const url = this.urlOf(request)
      const key = keyOf(request)
      const required: X402.Required = {
        x402Version: X402.version,
        error: error.shortMessage,
        resource: {
          url,
          ...(options.description === undefined ? {} : { description: options.description }),
          ...(options.mimeType === undefined ? {} : { mimeType: options.mimeType }),
        },
        accepts: schemes.map((scheme) => {
          const offered = offer(scheme, identity, amount, key)
          return extra === undefined ? offered : { ...offered, extra: { ...offered.extra, ...extra } }
        }),
      }
      response.setHeader(X402.headers.required, X402.encode(required))
      if (error instanceof TermsMismatchError && error.charge !== undefined)
        response.setHeader('sunledger-charge', error.charge)
      response.setHeader('cache-control', 'no-store')
      sendProblem(response, error, 402, V1.bodyOf(required))
    },
  }
}

/** The request's own idempotency key. */
export const keyOf = (request: IncomingMessage): string | undefined => {
  const key = request.headers[X402.headers.key]
  return typeof key === 'string' && key.length > 0 && key.length <= 256 ? key : undefined
}

export const sendProblem = (
  response: ServerResponse,
  error: SunledgerError,
  status = error.status,
  more = {},
): void => {
  if (response.headersSent) return
  response.statusCode = status
  if (status === 503) response.setHeader('retry-after', String(error.retryAfterSeconds ?? 1))
  Headers.expose(response)
  response.setHeader('content-type', 'application/problem+json')
  response.end(JSON.stringify({ ...error.toProblem(), status, ...more }))
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
