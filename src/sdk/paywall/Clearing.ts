/**
 * Checks a receipt that comes with a request. Everything that matters to the payee hangs on one signature, the credit key's: it signs the
 * payee's credit, whose history hashes payer, amount and reference; the reference hashes the resource's URL and the idempotency key. The
 * key is what makes the receipt the client's own: receipts can be read by anybody who knows a payment's id, the key is known to the
 * payer alone until it is handed in.
 */
import type { AmountAtomic } from '../../core/Amount.ts'
import type { Address, Hex } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Receipt from '../Receipt.ts'
import type { Range } from '../Till.ts'
import type { Identities, Identity } from './Identity.ts'
import { PaymentHeaderInvalidError, TermsMismatchError } from './Terms.ts'

/** A receipt that has been found good. */
export interface Purchase {
  /** Names the purchase: its asset, payer and reference. */
  readonly id: string
  readonly payer: Address
  readonly amount: AmountAtomic
  /** The payment's id. */
  readonly payment: Hex
  readonly range: Range
}

const read = (payload: X402.Payload): X402.ClearingPayload => {
  try {
    return X402.parseClearing(payload.payload)
  } catch (cause) {
    throw new PaymentHeaderInvalidError(cause)
  }
}

const expect = (field: string, expected: string, actual: string): void => {
  if (expected !== actual) throw new TermsMismatchError(field, expected, actual)
}

/**
 * @throws {PaymentHeaderInvalidError} @throws {TermsMismatchError} @throws {ReceiptInvalidError}
 */
export const check = async (
  payload: X402.Payload,
  url: string,
  payTo: Address,
  identity: Identity,
  identities: Identities,
): Promise<Purchase> => {
  const { receipt, key } = read(payload)
  const { payment, credit } = receipt
  expect('payee', payTo, payment.payee)
  expect('asset', identity.token.asset, payment.asset)
  expect('reference', Digest.reference(url, key), payment.reference)
  try {
    verify(receipt, identity)
  } catch (error) {
    // The operator may have replaced its key.
    if (!(await identities.refresh().catch(() => false))) throw error
    verify(receipt, identities.present ?? identity)
  }
  identities.keep(receipt)
  return {
    id: `${payment.asset} ${payment.payer} ${payment.reference}`,
    payer: payment.payer,
    amount: payment.amount,
    payment: payment.id,
    range: { asset: payment.asset, from: credit.total - payment.amount, to: credit.total },
  }
}

const verify = (receipt: X402.ClearingPayload['receipt'], { deployment }: Identity): void =>
  Receipt.verifyCredit(receipt, deployment.clearing.separator, deployment.trust.creditKey)
