/**
 * A paywall for Express: a request is served when it is paid for, by a receipt of the clearing house or by x402's `exact`. Receipts are
 * checked here, without asking anybody; the service is asked once for its identity, and by `exact`.
 *
 * What can be relied on, whichever way a handler ends:
 *
 * | the answer | `clearing` | `exact` |
 * |---|---|---|
 * | below 400 | charged once | settled on chain, then sent |
 * | 400 and above, or thrown | paid back where `payee` can sign; else the receipt stays unused, and the same key tries again for free | nothing is charged |
 *
 * `PAYMENT-RESPONSE` and `Sunledger-Charge` say which: `charged`, `refunded`, `unused` or `none`. The same purchase again gets the same answer.
 */
import type { ServerResponse } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import * as QuickHeader from '../../core/QuickHeader.ts'
import * as X402 from '../../core/X402.ts'
import * as AddressText from '../Address.ts'
import { Client } from '../Client.ts'
import type { Pins } from '../Deployment.ts'
import type { Range } from '../Till.ts'
import * as Answers from './Answers.ts'
import * as Clearing from './Clearing.ts'
import * as Exact from './Exact.ts'
import * as Identity from './Identity.ts'
import * as Serve from './Serve.ts'
import * as Terms from './Terms.ts'

export type { Payee } from './Serve.ts'
export type { PaywallRequest, Price, Scheme } from './Terms.ts'

