/**
 * Serves a purchase that is paid by an authorization: the answer is held until it is settled. Whoever is not there any more to take it is
 * not charged, and where nobody knows whether it has been settled, that is what is said, until it is known.
 */
import type { OutgoingHttpHeaders } from 'node:http'
import type { SunledgerError } from '../../core/Errors.ts'
import type * as X402 from '../../core/X402.ts'
import type { Client } from '../Client.ts'
import type { Answer } from './Answers.ts'
import * as Charge from './Charge.ts'
import type { Decided, Desk } from './Desk.ts'
import * as Exact from './Exact.ts'
import { AnswerNotHeldError, ExactRefusedError, SettlementUnknownError } from './ExactErrors.ts'
import * as PaywallResponse from './Response.ts'
import { type Exchange, withHeaders } from './Serve.ts'
import { type Hold, PurchaseUnderWayError, type Served } from './Served.ts'
import { isUnclear } from './Unknowns.ts'
import * as V1 from './V1.ts'

/** A purchase by `exact`, ready to be served. */
export interface ExactPurchase {
  readonly paid: Exact.Authorized
  readonly network: X402.Network
  /** Under which the answer is kept; undefined: it is not. */
  readonly id: string | undefined
  /** What the request is called, for `id`. */
  readonly requestName: string
  /** Who may have the answer, if it takes long until it is known that it was paid. */
  readonly client: string
  /** Against other processes. */
  readonly hold: Hold
  readonly isV1: boolean
}

/** What version 1 reads is said beside what version 2 reads. */
export const headersOf = (charge: Charge.Charge, settled: X402.Settled, isV1: boolean): OutgoingHttpHeaders => {
  const headers = Charge.headersOf(charge, settled)
  return isV1 ? { ...headers, [V1.headers.response]: headers['payment-response'] } : headers
}

const nothing = (): void => {}

class ExactDesk implements Desk {
  readonly #client: Client
  readonly #served: Served
  readonly #of: ExactPurchase
  readonly #failed: X402.Settled
  #charge: Charge.Charge = 'none'
  readonly patienceMs: number

  constructor(client: Client, served: Served, of: ExactPurchase, patienceMs: number) {
    this.#client = client
    this.#served = served
    this.#of = of
    this.patienceMs = patienceMs
    const { payer, amount } = of.paid
    this.#failed = { success: false, transaction: '', network: of.network, payer, amount: amount.toString() }
  }

  get bounds() {
    return this.#served.answers.bounds
  }

  pass(): undefined {
    return undefined
  }

  async close(status: number, answer: Answer | undefined, isGone: boolean): Promise<Decided> {
    if (answer === undefined) return this.#refuse(new AnswerNotHeldError(), 'none', this.#failed)
    // Nobody is charged for what nobody is there to take; with a key it can be asked for again.
    if (status >= 400 || (isGone && this.#of.id === undefined)) return { headers: this.#headers('none', this.#failed) }
    let settled: X402.Settled
    try {
      if (this.#of.hold.isShared && !(await this.#of.hold.begin()))
        return this.#refuse(new PurchaseUnderWayError(), 'none', this.#failed)
      settled = await Exact.settle(this.#client, this.#of.paid)
    } catch (error) {
      settled = { ...this.#failed, errorReason: 'settlement_unknown', errorMessage: (error as Error).message }
    }
    if (settled.success) {
      this.#charge = 'charged'
      return { headers: this.#headers('charged', settled) }
    }
    if (isUnclear(settled)) return this.#unknown(settled, answer)
    answer.body.drop()
    const reason = settled.errorReason ?? 'settlement failed'
    return this.#refuse(new ExactRefusedError(reason, settled.errorMessage), 'none', settled)
  }

  done(answer: Answer | undefined): void {
    const { id, paid, hold } = this.#of
    const { answers, nonces } = this.#served
    if (this.#charge === 'charged') {
      if (id !== undefined) answers.end(id, answer ?? 'gone')
      else answer?.body.drop()
      if (hold.isShared) hold.end().catch(nothing)
      return
    }
    answer?.body.drop()
    if (this.#charge !== 'unknown') this.#release()
    else {
      nonces.release(paid.nonce)
      if (id !== undefined) answers.end(id, 'unused')
    }
  }

  lost(): void {
    this.#release()
  }

  #release(): void {
    const { id, paid, hold } = this.#of
    this.#served.nonces.release(paid.nonce)
    if (hold.isShared) hold.release()?.catch(nothing)
    if (id !== undefined) this.#served.answers.end(id, 'unused')
  }

  #unknown(settled: X402.Settled, answer: Answer): Decided {
    const { paid, id, client, hold, requestName } = this.#of
    const { answers, unknowns } = this.#served
    unknowns.add(paid.nonce, {
      ...{ client, id, answer },
      settle: () => this.#client.settleX402(paid.request),
      known: (found) => {
        if (!found.success) hold.release()?.catch(nothing)
        else hold.end().catch(nothing)
        if (!found.success || id === undefined || answers.begin(id, requestName) !== undefined) return
        answers.end(id, withHeaders(answer, this.#headers('charged', found)))
        unknowns.drop(paid.nonce)
      },
    })
    const what = [settled.errorReason, settled.errorMessage].filter((text) => text !== undefined).join(': ')
    return this.#refuse(new SettlementUnknownError(what), 'unknown', settled)
  }

  #headers(charge: Charge.Charge, settled: X402.Settled): OutgoingHttpHeaders {
    this.#charge = charge
    return headersOf(charge, settled, this.#of.isV1)
  }

  #refuse(error: SunledgerError, charge: Charge.Charge, settled: X402.Settled): Decided {
    return { headers: this.#headers(charge, settled), instead: Charge.problemOf(error) }
  }
}

/** Lets a purchase through whose authorization has been found good. */
export const exact = (
  client: Client,
  served: Served,
  of: ExactPurchase,
  patienceMs: number,
  [request, response, next]: Exchange,
): void => {
  PaywallResponse.guard(request, response, new ExactDesk(client, served, of, patienceMs))
  next()
}
