/**
 * The ledger: a double-entry book that is a pure function of its journal (I12). `check` says whether a payment may be accepted, `apply`
 * takes a record that has been. No I/O, no clock, no hashing: records carry the hashes that were computed when they were made.
 *
 * Every payment adds the same amount to its payer's debit total and its payee's credit total, so in each asset the sums of both are
 * equal; chain records replace an account's settled slot by what the chain says (I13).
 */
import * as Account from './Account.ts'
import type { AmountAtomic } from './Amount.ts'
import { maxTotal } from './Amount.ts'
import * as Budget from './Budget.ts'
import type { Address, Payment, Refusal } from './Payment.ts'
import { start } from './Payment.ts'
import type { BudgetRecord, ChainRecord, PaymentRecord, Record } from './Record.ts'

export interface Ledger {
  /** Keyed by asset + account. */
  readonly accounts: Map<string, Account.Account>
  /** Accounts for which a settlement would move something; same keys. */
  readonly unsettled: Set<string>
  /** Budgets that owners have set; same keys. */
  readonly budgets: Map<string, Budget.Standing>
  /** The day of chain time that payments count on; kept only once there are budgets. */
  day: number
  /** Listed assets, lower case. */
  readonly assets: Set<Address>
  /** The last block whose effects are in `settled`. */
  block: bigint
  /** Accepted payments; a sale counts as two. */
  payments: number
}

export const create = (assets: readonly Address[] = []): Ledger => ({
  accounts: new Map(),
  unsettled: new Set(),
  budgets: new Map(),
  day: 0,
  assets: new Set(assets),
  block: 0n,
  payments: 0,
})

const key = (asset: Address, account: Address): string => asset + account.slice(2)

/** The account, or what an account is before anything happened to it. The ledger is not changed. */
export const account = (ledger: Ledger, asset: Address, holder: Address): Account.Account =>
  ledger.accounts.get(key(asset, holder)) ?? Account.empty(asset, holder)

const open = (ledger: Ledger, asset: Address, holder: Address): Account.Account => {
  const id = key(asset, holder)
  let found = ledger.accounts.get(id)
  if (found === undefined) {
    found = Account.empty(asset, holder)
    ledger.accounts.set(id, found)
  }
  return found
}

/** The budget that an owner has set, if one did. */
export const budget = (ledger: Ledger, asset: Address, holder: Address): Budget.Standing | undefined =>
  ledger.budgets.size === 0 ? undefined : ledger.budgets.get(key(asset, holder))

/** The day on which a payment made now counts: it never falls, so that a clock set back opens no day anew. */
export const today = (ledger: Ledger, nowSeconds: bigint): number => Math.max(ledger.day, Budget.dayOf(nowSeconds))

/** Why a payment may not be accepted, or undefined when it may. The signature has been checked before, the history too. */
export const check = (
  ledger: Ledger,
  payment: Payment,
  nowSeconds: bigint,
): { reason: Refusal; expected?: string; actual?: string } | undefined => {
  if (payment.amount === 0n) return { reason: 'zeroAmount' }
  if (payment.payer === payment.payee) return { reason: 'selfPayment' }
  if (!ledger.assets.has(payment.asset)) return { reason: 'unlistedAsset', actual: payment.asset }
  if (payment.validUntil < nowSeconds)
    return { reason: 'expired', expected: `at least ${nowSeconds}`, actual: `${payment.validUntil}` }
  const payer = account(ledger, payment.asset, payment.payer)
  if (payer.leaving) return { reason: 'leaving' }
  if (start(payment) !== payer.debitTotal)
    return { reason: 'conflict', expected: `total − amount = ${payer.debitTotal}`, actual: `${start(payment)}` }
  const available = Account.available(payer)
  if (payment.amount > available)
    return { reason: 'overAvailable', expected: `at most ${available} atomic units`, actual: `${payment.amount}` }
  const limits = budget(ledger, payment.asset, payment.payer)
  const over = limits === undefined ? undefined : Budget.passed(limits, payment, nowSeconds, today(ledger, nowSeconds))
  if (over !== undefined) return { reason: 'overBudget', ...over }
  if (account(ledger, payment.asset, payment.payee).creditTotal + payment.amount > maxTotal)
    return { reason: 'totalTooLarge' }
  return undefined
}

