/**
 * A stream that is paid unit by unit: each Wh, each token. The source is asked for a unit, the unit is held until it is paid for, and
 * when payment does not come the stream ends; so at most one unit has been produced that nobody paid for. The other way round, a client has
 * at most one payment with the server that bought nothing yet; it is paid back where `payee` can sign, else it can be handed in again.
 *
 * Mount it for all methods: the stream is a GET, payments are POSTs to the same URL.
 */
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import * as Metered from '../../core/Metered.ts'
import * as Option from '../Option.ts'
import { AnswerGoneError } from './Answers.ts'
import * as Charge from './Charge.ts'
import * as Clearing from './Clearing.ts'
import type { Identity } from './Identity.ts'
import { isQuiet, payloadOf } from './Payload.ts'
import { type Counter, counter, type PaywallOptions } from './Paywall.ts'
import * as Serve from './Serve.ts'
import { Hold, PurchaseUnderWayError } from './Served.ts'
import { deliver, event, type Session } from './Session.ts'
import * as Terms from './Terms.ts'

/** Units of what is sold: each item is one, sent as JSON. `signal` aborts when the client has gone or stopped paying. */
export type Source<R> = (request: R, signal: AbortSignal) => AsyncIterable<unknown>

export interface MeteredOptions<R extends Terms.PaywallRequest = Terms.PaywallRequest>
  extends Omit<PaywallOptions<R>, 'schemes' | 'memory' | 'mimeType' | 'patienceMs'> {
  /** Units for which `price` is asked; default 1. A price below an atomic unit a unit is stated for many. */
  readonly per?: number | bigint | undefined
  /** What is counted: 'Wh', 'token'. */
  readonly unit: string
  /** How long a unit waits to be paid for; default 10 000. */
  readonly patienceMs?: number | undefined
  /** Streams at the same time; default 1 000. */
  readonly mostSessions?: number | undefined
}

/** Receipts whose repetition is recognised, for each session. */
const mostRemembered = 64

interface Desk<R extends Terms.PaywallRequest> {
  readonly at: Counter<R>
  readonly sessions: Map<string, Session>
  readonly source: Source<R>
  readonly patienceMs: number
  readonly mostSessions: number
  tariff(request: R, identity: Identity): Promise<Metered.Tariff>
}

/** What is left of the payments is paid back, or the receipts that bought nothing can buy again. */
const settleRest = async <R extends Terms.PaywallRequest>(
  { at }: Desk<R>,
  session: Session,
  tariff: Metered.Tariff,
): Promise<Metered.End['charge']> => {
  let rest = session.paid - Metered.costOf(tariff, session.delivered)
  const last = session.purchases.at(-1)?.purchase
  if (rest > 0n && last !== undefined) {
    const amount = rest as Clearing.Purchase['amount']
    const refund = await Charge.refund(at.payee, { ...last, amount }, last.range.asset)
    if (refund !== undefined) {
      for (const { hold } of session.purchases) await hold.end()
      return 'refunded'
    }
  }
  let charge: Metered.End['charge'] = 'charged'
  for (const { purchase, hold } of session.purchases.toReversed())
    if (rest >= purchase.amount) {
      rest -= purchase.amount
      charge = 'unused'
      await hold.release()
    } else await hold.end()
  return charge
}

const run = async <R extends Terms.PaywallRequest>(
  desk: Desk<R>,
  request: R,
  response: ServerResponse,
  [id, session]: [string, Session],
  tariff: Metered.Tariff,
): Promise<void> => {
  const end = new AbortController()
  response.once('close', () => end.abort())
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'private, no-store',
    [Metered.sessionHeader]: id,
  })
  response.flushHeaders()
  let reason: Metered.End['reason'] | undefined
  let units: AsyncIterator<unknown> | undefined
  try {
    units = desk.source(request, end.signal)[Symbol.asyncIterator]()
    reason = await deliver(units, session, tariff, response, [desk.patienceMs, end.signal])
  } catch {
    // What went wrong is the source's to log; the client learns that it did, and what it was charged.
    reason = 'failed'
  }
  desk.sessions.delete(id)
  end.abort()
  if (reason !== 'done') void Promise.resolve(units?.return?.()).catch(() => {})
  const charge = await settleRest(desk, session, tariff).catch(() => 'charged' as const)
  const { delivered, paid } = session
  if (reason !== undefined) response.end(event('end', { reason, delivered, paid, charge }))
}

