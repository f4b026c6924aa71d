/**
 * A paywall for Express: a request is served when it is paid for, by a receipt of the clearing house or by x402's `exact`. Receipts are
 * checked here, without asking anybody; the service is asked once for its identity, and by `exact`.
 *
 * What can be relied on, whichever way a handler ends:
 *
 * | the answer | `clearing` | `exact` |
 * |---|---|---|
 * | below 400 | charged once, when it begins to leave | settled on chain, then sent |
 * | 400 and above, or thrown | paid back where `payee` can sign; else the receipt stays unused, and the same key tries again for free | nothing is charged |
 *
 * `PAYMENT-RESPONSE` and `Sunledger-Charge` say which: `charged`, `refunded`, `unused`, `none` or `unknown`. The same purchase again gets
 * the same answer. Who pays for what when something breaks: `docs/paywall.md`.
 */
import type { ServerResponse } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import type * as X402 from '../../core/X402.ts'
import * as AddressText from '../Address.ts'
import { Client } from '../Client.ts'
import type { Pins } from '../Deployment.ts'
import * as Option from '../Option.ts'
import type { Range } from '../Till.ts'
import type * as Answers from './Answers.ts'
import type * as Charge from './Charge.ts'
import { ExactRefusedError } from './ExactErrors.ts'
import * as Identity from './Identity.ts'
import * as PayByExact from './PayByExact.ts'
import * as PayByReceipt from './PayByReceipt.ts'
import { isQuiet, payloadOf } from './Payload.ts'
import { RiskReachedError } from './Risk.ts'
import type { Exchange } from './Serve.ts'
import { assertStore, type Instances } from './Served.ts'
import * as Terms from './Terms.ts'
import * as V1 from './V1.ts'

export type { Payee } from './Charge.ts'
export type { PaywallRequest, Price, Scheme } from './Terms.ts'

export interface PaywallOptions<R extends Terms.PaywallRequest = Terms.PaywallRequest> extends Pins, Instances {
  /** Decimal text in whole units ('0.0005'), atomic units (500n), or what gives a request's price. */
  readonly price: Terms.TermsOptions<R>['price']
  /** Who is paid; left out: `payee`. */
  readonly payTo?: string | undefined
  /** The clearing service: its address, or a client. */
  readonly clearing: string | URL | Client
  /** Pays back where a handler fails. */
  readonly payee?: Charge.Payee | undefined
  /** Ways to pay, the preferred first; default: both. */
  readonly schemes?: readonly Terms.Scheme[] | undefined
  /** Default: dollars. */
  readonly asset?: Identity.IdentityOptions['asset']
  /** Where this server is reached, if it is not where requests say. */
  readonly publicUrl?: string | undefined
  readonly description?: string | undefined
  readonly mimeType?: string | undefined
  /** How long a payment may take, and a price that was asked holds; default 60. */
  readonly maxTimeoutSeconds?: number | undefined
  /** Answers that are remembered for repeated requests. */
  readonly memory?: Answers.Memory | undefined
  /**
   * What an earlier paywall of this payee had served (`paywall.served`, to be kept when the server ends); left out: everything that was
   * paid before this one was made, so that no old receipt buys anew after a restart.
   */
  readonly served?: readonly Range[] | undefined
  /** How long a handler may go on after its client has left, so that its answer can be kept for it; default 30 000. */
  readonly patienceMs?: number | undefined
  /** Nothing is offered nor taken once the operator would owe more than this beyond what is settled. */
  readonly maxUnsettled?: Identity.IdentityOptions['maxUnsettled']
}

export interface Paywall<R extends Terms.PaywallRequest = Terms.PaywallRequest> {
  (request: R, response: ServerResponse, next: (error?: unknown) => void): void
  /** Resolves when the service has been read, and payments can be taken. */
  readonly ready: () => Promise<void>
  /** What has been served, to be given to the next paywall of this payee. */
  readonly served: readonly Range[]
}

/** What a purchase needs. */
export type Counter<R extends Terms.PaywallRequest> = PayByExact.ExactCounter<R>

/** @throws {OptionInvalidError} @throws {AddressInvalidError} @throws {UrlInvalidError} @throws {StoreMissingError} */
export const counter = <R extends Terms.PaywallRequest>(options: PaywallOptions<R>): Counter<R> => {
  Option.object('the options', options)
  const payTo = AddressText.parse(options.payTo ?? options.payee?.address ?? '')
  if (options.publicUrl !== undefined) Option.text('publicUrl', options.publicUrl)
  if (options.maxTimeoutSeconds !== undefined)
    Option.number('maxTimeoutSeconds', options.maxTimeoutSeconds, 0, Number.MAX_SAFE_INTEGER)
  assertStore(options)
  // Requests wait for it, so it may not try for long.
  const client =
    options.clearing instanceof Client ? options.clearing : new Client(options.clearing, { retryForMs: 2_000 })
  const { maxTimeoutSeconds = 60, schemes = ['clearing', 'exact'], patienceMs = 30_000 } = options
  return {
    payTo,
    client,
    patienceMs,
    payee: options.payee,
    identities: Identity.create({ ...options, client, payTo }),
    terms: Terms.make({ ...options, payTo, schemes, maxTimeoutSeconds, service: client.url.href.replace(/\/$/, '') }),
  }
}

type Next = (error?: unknown) => void

/** What an application's own price function has thrown. */
class PriceFailed {
  readonly cause: unknown
  constructor(cause: unknown) {
    this.cause = cause
  }
}

