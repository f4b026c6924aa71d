/**
 * Budgets (PROTOCOL 4): what an account's bound owner lets the account's key spend in one asset. The service enforces them; a payment that
 * goes beyond one is refused by name. A day is a day of chain time, counted from 1970 in UTC.
 *
 * What was paid today counts from the account's first budget on; a newer budget goes on with the same day's sum. Past `validUntil` nothing
 * may be paid: a key that its owner has stopped looking after may not spend without limit.
 */
import type { AmountAtomic } from './Amount.ts'
import type { Address, Payment } from './Payment.ts'

/** What the owner signs, in the clearing house's EIP-712 domain. */
export interface Budget {
  readonly account: Address
  readonly asset: Address
  /** Rises with each budget of this account in this asset; from 1. */
  readonly sequence: bigint
  /** Atomic units, as the two after it. */
  readonly perPayment: AmountAtomic
  readonly perDay: AmountAtomic
  /** The highest debit total that the account may reach. */
  readonly total: AmountAtomic
  /** Chain time in seconds. */
  readonly validUntil: bigint
}

/** A budget that holds, and what has been paid under it. */
export interface Standing extends Budget {
  /** The day that `paid` is about. */
  day: number
  paid: bigint
}

/** The day of a moment of chain time. */
export const dayOf = (seconds: bigint): number => Number(seconds / 86_400n)

/** What was paid on a day. */
export const paidOn = (standing: Standing, day: number): bigint => (standing.day === day ? standing.paid : 0n)

/** Which bound a payment would pass; undefined where it may be made. */
export const passed = (
  standing: Standing,
  payment: Pick<Payment, 'amount' | 'total'>,
  nowSeconds: bigint,
  day: number,
): { expected: string; actual: string } | undefined => {
  const { amount, total } = payment
  if (standing.validUntil < nowSeconds)
    return { expected: `a budget that holds until ${nowSeconds} or later`, actual: `${standing.validUntil}` }
  if (amount > standing.perPayment)
    return { expected: `at most ${standing.perPayment} atomic units a payment`, actual: `${amount}` }
  const paid = paidOn(standing, day) + amount
  if (paid > standing.perDay) return { expected: `at most ${standing.perDay} atomic units a day`, actual: `${paid}` }
  if (total > standing.total) return { expected: `at most ${standing.total} atomic units in all`, actual: `${total}` }
  return undefined
}

/** Counts a payment. */
export const count = (standing: Standing, amount: bigint, day: number): void => {
  standing.paid = paidOn(standing, day) + amount
  standing.day = day
}