/** A receipt for this request, taken. */
const take = async <R extends Terms.PaywallRequest>(
  { at }: Desk<R>,
  request: R,
  known: Identity,
): Promise<Clearing.Purchase> => {
  const payload = payloadOf(request)
  if (payload === undefined) throw new Terms.PaymentRequiredError()
  const { scheme, network } = payload.accepted
  if (scheme !== 'clearing') throw new Terms.TermsMismatchError('scheme', 'clearing', scheme)
  if (network !== known.network) throw new Terms.TermsMismatchError('network', known.network, network)
  return Clearing.check(payload, at.terms.urlOf(request), at.payTo, known, at.identities)
}

/** Takes it for a stream. @throws {ReceiptSpentError} @throws {RiskReachedError} @throws {PurchaseUnderWayError} */
const claim = async (purchase: Clearing.Purchase, { served, risk }: Identity): Promise<Hold> => {
  const hold = new Hold(served, purchase.id, purchase.range)
  served.till.check(purchase.range)
  await risk?.take(purchase.range.to)
  const met = await hold.take()
  // What a process that died had begun to deliver is used up, as far as anybody can tell.
  if (met === 'toPayBack') await hold.end()
  if (met !== undefined) throw new AnswerGoneError()
  if (!(await hold.begin())) throw new PurchaseUnderWayError()
  return hold
}

const settledBy = (purchase: Clearing.Purchase, { network }: Identity) =>
  Charge.headersOf('charged', Serve.settledOf(purchase, network))

const open = async <R extends Terms.PaywallRequest>(
  desk: Desk<R>,
  request: R,
  response: ServerResponse,
  [tariff, identity]: [Metered.Tariff, Identity],
): Promise<void> => {
  if (desk.sessions.size >= desk.mostSessions) throw new MeteredBusyError(desk.mostSessions)
  const purchase = await take(desk, request, identity)
  const first = Metered.firstOf(tariff)
  if (purchase.amount < first)
    throw new Terms.TermsMismatchError('amount', `at least ${first} atomic units`, `${purchase.amount}`)
  const hold = await claim(purchase, identity)
  const id = randomBytes(16).toString('hex')
  const session: Session = {
    ...{
      url: desk.at.terms.urlOf(request),
      payer: purchase.payer,
      purchases: [{ purchase, hold }],
      paid: purchase.amount as bigint,
    },
    ...{ taking: new Map(), delivered: 0n, wake: () => {} },
  }
  desk.sessions.set(id, session)
  for (const [name, value] of Object.entries(settledBy(purchase, identity))) response.setHeader(name, value as string)
  await run(desk, request, response, [id, session], tariff)
}

/** Adds a payment to a stream that is open. */
const enter = async <R extends Terms.PaywallRequest>(
  desk: Desk<R>,
  [id, session]: [string, Session],
  purchase: Clearing.Purchase,
  identity: Identity,
): Promise<void> => {
  const hold = await claim(purchase, identity)
  // It may have ended meanwhile, and then has taken nothing.
  if (desk.sessions.get(id) !== session) {
    await hold.release()
    throw new SessionUnknownError()
  }
  session.purchases.push({ purchase, hold })
  if (session.purchases.length > mostRemembered) await session.purchases.shift()?.hold.end()
  session.paid += purchase.amount
  session.wake()
}