/** A request's price, asked once, when it is needed. */
const priceOf = <R extends Terms.PaywallRequest>(at: Counter<R>, request: R, identity: Identity.Identity) => {
  let known: bigint | Promise<bigint> | undefined
  const fail = (cause: unknown): never => {
    throw new PriceFailed(cause)
  }
  return (): bigint | Promise<bigint> => {
    if (known !== undefined) return known
    try {
      const asked = at.terms.price(request, identity)
      known = asked instanceof Promise ? asked.catch(fail) : asked
      return known
    } catch (cause) {
      return fail(cause)
    }
  }
}

/** Asks for payment in the ways that are open; where the operator owes too much already, not by receipts. @throws {RiskReachedError} */
const askFor = async <R extends Terms.PaywallRequest>(
  at: Counter<R>,
  schemes: readonly Terms.Scheme[],
  identity: Identity.Identity,
  [request, response]: Exchange<R>,
  [price, error]: [PayByReceipt.Price, SunledgerError],
): Promise<void> => {
  const amount = await price()
  let open = schemes
  try {
    if (schemes.includes('clearing')) await identity.risk?.offer(amount)
  } catch (cause) {
    open = schemes.filter((scheme) => scheme !== 'clearing')
    if (open.length === 0 || !(cause instanceof RiskReachedError)) throw cause
  }
  at.terms.ask(request, response, identity, amount, error, { schemes: open })
}

/** The payment that a request carries, of whichever version. */
const paymentOf = async <R extends Terms.PaywallRequest>(
  at: Counter<R>,
  request: R,
  identity: Identity.Identity,
  price: PayByReceipt.Price,
): Promise<readonly [payload: X402.Payload, isV1: boolean]> => {
  const payload = payloadOf(request)
  if (payload !== undefined) return [payload, false]
  const header = request.headers[V1.headers.payment]
  if (typeof header !== 'string') throw new Terms.PaymentRequiredError()
  const asked = at.terms.exact(identity, await price())
  try {
    return [V1.payloadOf(header, asked), true]
  } catch (cause) {
    throw new Terms.PaymentHeaderInvalidError(cause)
  }
}

const pay = async <R extends Terms.PaywallRequest>(
  at: Counter<R>,
  schemes: readonly Terms.Scheme[],
  identity: Identity.Identity,
  exchange: Exchange<R>,
  price: PayByReceipt.Price,
): Promise<void> => {
  const [payload, isV1] = await paymentOf(at, exchange[0], identity, price)
  const { scheme, network } = payload.accepted
  if (network !== identity.network) throw new Terms.TermsMismatchError('network', identity.network, network)
  const offered = schemes.find((each) => each === scheme)
  if (offered === undefined) throw new Terms.TermsMismatchError('scheme', schemes.join(' or '), scheme)
  if (offered === 'clearing') return PayByReceipt.serve(at, payload, identity, exchange, price)
  return PayByExact.serve(at, payload, identity, exchange, price, isV1)
}

/** Problems that say by themselves what to do; for the others the terms are said anew. */
const isPlain503 = (error: SunledgerError): boolean => error.status === 503 || /^SL6(33|64)$/.test(error.code)

const refuse = async <R extends Terms.PaywallRequest>(
  at: Counter<R>,
  schemes: readonly Terms.Scheme[],
  identity: Identity.Identity,
  exchange: Exchange<R>,
  [price, error]: [PayByReceipt.Price, unknown],
): Promise<void> => {
  const [, response, next] = exchange
  // The chain's clock may have run ahead since the service was read.
  if (error instanceof ExactRefusedError) at.identities.tick()
  if (error instanceof PriceFailed) next(error.cause)
  else if (!(error instanceof SunledgerError)) next(error)
  else if (isPlain503(error)) {
    if (error instanceof RiskReachedError && error.charge !== undefined)
      response.setHeader('sunledger-charge', error.charge)
    Terms.sendProblem(response, error)
  } else
    await askFor(at, schemes, at.identities.present ?? identity, exchange, [price, error]).catch((cause: unknown) =>
      // What the price function throws is the application's own affair.
      cause instanceof SunledgerError
        ? Terms.sendProblem(response, cause)
        : next((cause as PriceFailed).cause ?? cause),
    )
}

const handle = async <R extends Terms.PaywallRequest>(
  at: Counter<R>,
  schemes: readonly Terms.Scheme[],
  exchange: Exchange<R>,
): Promise<void> => {
  const [request, response, next] = exchange
  if (isQuiet(request, response)) return
  let identity: Identity.Identity
  try {
    identity = at.identities.present ?? (await at.identities.ready())
  } catch (error) {
    if (error instanceof SunledgerError) Terms.sendProblem(response, error)
    else next(error)
    return
  }
  // A chain whose clock runs ahead goes on running.
  if (identity.leadSeconds > 0) at.identities.tick()
  const price = priceOf(at, request, identity)
  try {
    await pay(at, schemes, identity, exchange, price)
  } catch (error) {
    await refuse(at, schemes, identity, exchange, [price, error])
  }
}

/**
 * Express middleware that lets paid requests through.
 * @throws {AddressInvalidError} @throws {UrlInvalidError} @throws {StoreMissingError}
 * @example app.get('/charge', paywall({ price: '0.0005', payTo, clearing: 'http://127.0.0.1:4020' }), handler)
 */
export const paywall = <R extends Terms.PaywallRequest = Terms.PaywallRequest>(
  options: PaywallOptions<R>,
): Paywall<R> => {
  const at = counter(options)
  const schemes = options.schemes ?? ['clearing', 'exact']
  const middleware = (request: R, response: ServerResponse, next: Next): void => {
    void handle(at, schemes, [request, response, next])
  }
  const extras = {
    ready: async () => {
      await at.identities.ready()
    },
  }
  Object.defineProperty(middleware, 'served', {
    get: () => at.identities.present?.served.till.served ?? options.served ?? [],
  })
  return Object.assign(middleware, extras) as Paywall<R>
}
