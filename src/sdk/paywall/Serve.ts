/** Serves a purchase that has been found good: says in the answer what was charged, and puts right what was charged for nothing. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import type { Address, Receipt } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import type { PayOptions } from '../RobotOptions.ts'
import type { Till } from '../Till.ts'
import * as Refund from '../x402/Refund.ts'
import type { Answer, Answers } from './Answers.ts'
import type { Purchase } from './Clearing.ts'
import { type Authorized, ExactRefusedError } from './Exact.ts'
import * as PaywallResponse from './Response.ts'

/** Who can pay back: a `Robot` connected with the payee's key. */
export interface Payee {
  readonly address: string
  pay(options: PayOptions): Promise<Receipt>
}

export interface Counter {
  readonly payTo: Address
  readonly payee: Payee | undefined
  readonly answers: Answers
}

/** What became of the money: taken; paid back; taken, and can still buy; not taken; not known, since no answer came. */
export type Charge = 'charged' | 'refunded' | 'unused' | 'none' | 'unknown'

export const charges: { readonly [charge in Charge]: string } = {
  charged: 'Charged once.',
  refunded: 'The request failed, and the money was paid back.',
  unused:
    'The request failed, and the payment bought nothing: the same request with the same payment tries again for free.',
  none: 'The request failed, and nothing was charged.',
  unknown:
    'Whether it was charged is not known yet: the same request with the same payment finds out, and is charged once.',
}

/** The headers that say what was charged. */
export const headersOf = (charge: Charge, settled: X402.Settled): OutgoingHttpHeaders => ({
  'payment-response': X402.encode({
    ...settled,
    ...(settled.success || charge === 'charged'
      ? {}
      : {
          errorReason: settled.errorReason ?? 'handler_failed',
          errorMessage: settled.errorMessage ?? charges[charge],
        }),
    extra: { ...settled.extra, charge },
  }),
  'sunledger-charge': charge,
  // What one client has paid for is not another's.
  'cache-control': 'private, no-store',
})

/** The same answer to the same purchase. */
export const again = (response: ServerResponse, answer: Answer): void => PaywallResponse.replay(response, answer)

/** Pays a purchase back, once; undefined where that is not possible. */
export const refund = async (
  { payee }: Pick<Counter, 'payee'>,
  { payer, amount, payment }: Pick<Purchase, 'payer' | 'amount' | 'payment'>,
  asset: Address,
): Promise<Receipt | 'underWay' | undefined> => {
  if (payee === undefined) return undefined
  try {
    return await payee.pay({ to: payer, amount, asset, reference: Refund.reference(payment) })
  } catch (error) {
    // It may have been accepted, and is sent again before whatever the payee pays next.
    return error instanceof SunledgerError && error.code === 'SL649' ? 'underWay' : undefined
  }
}

export const clearing = (
  at: Counter,
  response: ServerResponse,
  purchase: Purchase,
  till: Till,
  network: X402.Network,
  price: bigint,
): void => {
  const { id, payer, amount, payment, range } = purchase
  // Who pays ahead learns that it has become cheaper.
  const cheaper = amount === price ? {} : { extra: { price: price.toString() } }
  const settled = { success: true, transaction: payment, network, payer, amount: amount.toString(), ...cheaper }
  const failed = { ...settled, success: false }
  let charge: Charge = 'charged'
  PaywallResponse.guard(response, at.answers.mostBodyBytes, {
    pass: (status) => (status < 400 ? headersOf('charged', settled) : undefined),
    async close() {
      const paid = await refund(at, purchase, range.asset)
      charge = paid === undefined ? 'unused' : 'refunded'
      if (paid === undefined) till.release(range)
      const extra = typeof paid === 'object' ? { refund: paid.payment.id } : {}
      return { headers: headersOf(charge, { ...failed, extra: { ...failed.extra, ...extra } }) }
    },
    done: (answer) => at.answers.end(id, charge === 'unused' ? undefined : answer),
    abandoned() {
      till.release(range)
      at.answers.end(id)
    },
  })
}

export interface ExactDesk {
  readonly network: X402.Network
  readonly settle: () => Promise<X402.Settled>
  /** The authorization was not used, or nobody knows. */
  readonly unused: (isDoubtful: boolean) => void
}

/** @param id under which the answer is kept; undefined: it is not */
export const exact = (
  at: Counter,
  response: ServerResponse,
  { payer, amount }: Authorized,
  id: string | undefined,
  { network, settle, unused }: ExactDesk,
): void => {
  const failed = { success: false, transaction: '', network, payer, amount: amount.toString() }
  let charge: Charge = 'none'
  const refuse = (error: SunledgerError): Answer => ({
    status: error.status,
    headers: { 'content-type': 'application/problem+json' },
    body: Buffer.from(JSON.stringify(error.toProblem())),
  })
  PaywallResponse.guard(response, at.answers.mostBodyBytes, {
    pass: () => undefined,
    async close(status) {
      if (status >= 400) return { headers: headersOf('none', failed) }
      try {
        const settled = await settle()
        if (settled.success) {
          charge = 'charged'
          return { headers: headersOf('charged', settled) }
        }
        const error = new ExactRefusedError(settled.errorReason ?? 'settlement failed', settled.errorMessage)
        return { headers: headersOf('none', settled), instead: refuse(error) }
      } catch (error) {
        charge = 'unknown'
        const settled = { ...failed, errorReason: 'settlement_unknown' }
        const known = error instanceof SunledgerError ? error : new ExactRefusedError('settlement_unknown', `${error}`)
        return { headers: headersOf('unknown', settled), instead: refuse(known) }
      }
    },
    done(answer) {
      if (charge !== 'charged') unused(charge === 'unknown')
      if (id !== undefined) at.answers.end(id, charge === 'charged' ? answer : undefined)
    },
    abandoned() {
      unused(false)
      if (id !== undefined) at.answers.end(id)
    },
  })
}
