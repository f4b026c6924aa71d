/**
 * Checking a receipt without asking anybody: a few hashes and two signatures. What each one shows:
 *
 * - the payer's signature recovers from (asset, total, history): the payer authorised this debit, whose digest is the payment's id;
 * - the credit key's signature over the root, and the branch up to it: the operator owes the payee `credit.total`;
 * - `credit.debit` is that id, and `before` with payer, amount and reference hashes to `credit.history`: the credit rose by this amount,
 *   for this reference, because of this payer.
 *
 * `validUntil` is of no use to a payee and is the one field that stays the payer's word.
 */

import type { AmountAtomic } from '../core/Amount.ts'
import * as Amount from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, Receipt } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'

export type { Receipt } from '../core/Payment.ts'

/** Whose word counts: one clearing house on one chain, and its credit key. Get these once, from where you trust them. */
export interface Trust {
  readonly chainId: number
  readonly clearingHouse: Address
  readonly creditKey: Address
}

/** What the receipt must be over; whatever is left out is not asked. */
export interface Expected {
  readonly payee?: Address | undefined
  readonly payer?: Address | undefined
  readonly asset?: Address | undefined
  /** At least this much: decimal text in whole units of a 6-decimal asset, or atomic units. */
  readonly minimum?: string | bigint | undefined
  /** `Digest.reference(purpose, key)`. */
  readonly reference?: Hex | undefined
}

/** What a receipt has been found to say. */
export interface Verified {
  readonly asset: Address
  readonly payer: Address
  readonly payee: Address
  readonly amount: AmountAtomic
  readonly reference: Hex
  /** The payment's id. */
  readonly id: Hex
  /** The payee's total before and after: no two receipts of one payee overlap here. */
  readonly from: bigint
  readonly to: bigint
}

/**
 * Checks a receipt without the service.
 * @throws {ReceiptInvalidError} something in it is not what its signatures say
 * @throws {ReceiptMismatchError} it is genuine, but not over what was expected
 * @example const { payer, amount } = Receipt.verify(receipt, { chainId, clearingHouse, creditKey, payee, minimum: '0.000125' })
 */
export const verify = (receipt: Receipt, options: Trust & Expected): Verified => {
  const domain = domainOf(options)
  const { payment } = receipt
  const id = Digest.debit(domain, payment.asset, payment.total, payment.history)
  if (payment.id !== id) throw new ReceiptInvalidError('the payment’s id is not its digest', id, payment.id)
  const payer = Signature.recover(id, payment.signature)
  if (payer === undefined || payer !== payment.payer)
    throw new ReceiptInvalidError('the payment is not signed by its payer', payment.payer, payer ?? 'nobody')
  verifyCredit(receipt, domain, options.creditKey)
  expect(receipt, options)
  return describe(receipt)
}

/** The part that the payer of a payment still has to check: that the operator owes the payee this amount because of this debit. */
export const verifyCredit = (receipt: Receipt, domain: Digest.Domain, creditKey: Address): void => {
  const { payment, credit, before, proof } = receipt
  const same = (what: string, expected: unknown, actual: unknown): void => {
    if (expected !== actual) throw new ReceiptInvalidError(what, String(expected), String(actual))
  }
  same('the credit passes on another debit', payment.id, credit.debit)
  same('the credit is not the payee’s', payment.payee, credit.account)
  same('the credit is in another asset', payment.asset, credit.asset)
  const history = Digest.creditHistory(before, payment.payer, payment.amount, payment.reference)
  same('payer, amount or reference are not what the credit rose by', credit.history, history)
  if (credit.total < payment.amount)
    throw new ReceiptInvalidError('the credit is below the payment', `at least ${payment.amount}`, `${credit.total}`)
  const root = climb(Digest.credit(domain, credit), proof.branch)
  const by = rootSigner(domain, root, proof.signature)
  same('the credit is not signed by the credit key', creditKey.toLowerCase(), by ?? 'nobody')
}

const describe = ({ payment, credit }: Receipt): Verified => ({
  asset: payment.asset,
  payer: payment.payer,
  payee: payment.payee,
  amount: payment.amount,
  reference: payment.reference,
  id: payment.id,
  from: credit.total - payment.amount,
  to: credit.total,
})

const expect = ({ payment }: Receipt, expected: Expected): void => {
  for (const field of ['payee', 'payer', 'asset', 'reference'] as const) {
    const wanted = expected[field]?.toLowerCase()
    if (wanted !== undefined && wanted !== payment[field]) throw new ReceiptMismatchError(field, wanted, payment[field])
  }
  const { minimum } = expected
  if (minimum === undefined) return
  const least = typeof minimum === 'bigint' ? minimum : Amount.parse(minimum)
  if (payment.amount < least)
    throw new ReceiptMismatchError('amount', `at least ${least} atomic units`, `${payment.amount}`)
}

/** From JSON text, or from JSON already parsed. @throws {MessageInvalidError} */
export const parse = (json: unknown): Receipt =>
  Wire.parse(Wire.receipt, typeof json === 'string' ? parsed(json) : json)

/** What is no JSON stays text, and no receipt. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** As JSON text; amounts are decimal strings. */
export const format = (receipt: Receipt): string => Wire.stringify(receipt)

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

const domains = new Map<string, Digest.Domain>()

const domainOf = ({ chainId, clearingHouse }: Trust): Digest.Domain => {
  const key = `${chainId} ${clearingHouse}`
  let domain = domains.get(key)
  if (domain === undefined) {
    domain = Digest.domain(chainId, clearingHouse.toLowerCase() as Address)
    if (domains.size >= remembered) domains.clear()
    domains.set(key, domain)
  }
  return domain
}

/** A receipt is forged or damaged: something in it is not what its signatures say. */
export class ReceiptInvalidError extends SunledgerError {
  override readonly name = 'ReceiptInvalidError'
  constructor(why: string, expected: string, actual: string) {
    super('SL650', `The receipt is not valid: ${why}.`, {
      expected,
      actual,
      hint: 'Do not serve against it. Is it of this chain, clearing house and credit key?',
    })
  }
}

/** A receipt is genuine, but not over what was asked for. */
export class ReceiptMismatchError extends SunledgerError {
  override readonly name = 'ReceiptMismatchError'
  constructor(field: string, expected: string, actual: string) {
    super('SL651', `The receipt is over another ${field}.`, { expected, actual, status: 402 })
  }
}
