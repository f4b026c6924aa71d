/**
 * A payment while it is not decided: what is to be paid, the place it was last given, and who waits for it. And the two ways in which the
 * waiting can end without a receipt or a refusal by the service.
 */
import type { AmountAtomic } from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, PaymentRequest, Receipt, SaleTerms } from '../core/Payment.ts'
import { start } from '../core/Payment.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Json from './Json.ts'
import type { Debit, Unanswered } from './Keep.ts'
import type { Signer } from './Signer.ts'
import type * as TypedData from './TypedData.ts'

/** What is to be paid. */
export interface Purpose {
  readonly payee: Address
  readonly amount: AmountAtomic
  readonly reference: Hex
  readonly validUntil?: bigint | undefined
  /** It is a leg of this sale. */
  readonly terms?: SaleTerms | undefined
}

export interface Waiter {
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: unknown) => void
}

/** Where a payment goes: right after this total and history. */
export type Place = Pick<Debit, 'total' | 'history'>

export interface Entry extends Purpose {
  /** Its validUntil is the SDK's own, which may choose another once. */
  renewable: boolean
  request: PaymentRequest | undefined
  id: Hex | undefined
  /** It has its place: right after the one before it, or what was accepted last. */
  placed: boolean
  /** On its way. */
  sent: boolean
  /** It was sent and nobody knows what became of it: its bytes stay. */
  unknown: boolean
  /** An earlier process signed it, and may have had its answer: it is sent as it is, and not signed anew. */
  inherited: boolean
  /** An accepted debit of ours includes it: it is charged, so it is never signed again. */
  charged: boolean
  /** None: nobody waits any more, it is only being cleared up. */
  waiters: Waiter[]
}

/** One that nothing has been done about yet. */
export const fresh = ({ payee, amount, reference, validUntil, terms }: Purpose): Entry => ({
  payee,
  amount,
  reference,
  validUntil,
  terms,
  renewable: validUntil === undefined,
  request: undefined,
  id: undefined,
  placed: false,
  sent: false,
  unknown: false,
  charged: false,
  inherited: false,
  waiters: [],
})

/** One that an earlier process sent, or was about to. */
export const unanswered = ({ payment, terms }: Unanswered, domain: Digest.Domain): Entry => ({
  ...fresh({ ...payment, terms }),
  request: payment,
  id: Digest.debit(domain, payment.asset, payment.total, payment.history),
  unknown: true,
  inherited: true,
})

/** An accepted debit includes it: whatever the service says, it is sent as it was accepted until its receipt comes. */
export const include = (entry: Entry, request: PaymentRequest, domain: Digest.Domain): void => {
  entry.request = request
  entry.id = Digest.debit(domain, request.asset, request.total, request.history)
  entry.unknown = entry.charged = true
}

/** Refused only for its place: it can be sent again. */
export const misplaced = new Set(['SL310', 'SL311', 'SL312'])
/** Refused for what the service takes for the account's last debit: it may know one that we do not, or have lost one. */
export const stale = new Set(['SL304', 'SL309', 'SL310'])
/** Refused because another debit stands where this one wants to. */
export const overtaken = new Set(['SL304', 'SL309'])

/** Somebody waits for it. */
export const waiting = (entry: Entry): boolean => entry.waiters.length > 0

/** The request follows on this place. */
export const continues = (head: Place, request: PaymentRequest): boolean =>
  start(request) === head.total &&
  Digest.debitHistory(head.history, request.payee, request.amount, request.reference, request.validUntil) ===
    request.history

/** What is signed when an entry comes right after a place. */
export const unsigned = (
  { payee, amount, reference, ...entry }: Entry,
  asset: Address,
  after: Place,
  usualValidUntil: () => bigint,
): Omit<PaymentRequest, 'signature'> => {
  const validUntil = entry.validUntil ?? usualValidUntil()
  const total = (after.total + amount) as AmountAtomic
  const history = Digest.debitHistory(after.history, payee, amount, reference, validUntil)
  return { asset, payee, amount, reference, validUntil, total, history }
}

