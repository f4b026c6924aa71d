/**
 * Serves a purchase that was paid by a receipt: says in the answer what was charged, and puts right what was charged for nothing. What has
 * begun to leave under `charged` stays charged, whatever the client does; what the server itself has broken is paid back or tried again.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import type { Address } from '../../core/Payment.ts'
import type * as X402 from '../../core/X402.ts'
import { TillStoreError } from '../TillLog.ts'
import type { Answer, Part } from './Answers.ts'
import * as Charge from './Charge.ts'
import type { Purchase } from './Clearing.ts'
import type { Decided, Desk } from './Desk.ts'
import { AnswerNotHeldError } from './ExactErrors.ts'
import type { Body } from './Recording.ts'
import * as PaywallResponse from './Response.ts'
import { type Hold, PurchaseUnderWayError, type Served } from './Served.ts'

export interface Counter {
  readonly payTo: Address
  readonly payee: Charge.Payee | undefined
  /** How long a handler may go on after its client has left. */
  readonly patienceMs: number
}

export type Exchange<R extends IncomingMessage = IncomingMessage> = [
  request: R,
  response: ServerResponse,
  next: (error?: unknown) => void,
]

/** An answer with what was said of its charge. */
export const withHeaders = (answer: Answer, headers: OutgoingHttpHeaders): Answer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
})

/** What a purchase says of its payment. */
export const settledOf = ({ payer, amount, payment }: Purchase, network: X402.Network, price = amount as bigint) => ({
  ...{ success: true, transaction: payment, network, payer, amount: amount.toString() },
  // Who pays ahead learns that it has become cheaper.
  ...(amount === price ? {} : { extra: { price: price.toString() } }),
})

/** A failed purchase as PAYMENT-RESPONSE says it. */
const failedBy = (settled: X402.Settled, refund: Awaited<ReturnType<typeof Charge.refund>>) => ({
  ...settled,
  success: false,
  extra: { ...settled.extra, ...(typeof refund === 'object' ? { refund: refund.payment.id } : {}) },
})

/** Pays a claimed purchase back; undefined where that is not possible. @throws {PurchaseUnderWayError} the claim has been lost */
const payBack = async ({ payee }: Counter, hold: Hold, purchase: Purchase) => {
  if (payee === undefined) return undefined
  if (hold.isShared && !(await hold.begin())) throw new PurchaseUnderWayError()
  return Charge.refund(payee, purchase, purchase.range.asset)
}

/**
 * Pays back what cannot be served, without serving it. What became of it; undefined: it is still good.
 * @throws {ReceiptSpentError} @throws {PurchaseUnderWayError}
 */
export const returnUnserved = async (at: Counter, hold: Hold, purchase: Purchase): Promise<'refunded' | undefined> => {
  if (at.payee === undefined || (await hold.take()) !== undefined) return undefined
  const paid = await payBack(at, hold, purchase)
  if (paid === undefined) await hold.release()
  else await hold.end()
  return paid === undefined ? undefined : 'refunded'
}

/** What a process that died had begun to answer: paid back; undefined: that is not possible, and it stays charged. */
export const payBackBroken = async (
  at: Counter,
  hold: Hold,
  purchase: Purchase,
  network: X402.Network,
): Promise<Answer | undefined> => {
  const paid = await Charge.refund(at.payee, purchase, purchase.range.asset)
  const answer = paid === undefined ? undefined : broken(purchase, network, paid)
  await hold.end(answer)
  return answer
}

const broken = (purchase: Purchase, network: X402.Network, paid: Awaited<ReturnType<typeof Charge.refund>>): Answer =>
  withHeaders(
    Charge.problemOf(new Charge.AnswerBrokenError()),
    Charge.headersOf('refunded', failedBy(settledOf(purchase, network), paid)),
  )

const nothing = (): void => {}

/** What is known of a purchase before it is served. */
interface Told {
  readonly settled: X402.Settled
  readonly part: Part | undefined
  readonly range: string | undefined
}

class ReceiptDesk implements Desk {
  readonly #at: Counter
  readonly #served: Served
  readonly #hold: Hold
  readonly #purchase: Purchase
  readonly #settled: X402.Settled
  #charge: Charge.Charge = 'charged'
  /** The answer is with the store already. */
  #isKept = false
  readonly patienceMs: number

  readonly part: Body | undefined

  readonly #told: Told

