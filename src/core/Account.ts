/**
 * One account in one asset, as the ledger keeps it: what the chain has settled, what has been accepted since, and what may be spent.
 */
import type { AmountAtomic } from './Amount.ts'
import type { Address, Hex } from './Payment.ts'
import { debitGenesis, genesisHistory } from './Payment.ts'

/** The chain's copy: `ClearingHouse.accountOf` as of the last block the ledger has read. */
export interface Settled {
  balance: bigint
  debited: bigint
  credited: bigint
}

export interface Account {
  readonly asset: Address
  readonly account: Address
  /** As of `Ledger.block`. */
  settled: Settled
  /** All it has ever paid, accepted. */
  debitTotal: AmountAtomic
  debitHistory: Hex
  /** Its own signature over the last accepted debit; '0x' before the first. */
  debitSignature: Hex
  /** All it has ever earned, accepted. */
  creditTotal: AmountAtomic
  creditHistory: Hex
  /** Digest of the last debit that its credit passes on; zero before the first. */
  creditDebit: Hex
  /** Withdrawals that are journaled and not yet seen on chain. */
  pendingWithdrawals: bigint
  /** Of its credits, what it may not spend and is not paid out after a recovery. */
  setAside: bigint
  /** An exit is running. */
  leaving: boolean
}

export const empty = (asset: Address, account: Address): Account => ({
  asset,
  account,
  settled: { balance: 0n, debited: 0n, credited: 0n },
  debitTotal: 0n as AmountAtomic,
  debitHistory: debitGenesis(account),
  debitSignature: '0x',
  creditTotal: 0n as AmountAtomic,
  creditHistory: genesisHistory,
  creditDebit: genesisHistory,
  pendingWithdrawals: 0n,
  setAside: 0n,
  leaving: false,
})

/** Accepted and not yet on chain: what the account still owes the pool. */
export const unsettledDebit = (a: Account): bigint => a.debitTotal - a.settled.debited

/** Accepted and not yet on chain: what the pool still owes the account. */
export const unsettledCredit = (a: Account): bigint => a.creditTotal - a.settled.credited

/** The credit total that a settlement brings on chain. */
export const payable = (a: Account): bigint => a.creditTotal - a.setAside

/** What it holds, leaving or not: balance + unsettled credit − unsettled debit, without what is set aside. */
export const position = (a: Account): bigint => a.settled.balance + unsettledCredit(a) - a.setAside - unsettledDebit(a)

/** What it may spend (PROTOCOL 4): its position less pending withdrawals; nothing while it is leaving. */
export const available = (a: Account): bigint => {
  if (a.leaving) return 0n
  const rest = position(a) - a.pendingWithdrawals
  return rest > 0n ? rest : 0n
}

/** Whether a settlement would move anything. */
export const isUnsettled = (a: Account): boolean => unsettledDebit(a) > 0n || payable(a) > a.settled.credited