const pay = async <R extends Terms.PaywallRequest>(
  desk: Desk<R>,
  request: R,
  response: ServerResponse,
  identity: Identity,
): Promise<void> => {
  const purchase = await take(desk, request, identity)
  const id = String(request.headers[Metered.sessionHeader])
  const session = desk.sessions.get(id)
  // Nothing is taken for a stream that has ended: the receipt can open the next one.
  if (session === undefined || session.url !== desk.at.terms.urlOf(request) || session.payer !== purchase.payer)
    throw new SessionUnknownError()
  if (!session.purchases.some((known) => known.purchase.id === purchase.id)) {
    const taking = session.taking.get(purchase.id) ?? enter(desk, [id, session], purchase, identity)
    session.taking.set(purchase.id, taking)
    await taking.finally(() => session.taking.delete(purchase.id))
  }
  response.writeHead(204, settledBy(purchase, identity)).end()
}

/** The price is for `per` units; a 402 asks for the first unit, and says what all cost. */
const deskOf = <R extends Terms.PaywallRequest>(options: MeteredOptions<R>, source: Source<R>): Desk<R> => {
  Option.object('the options', options)
  const { per = 1, unit, price, patienceMs = 10_000, mostSessions = 1_000 } = options
  const tariff = async (request: R, { token }: Identity): Promise<Metered.Tariff> => {
    const given = typeof price === 'function' ? await price(request) : price
    return { unit, price: Terms.amountOf(token, given), per: BigInt(per) }
  }
  const at = counter<R>({ ...options, schemes: ['clearing'], mimeType: 'text/event-stream' })
  return { at, sessions: new Map(), source, patienceMs, mostSessions, tariff }
}

const handle = async <R extends Terms.PaywallRequest>(
  desk: Desk<R>,
  [request, response, next]: [R, ServerResponse, (error?: unknown) => void],
): Promise<void> => {
  const { at } = desk
  if (isQuiet(request, response)) return
  let tariff: Metered.Tariff | undefined
  try {
    const identity = at.identities.present ?? (await at.identities.ready())
    tariff = await desk.tariff(request, identity)
    if (request.method === 'POST') await pay(desk, request, response, identity)
    else await open(desk, request, response, [tariff, identity])
  } catch (error) {
    const identity = at.identities.present
    if (response.headersSent) response.destroy()
    else if (!(error instanceof SunledgerError)) next(error)
    else if (
      error.status === 503 ||
      error.status === 404 ||
      error.code === 'SL633' ||
      tariff === undefined ||
      identity === undefined
    )
      Terms.sendProblem(response, error)
    else
      at.terms.ask(request, response, identity, Metered.firstOf(tariff), error, {
        extra: { metered: { unit: tariff.unit, price: tariff.price.toString(), per: tariff.per.toString() } },
      })
  }
}

/**
 * Express middleware that streams what is paid for, unit by unit.
 * @throws {AddressInvalidError} @throws {UrlInvalidError}
 * @example app.all('/power', metered({ price: '0.000043', unit: 'Wh', payTo, clearing }, async function* () { yield* meter.wattHours() }))
 */
export const metered = <R extends Terms.PaywallRequest = Terms.PaywallRequest>(
  options: MeteredOptions<R>,
  source: Source<R>,
) => {
  const desk = deskOf(options, source)
  const middleware = (request: R, response: ServerResponse, next: (error?: unknown) => void): void => {
    void handle(desk, [request, response, next])
  }
  return Object.assign(middleware, {
    /** Resolves when the service has been read. */
    ready: async (): Promise<void> => {
      await desk.at.identities.ready()
    },
  })
}

/** Too many streams are open. */
export class MeteredBusyError extends SunledgerError {
  override readonly name = 'MeteredBusyError'
  constructor(most: number) {
    super('SL663', 'Too many streams are open.', {
      expected: `at most ${most}`,
      hint: 'Nothing was charged. Try again in a moment.',
      status: 503,
    })
  }
}

/** The stream that a payment is for has ended. */
export class SessionUnknownError extends SunledgerError {
  override readonly name = 'SessionUnknownError'
  constructor() {
    super('SL666', 'The stream that this pays for is not open.', {
      expected: 'the header Sunledger-Session of an open stream of the same URL and payer',
      hint: 'The receipt was not taken: it can open the next stream.',
      status: 404,
    })
  }
}