export interface PaywallOptions<R extends Terms.PaywallRequest = Terms.PaywallRequest> extends Pins {
  /** Decimal text in whole units ('0.0005'), atomic units (500n), or what gives a request's price. */
  readonly price: Terms.TermsOptions<R>['price']
  /** Who is paid; left out: `payee`. Each server process needs an address of its own: what was served is known to its process alone. */
  readonly payTo?: string | undefined
  /** The clearing service: its address, or a client. */
  readonly clearing: string | URL | Client
  /** Pays back where a handler fails. */
  readonly payee?: Serve.Payee | undefined
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
  /** Serves nothing once the operator would owe more than this beyond what is settled. */
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
export interface Counter<R extends Terms.PaywallRequest> extends Serve.Counter {
  readonly terms: Terms.Terms<R>
  readonly identities: Identity.Identities
  readonly nonces: Exact.Nonces
  readonly client: Client
}

/** @throws {AddressInvalidError} @throws {UrlInvalidError} */
export const counter = <R extends Terms.PaywallRequest>(options: PaywallOptions<R>): Counter<R> => {
  const payTo = AddressText.parse(options.payTo ?? options.payee?.address ?? '')
  // Requests wait for it, so it may not try for long.
  const client =
    options.clearing instanceof Client ? options.clearing : new Client(options.clearing, { retryForMs: 2_000 })
  const { maxTimeoutSeconds = 60, schemes = ['clearing', 'exact'] } = options
  return {
    payTo,
    client,
    payee: options.payee,
    answers: new Answers.Answers(options.memory),
    nonces: new Exact.Nonces(),
    identities: Identity.create({ ...options, client, payTo }),
    terms: Terms.make({ ...options, payTo, schemes, maxTimeoutSeconds, service: client.url.href.replace(/\/$/, '') }),
  }
}

/** Of a receipt's terms nothing is used but its scheme and network: what counts is what the receipt says. */
const isPlain = (said: unknown): said is X402.Payload => {
  const { x402Version, accepted, payload } = (said ?? {}) as Partial<X402.Payload>
  const isClearing = accepted?.scheme === 'clearing' && typeof accepted.network === 'string'
  return x402Version === X402.version && isClearing && typeof payload === 'object' && payload !== null
}

/** The payment that a request carries. @throws {PaymentHeaderInvalidError} */
export const payloadOf = (request: Terms.PaywallRequest): X402.Payload | undefined => {
  const header = request.headers[X402.headers.signature]
  if (typeof header !== 'string') return undefined
  // As in `isPlain`, of its terms there is only what is used.
  const quick = QuickHeader.read(header, X402.version) as X402.Payload | undefined
  if (quick !== undefined) return quick
  try {
    const said = X402.decode(header)
    return isPlain(said) ? said : X402.parsePayload(said)
  } catch (cause) {
    throw new Terms.PaymentHeaderInvalidError(cause)
  }
}

/** @throws {TermsMismatchError} it is too little; paid back where that is possible */
const enough = async (
  at: Serve.Counter,
  purchase: Clearing.Purchase,
  least: bigint,
  till: Identity.Identity['till'],
) => {
  if (purchase.amount >= least) return
  till.take(purchase.range)
  const refund = await Serve.refund(at, purchase, purchase.range.asset)
  if (refund === undefined) till.release(purchase.range)
  const charge = refund === undefined ? undefined : 'refunded'
  throw new Terms.TermsMismatchError('amount', `at least ${least} atomic units`, `${purchase.amount}`, charge)
}

type Next = (error?: unknown) => void

const serveClearing = async <R extends Terms.PaywallRequest>(
  at: Counter<R>,
  payload: X402.Payload,
  known: Identity.Identity,
  [request, response, next]: [R, ServerResponse, Next],
  price: bigint,
): Promise<void> => {
  const url = at.terms.urlOf(request)
  const purchase = await Clearing.check(payload, url, at.payTo, known, at.identities)
  const { till, network } = at.identities.present ?? known
  const answer = at.answers.begin(purchase.id, Answers.requestName(request.method ?? 'GET', request.body))
  const before = answer instanceof Promise ? await answer : answer
  if (before !== undefined) {
    Serve.again(response, before)
    return
  }
  try {
    await enough(at, purchase, at.terms.leastFor(url, price), till)
    till.take(purchase.range)
  } catch (error) {
    at.answers.end(purchase.id)
    throw error
  }
  Serve.clearing(at, response, purchase, till, network, price)
  next()
}

const serveExact = async <R extends Terms.PaywallRequest>(
  at: Counter<R>,
  payload: X402.Payload,
  identity: Identity.Identity,
  [request, response, next]: [R, ServerResponse, Next],
  price: bigint,
): Promise<void> => {
  const url = at.terms.urlOf(request)
  const paid = Exact.check(payload, at.payTo, at.terms.leastFor(url, price), identity)
  const key = Terms.keyOf(request)
  const id = key === undefined || !paid.isOwn ? undefined : `${paid.payer} ${url} ${key}`
  const answer =
    id === undefined ? undefined : at.answers.begin(id, Answers.requestName(request.method ?? 'GET', request.body))
  const before = answer instanceof Promise ? await answer : answer
  if (before !== undefined) {
    Serve.again(response, before)
    return
  }
  try {
    at.nonces.take(paid.nonce)
    const isDoubtful = at.nonces.isDoubtful(paid.nonce)
    if (!isDoubtful)
      await Exact.verify(at.client, paid).catch((error: unknown) => {
        at.nonces.release(paid.nonce)
        throw error
      })
  } catch (error) {
    if (id !== undefined) at.answers.end(id)
    throw error
  }
  Serve.exact(at, response, paid, id, {
    network: identity.network,
    settle: () => Exact.settle(at.client, paid),
    unused: (isDoubtful) => at.nonces.release(paid.nonce, isDoubtful),
  })
  next()
}

const handle = async <R extends Terms.PaywallRequest>(
  at: Counter<R>,
  schemes: readonly Terms.Scheme[],
  exchange: [R, ServerResponse, Next],
): Promise<void> => {
  const [request, response, next] = exchange
  let identity: Identity.Identity
  let price: bigint
  try {
    identity = at.identities.present ?? (await at.identities.ready())
    // A chain whose clock runs ahead goes on running.
    if (identity.leadSeconds > 0) at.identities.tick()
    const asked = at.terms.price(request, identity)
    price = asked instanceof Promise ? await asked : asked
  } catch (error) {
    // What the price function throws is the application's own affair.
    if (error instanceof Identity.PaywallUnreadyError) Terms.sendProblem(response, error)
    else next(error)
    return
  }
  try {
    const payload = payloadOf(request)
    if (payload === undefined) throw new Terms.PaymentRequiredError()
    const { scheme, network } = payload.accepted
    if (network !== identity.network) throw new Terms.TermsMismatchError('network', identity.network, network)
    const offered = schemes.find((each) => each === scheme)
    if (offered === undefined) throw new Terms.TermsMismatchError('scheme', schemes.join(' or '), scheme)
    await (offered === 'clearing' ? serveClearing : serveExact)(at, payload, identity, exchange, price)
  } catch (error) {
    // The chain's clock may have run ahead since the service was read.
    if (error instanceof Exact.ExactRefusedError) at.identities.tick()
    if (!(error instanceof SunledgerError)) next(error)
    else if (error.status === 503 || error.code === 'SL664') Terms.sendProblem(response, error)
    else at.terms.ask(request, response, at.identities.present ?? identity, price, error)
  }
}

/**
 * Express middleware that lets paid requests through.
 * @throws {AddressInvalidError} @throws {UrlInvalidError}
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
  Object.defineProperty(middleware, 'served', { get: () => at.identities.present?.till.served ?? options.served ?? [] })
  return Object.assign(middleware, extras) as Paywall<R>
}