const note = (ledger: Ledger, a: Account.Account): void => {
  const id = key(a.asset, a.account)
  if (Account.isUnsettled(a)) ledger.unsettled.add(id)
  else ledger.unsettled.delete(id)
}

const applyPayment = (ledger: Ledger, record: PaymentRecord): void => {
  const payer = open(ledger, record.asset, record.payer)
  payer.debitTotal = record.total
  payer.debitHistory = record.history
  payer.debitSignature = record.signature
  const payee = open(ledger, record.asset, record.payee)
  payee.creditTotal = record.creditTotal
  payee.creditHistory = record.creditHistory
  payee.creditDebit = record.id
  note(ledger, payer)
  note(ledger, payee)
  const limits = budget(ledger, record.asset, record.payer)
  if (limits !== undefined) Budget.count(limits, record.amount, ledger.day)
  ledger.payments++
}

const applyChain = (ledger: Ledger, record: ChainRecord): void => {
  for (const slot of record.slots) {
    const a = open(ledger, slot.asset, slot.account)
    a.settled = { balance: slot.balance, debited: slot.debited, credited: slot.credited }
    a.leaving = slot.leaving
    note(ledger, a)
  }
  // A withdrawal whose block was replaced is on its way again, and its money set aside.
  for (const event of record.undone?.events ?? [])
    if (event.type === 'withdrawn') open(ledger, event.asset, event.account).pendingWithdrawals += event.amount
  for (const event of record.events) {
    if (event.type !== 'withdrawn') continue
    const a = open(ledger, event.asset, event.account)
    a.pendingWithdrawals -= event.amount < a.pendingWithdrawals ? event.amount : a.pendingWithdrawals
  }
  ledger.block = record.block
}

const applyBudget = (ledger: Ledger, { account: holder, asset, ...record }: BudgetRecord): void => {
  const { sequence, perPayment, perDay, total, validUntil } = record
  const { day = 0, paid = 0n } = budget(ledger, asset, holder) ?? {}
  const limits = { account: holder, asset, sequence, perPayment, perDay, total, validUntil }
  ledger.budgets.set(key(asset, holder), { ...limits, day, paid })
}

/** Applies a journal record. Records are facts: nothing is refused here. */
export const apply = (ledger: Ledger, record: Record): void => {
  switch (record.type) {
    case 'payment':
      applyPayment(ledger, record)
      return
    case 'sale':
      for (const leg of record.legs) applyPayment(ledger, leg)
      return
    case 'chain':
      applyChain(ledger, record)
      return
    case 'withdrawal':
      open(ledger, record.asset, record.account).pendingWithdrawals += record.amount
      return
    case 'budget':
      applyBudget(ledger, record)
      return
    case 'day':
      ledger.day = record.day
      return
    case 'withdrawalFailed': {
      const a = open(ledger, record.asset, record.account)
      a.pendingWithdrawals = (a.pendingWithdrawals - record.amount) as AmountAtomic
      return
    }
  }
}

/** All accounts with something to settle, in a fixed order: by asset, then by address. */
export const toSettle = (ledger: Ledger): Account.Account[] =>
  [...ledger.unsettled].sort().flatMap((id) => {
    const a = ledger.accounts.get(id)
    return a === undefined ? [] : [a]
  })

/** The whole state in one fixed text: equal states give equal text, byte for byte. */
export const serialize = (ledger: Ledger): string => {
  const lines = [...ledger.accounts.keys()].sort().map((id) => {
    const a = ledger.accounts.get(id) as Account.Account
    return [
      id,
      a.settled.balance,
      a.settled.debited,
      a.settled.credited,
      a.debitTotal,
      a.debitHistory,
      a.debitSignature,
      a.creditTotal,
      a.creditHistory,
      a.creditDebit,
      a.pendingWithdrawals,
      a.leaving ? 1 : 0,
    ].join(' ')
  })
  const limits = [...ledger.budgets.keys()].sort().map((id) => {
    const b = ledger.budgets.get(id) as Budget.Standing
    return `budget ${[id, b.sequence, b.perPayment, b.perDay, b.total, b.validUntil, b.day, b.paid].join(' ')}\n`
  })
  const day = ledger.day === 0 ? '' : `day ${ledger.day}\n`
  return `block ${ledger.block} payments ${ledger.payments}\n${lines.join('\n')}\n${limits.join('')}${day}`
}
