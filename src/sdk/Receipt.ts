/** Checking a receipt without asking anybody (`crypto/ReceiptCheck` says what each signature shows), and as text. */

import type { AmountAtomic } from '../core/Amount.ts'
import * as Amount from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, Receipt } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as ReceiptCheck from '../crypto/ReceiptCheck.ts'

import * as Json from './Json.ts'

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
  const found = ReceiptCheck.fault(receipt, domainOf(options), options.creditKey)
  if (found !== undefined) throw new ReceiptInvalidError(found)
  expect(receipt, options)
  return describe(receipt)
}

/** The part that the payer of a payment still has to check: that the operator owes the payee this amount because of this debit. */
export const verifyCredit = (receipt: Receipt, domain: Digest.Domain, creditKey: Address): void => {
  const found = ReceiptCheck.creditFault(receipt, domain, creditKey)
  if (found !== undefined) throw new ReceiptInvalidError(found)
}

const describe = ({ payment, credit }: Receipt): Verified =>
  Json.readable({
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
  Json.readable(Wire.parse(Wire.receipt, typeof json === 'string' ? parsed(json) : json))

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

const remembered = 512
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
  constructor({ why, expected, actual }: ReceiptCheck.Fault) {
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