/** Signs an entry at its place. A key signs at once; wallets are asked for all of a batch together, and may refuse. */
export const sign = (
  entry: Entry,
  what: Omit<PaymentRequest, 'signature'>,
  { signer, domain }: { readonly signer: Signer; readonly domain: TypedData.Domain },
  onRefused: (error: unknown) => void,
): Promise<void> | undefined => {
  const { asset, total, history } = what
  entry.request = undefined
  entry.id = Digest.debit(domain.separator, asset, total, history)
  const signature = signer.sign('Debit', domain, { asset, total, history })
  if (typeof signature !== 'string')
    return signature.then((text) => {
      entry.request = { ...what, signature: text }
    }, onRefused)
  entry.request = { ...what, signature }
  return undefined
}

/** Those before the first leg of a sale, which travels alone. */
export const beforeLeg = (entries: readonly Entry[]): readonly Entry[] => {
  const leg = entries.findIndex(({ terms }) => terms !== undefined)
  return leg < 0 ? entries : entries.slice(0, leg)
}

/** Payments in one request; in all requests on their way (the service lets 64 wait for a predecessor); requests on their way. */
const most = { batch: 250, airborne: 64, flights: 4 }

/** Unsent payments that may travel together, in order. */
export const choose = (
  entries: readonly Entry[],
  { isAlone, flights, airborne }: { readonly isAlone: boolean; readonly flights: number; readonly airborne: number },
): readonly Entry[] => {
  if (isAlone || flights >= most.flights) return []
  const from = entries.findIndex((entry) => !entry.sent)
  if (entries[from]?.terms !== undefined) return flights === 0 ? entries.slice(from, from + 1) : []
  const room = flights === 0 ? most.batch : most.airborne - airborne
  return beforeLeg(entries.slice(from, from + Math.max(0, room)))
}

/** What must not be forgotten of these. */
export const kept = (entries: readonly Entry[]): readonly Unanswered[] =>
  entries.flatMap(({ request, terms }) => (request === undefined ? [] : [{ payment: request, terms }]))

/** The payment was sent and no answer came. It is kept, and sent again, as it is, before whatever is paid next. */
export class PaymentUnansweredError extends SunledgerError {
  override readonly name = 'PaymentUnansweredError'
  /** What was sent. */
  readonly payment: PaymentRequest
  constructor(payment: PaymentRequest, cause: Error) {
    super('SL649', 'No answer came to a payment that was sent: it may have been charged.', {
      expected: 'a receipt or a refusal',
      actual: cause.message.split('\n')[0],
      hint: 'Pay again with the same `for` and `key`: it is charged once, and you get its receipt.',
      status: 503,
      cause,
    })
    this.payment = Json.readable({ ...payment })
  }
}

/** The service has accepted a payment, and gives no receipt for it. */
export class ReceiptWithheldError extends SunledgerError {
  override readonly name = 'ReceiptWithheldError'
  /** What was charged. */
  readonly payment: PaymentRequest
  constructor(
    payment: PaymentRequest,
    cause: Error,
    expected = `the receipt of the payment with the total ${payment.total}`,
  ) {
    super('SL683', 'The service has charged a payment and withholds a receipt.', {
      expected,
      actual: cause.message.split('\n')[0],
      hint: 'Pay again with the same `for` and `key`, or the same terms, to ask for it once more: nothing is charged anew.',
      status: 502,
      cause,
    })
    this.payment = Json.readable({ ...payment })
  }
}

/** More would be signed than was asked for. */
export class CeilingPassedError extends SunledgerError {
  override readonly name = 'CeilingPassedError'
  constructor(most: bigint, actual: bigint) {
    super('SL685', 'The payment would have been signed above what was asked for.', {
      expected: `a total of at most ${most}: the last accepted one and what waits for an answer`,
      actual: `${actual}`,
      hint: 'Nothing has been signed. Please report this: the SDK guards itself here against its own mistakes.',
      status: 500,
    })
  }
}

/** I21: the highest total that may be signed: the last accepted one and all that was asked for and has no answer yet. */
export const ceiling = (accepted: bigint, open: readonly Pick<Entry, 'amount'>[]): bigint => {
  let most = accepted
  for (const { amount } of open) most += amount
  return most
}

/** Somebody else pays with the same key at the same time. */
export class PaymentContendedError extends SunledgerError {
  override readonly name = 'PaymentContendedError'
  constructor(rounds: number) {
    super('SL654', 'The payment found no place in its account’s order.', {
      expected: 'to follow this account’s last accepted debit',
      actual: `${rounds} attempts, each of them overtaken`,
      hint: 'Does another process pay with the same key? Give each process a key of its own.',
      status: 409,
    })
  }
}
