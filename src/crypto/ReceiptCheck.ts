/**
 * Whether a receipt is what its signatures say: a few hashes and two signatures. What each one shows:
 *
 * - the payer's signature recovers from (asset, total, history): the payer authorised this debit, whose digest is the payment's id;
 * - the credit key's signature over the root, and the branch up to it: the operator owes the payee `credit.total`;
 * - `credit.debit` is that id, and `before` with payer, amount and reference hashes to `credit.history`: the credit rose by this amount,
 *   for this reference, because of this payer.
 *
 * `validUntil` is bound by the debit's history alone, so without the payment before it that field stays the word of whoever shows the receipt.
 */
import type { Address, Hex, Receipt } from '../core/Payment.ts'
import * as Digest from './Digest.ts'
import * as Signature from './Signature.ts'

/** Why a receipt does not hold. */
export interface Fault {
  readonly why: string
  readonly expected: string
  readonly actual: string
}

const differs = (why: string, expected: unknown, actual: unknown): Fault | undefined =>
  expected === actual ? undefined : { why, expected: String(expected), actual: String(actual) }

/** The part that the payer of a payment still has to check: that the operator owes the payee this amount because of this debit. */
export const creditFault = (receipt: Receipt, domain: Digest.Domain, creditKey: Address): Fault | undefined => {
  const { payment, credit, before, proof } = receipt
  const history = () => Digest.creditHistory(before, payment.payer, payment.amount, payment.reference)
  const signer = () => rootSigner(domain, climb(Digest.credit(domain, credit), proof.branch), proof.signature)
  return (
    differs('the credit passes on another debit', payment.id, credit.debit) ??
    differs('the credit is not the payee’s', payment.payee, credit.account) ??
    differs('the credit is in another asset', payment.asset, credit.asset) ??
    differs('payer, amount or reference are not what the credit rose by', credit.history, history()) ??
    (credit.total < payment.amount
      ? { why: 'the credit is below the payment', expected: `at least ${payment.amount}`, actual: `${credit.total}` }
      : undefined) ??
    differs('the credit is not signed by the credit key', creditKey.toLowerCase(), signer() ?? 'nobody')
  )
}

/** Why a receipt does not hold as a whole; undefined where it does. */
export const fault = (receipt: Receipt, domain: Digest.Domain, creditKey: Address): Fault | undefined => {
  const { payment } = receipt
  const id = Digest.debit(domain, payment.asset, payment.total, payment.history)
  const otherId = differs('the payment’s id is not its digest', id, payment.id)
  if (otherId !== undefined) return otherId
  const signer = Signature.recover(id, payment.signature)
  return (
    differs('the payment is not signed by its payer', payment.payer, signer ?? 'nobody') ??
    creditFault(receipt, domain, creditKey)
  )
}

// Branches of one tree run together towards its root: of two nodes the one above is hashed once.
const mostNodes = 4096
const above = new Map<Hex, { readonly beside: Hex; readonly node: Hex }>()

/** As `Merkle.climb`. */
const climb = (leaf: Hex, branch: readonly Hex[]): Hex => {
  let at = leaf
  for (const beside of branch) {
    const known = above.get(at)
    if (known?.beside === beside) {
      at = known.node
      continue
    }
    const node = Digest.node(at, beside)
    if (above.size >= mostNodes) above.clear()
    above.set(at, { beside, node }).set(beside, { beside: at, node })
    at = node
  }
  return at
}

// A group commit signs one root for hundreds of receipts: each signature is recovered once. The newest few hundred are remembered.
const remembered = 512
const signers = new Map<string, Address | undefined>()

const rootSigner = (domain: Digest.Domain, root: Hex, signature: Hex): Address | undefined => {
  const key = domain + root + signature
  const known = signers.get(key)
  if (known !== undefined) return known
  const signer = Signature.recover(Digest.credits(domain, root), signature)
  if (signers.size >= remembered) signers.delete(signers.keys().next().value as string)
  signers.set(key, signer)
  return signer
}
