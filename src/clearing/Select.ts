/**
 * Who is settled now: a pure function of what is unsettled. A member waits until its totals are worth a transaction, so that nobody can have
 * the operator pay for slots by sending millionths to addresses without end. Never waits: who is leaving and owes (I6), who withdraws, what
 * has waited for the longest that it may. Where the share of the coin is nearly spent, the most valuable come first.
 *
 * A credit that the pool does not cover is left out by the contract and would cost gas for nothing, so credits are taken only as far as pool
 * and chosen debits reach; for whoever must not wait, as many payers are taken along as it takes.
 */
import { type Account, payable, unsettledDebit } from '../core/Account.ts'
import type { Address } from '../core/Payment.ts'

export interface Terms {
  /** What a member has to have unsettled, atomic; 0: anything. */
  readonly minimumAtomic: bigint
  /** Members of one settlement; who must not wait is not counted. */
  readonly most: number
  readonly poolOf: (asset: Address) => bigint
  /** Withdraws, or leaves by our hands. */
  readonly isForced: (account: Account) => boolean
  /** Has waited for as long as anything may. */
  readonly isAged: (account: Account) => boolean
}

const unsettledCredit = (a: Account): bigint => payable(a) - a.settled.credited

const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** What settling it moves, either way. */
export const moved = (a: Account): bigint => greater(unsettledDebit(a), unsettledCredit(a))

/** What it brings the pool; negative: draws from it. */
const netOf = (a: Account): bigint => unsettledDebit(a) - unsettledCredit(a)

const descending =
  (by: (a: Account) => bigint) =>
  (a: Account, b: Account): number => {
    const [first, second] = [by(a), by(b)]
    return first === second ? 0 : first > second ? -1 : 1
  }

const mustGo = (a: Account, { isForced, minimumAtomic }: Terms): boolean =>
  isForced(a) || (a.leaving && (unsettledDebit(a) > 0n || unsettledCredit(a) >= greater(minimumAtomic, 1n)))

const ofAsset = (asset: Address, accounts: readonly Account[], terms: Terms, most: number): Set<Account> => {
  const must = accounts.filter((a) => mustGo(a, terms))
  const chosen = new Set(must)
  const rest = accounts.filter((a) => !chosen.has(a))
  const due = rest.filter((a) => moved(a) >= terms.minimumAtomic || terms.isAged(a)).sort(descending(moved))
  let covered = must.reduce((sum, a) => sum + netOf(a), terms.poolOf(asset))
  const take = (a: Account): void => {
    chosen.add(a)
    covered += netOf(a)
  }
  let left = most
  for (const a of due) {
    if (left === 0 || netOf(a) < 0n) continue
    take(a)
    left--
  }
  // Who must not wait is paid, whoever has to come along.
  if (covered < 0n)
    for (const a of rest.sort(descending(netOf))) {
      if (covered >= 0n || netOf(a) <= 0n) break
      if (!chosen.has(a)) take(a)
    }
  for (const a of due) {
    if (left === 0) break
    if (chosen.has(a) || covered + netOf(a) < 0n) continue
    take(a)
    left--
  }
  return chosen
}

/** Those of `accounts` that are settled now, in the order in which they came. */
export const select = (accounts: readonly Account[], terms: Terms): Account[] => {
  if (terms.minimumAtomic === 0n && accounts.length <= terms.most) return [...accounts]
  const chosen = new Set<Account>()
  const assets = [...new Set(accounts.map(({ asset }) => asset))].sort()
  for (const asset of assets) {
    const own = accounts.filter((a) => a.asset === asset)
    for (const a of ofAsset(asset, own, terms, terms.most - chosen.size)) chosen.add(a)
  }
  return accounts.filter((a) => chosen.has(a))
}