  constructor(at: Counter, served: Served, hold: Hold, purchase: Purchase, told: Told) {
    this.#at = at
    this.#served = served
    this.#hold = hold
    this.#purchase = purchase
    this.#settled = told.settled
    this.#told = told
    this.part = told.part?.body
    this.patienceMs = at.patienceMs
  }

  get bounds() {
    return this.#served.answers.bounds
  }

  pass(status: number, whole: () => Answer | undefined) {
    if (status >= 400) return undefined
    const headers = Charge.headersOf('charged', this.#settled)
    // What has begun before goes on.
    if (!this.#hold.isShared || this.part !== undefined) return headers
    const answer = whole()
    const kept = answer === undefined ? undefined : withHeaders(answer, headers)
    return this.#hold.begin(kept).then(
      (isOurs) => {
        this.#isKept = kept?.body.bytes !== undefined
        return isOurs ? { headers } : this.#refuse(new PurchaseUnderWayError())
      },
      (error: unknown) => this.#refuse(error),
    )
  }

  async close(_status: number, answer: Answer | undefined) {
    const paid = await payBack(this.#at, this.#hold, this.#purchase).catch((error: unknown) => error as SunledgerError)
    if (paid instanceof Error) return this.#refuse(paid)
    this.#charge = paid === undefined ? 'unused' : 'refunded'
    const headers = Charge.headersOf(this.#charge, failedBy(this.#settled, paid))
    return answer === undefined ? { headers, instead: Charge.problemOf(new AnswerNotHeldError()) } : { headers }
  }

  done(answer: Answer | undefined): void {
    const { answers } = this.#served
    this.part?.drop()
    if (this.#charge === 'unused') {
      answer?.body.drop()
      this.#giveBack()
      return
    }
    answers.end(this.#hold.id, answer ?? 'gone')
    if (this.#hold.isShared && !this.#isKept) this.#hold.end(answer).catch(nothing)
  }

  lost(hasBegun: boolean, isOurs: boolean, part?: Body): void {
    const { answers } = this.#served
    const [{ id }, before, { range }] = [this.#hold, this.part, this.#told]
    if (before !== undefined && !hasBegun) return answers.addPart(id, { body: before, range })
    before?.drop()
    // It stays charged, and the same request gets the rest.
    if (part !== undefined && answers.mayRetry(id)) answers.addPart(id, { body: part, range })
    else if (!hasBegun) this.#giveBack()
    else if (isOurs) void this.#repair().catch(nothing)
    else this.#gone()
  }

  /** The server has broken the answer off. */
  async #repair(): Promise<void> {
    const { answers } = this.#served
    const { id } = this.#hold
    const paid = await Charge.refund(this.#at.payee, this.#purchase, this.#purchase.range.asset)
    if (paid !== undefined) {
      const answer = broken(this.#purchase, this.#settled.network, paid)
      answers.end(id, answer)
      await this.#hold.end(answer)
    } else if (answers.mayRetry(id)) this.#giveBack()
    else this.#gone()
  }

  #gone(): void {
    this.#served.answers.end(this.#hold.id, 'gone')
    this.#hold.end().catch(nothing)
  }

  #giveBack(): void {
    const released = this.#hold.release()
    const end = () => this.#served.answers.end(this.#hold.id, 'unused')
    if (released instanceof Promise) void released.catch(nothing).then(end)
    else end()
  }

  /** Nothing has left, and the payment is still good. */
  #refuse(error: unknown): Decided {
    this.#charge = 'unused'
    const known = error instanceof SunledgerError ? error : new TillStoreError(String(error), error)
    const headers = Charge.headersOf('unused', { ...failedBy(this.#settled, undefined), errorReason: 'not_served' })
    return { headers, instead: Charge.problemOf(known) }
  }
}

/** Lets a purchase through that has been taken. */
export const clearing = (
  at: Counter,
  served: Served,
  hold: Hold,
  purchase: Purchase,
  told: Omit<Told, 'range'>,
  [request, response, next]: Exchange,
): void => {
  const { headers } = request
  // The rest follows from the very same request: one for other bytes, or for none where they are known, gets these.
  if (told.part !== undefined) {
    for (const name of ['if-none-match', 'if-modified-since', 'if-range', 'if-match', 'range']) delete headers[name]
    if (told.part.range !== undefined) headers.range = told.part.range
  }
  const desk = new ReceiptDesk(at, served, hold, purchase, { ...told, range: headers.range })
  PaywallResponse.guard(request, response, desk)
  next()
}
