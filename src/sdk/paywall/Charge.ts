/** Pays back what was paid for nothing, and says in headers what became of the money. */
import type { OutgoingHttpHeaders } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import type { Address, Receipt } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import type { PayOptions } from '../RobotOptions.ts'
import * as Refund from '../x402/Refund.ts'
import type { Answer } from './Answers.ts'
import type { Purchase } from './Clearing.ts'
import { bodyOf } from './Recording.ts'

/** Who can pay back: a `Robot` connected with the payee's key. */
export interface Payee {
  readonly address: string
  pay(options: PayOptions): Promise<Receipt>
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

/** A problem as an answer. */
export const problemOf = (error: SunledgerError): Answer => ({
  status: error.status,
  headers: {
    'content-type': 'application/problem+json',
    ...(error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }),
  },
  body: bodyOf(Buffer.from(JSON.stringify(error.toProblem()))),
})

/** Pays a purchase back, once; undefined where that is not possible. */
export const refund = async (
  payee: Payee | undefined,
  { payer, amount, payment }: Pick<Purchase, 'payer' | 'amount' | 'payment'>,
  asset: Address,
): Promise<Receipt | 'underWay' | undefined> => {
  if (payee === undefined) return undefined
  try {
    return await payee.pay({ to: payer, amount, asset, reference: Refund.reference(payment) })
  } catch (error) {
    // It may have been accepted, and is sent again before whatever the payee pays next; or this payment has been paid back before.
    const isMade = error instanceof SunledgerError && (error.code === 'SL649' || error.code === referenceReused)
    return isMade ? 'underWay' : undefined
  }
}

const referenceReused = 'SL313'

/** The server has failed in the middle of an answer. */
export class AnswerBrokenError extends SunledgerError {
  override readonly name = 'AnswerBrokenError'
  constructor() {
    super('SL351', 'The server failed in the middle of the answer. The payment was paid back.', {
      hint: 'Pay again to try again.',
      status: 502,
    })
  }
}
