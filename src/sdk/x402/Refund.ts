/**
 * Whether a payment was really paid back. A server that only says so would have the limits give back what it has kept; so a refund is believed
 * where its own receipt shows it, by the reference that names it.
 */
import { SunledgerError } from '../../core/Errors.ts'
import type { Hex } from '../../core/Payment.ts'
import type * as X402 from '../../core/X402.ts'
import * as X402Messages from '../../core/X402.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Receipt from '../Receipt.ts'
import type { Payer } from './Offer.ts'

/** What names the refund of a payment, so that it is made once. */
export const reference = (payment: Hex): Hex => Digest.reference('sunledger refund', payment)

export const isProved = async (
  { client, deployment, signer }: Payer,
  { accepted, payload }: X402.Payload,
  settled: X402.Settled | undefined,
): Promise<boolean> => {
  const id = settled?.extra?.['refund']
  if (accepted.scheme !== 'clearing' || typeof id !== 'string' || !/^0x[0-9a-f]{64}$/.test(id)) return false
  try {
    const { payment } = X402Messages.parseClearing(payload).receipt
    const expected = { payee: signer.address, asset: payment.asset, minimum: payment.amount as bigint }
    const refund = await client.payment(id as Hex)
    Receipt.verify(refund, { ...deployment.trust, ...expected, reference: reference(payment.id) })
    return true
  } catch (error) {
    // Not proved, for whatever reason: it counts as spent.
    if (error instanceof SunledgerError) return false
    throw error
  }
}
