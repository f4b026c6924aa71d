/**
 * The ledger: a double-entry book that is a pure function of its journal (I12). `check` says whether a payment may be accepted, `apply`
 * takes a record that has been. No I/O, no clock, no hashing: records carry the hashes that were computed when they were made.
 *
 * Every payment adds the same amount to its payer's debit total and its payee's credit total, so in each asset the sums of both are
 * equal; chain records replace an account's settled slot by what the chain says (I13).
 */
import type * as Account from './Account.ts'
import * as Accounts from './Accounts.ts'
import { cell } from './Accounts.ts'
import type { AmountAtomic } from './Amount.ts'
import { maxTotal } from './Amount.ts'
import * as Budget from './Budget.ts'
import * as Chronicle from './Chronicle.ts'
import { budget, key, type Ledger } from './LedgerState.ts'
import * as Packed from './Packed.ts'
import type { Address, Payment, Refusal } from './Payment.ts'
import type {
  BudgetRecord,
  ChainRecord,
  PaymentRecord,
  Record,
  RecoveredRecord,
  RecoveryRecord,
  SignedDebit,
  Slot,
} from './Record.ts'
import * as Recovery from './Recovery.ts'

export { account, budget, type Contradiction, create, key, type Ledger } from './LedgerState.ts'
export { serialize } from './LedgerText.ts'

/** The day on which a payment made now counts: it never falls, so that a clock set back opens no day anew. */
export const today = (ledger: Ledger, nowSeconds: bigint): number => Math.max(ledger.day, Budget.dayOf(nowSeconds))

/** The rows of a payment's two accounts; undefined where nothing has happened to one yet. */
export const payerOf = ({ accounts }: Ledger, { view, start }: Packed.Packed): Accounts.Row | undefined =>
  accounts.find(view, start + Packed.at.payer, start + Packed.at.asset)
export const payeeOf = ({ accounts }: Ledger, { view, start }: Packed.Packed): Accounts.Row | undefined =>
  accounts.find(view, start + Packed.at.payee, start + Packed.at.asset)

const amountIn = (row: Accounts.Row | undefined, place: number): bigint =>
  row === undefined ? 0n : Accounts.read(row, place)

/** All that a payer has ever paid, accepted. */
export const paid = (ledger: Ledger, payment: Packed.Packed): bigint =>
  amountIn(payerOf(ledger, payment), cell.debitTotal)

export interface Problem {
  readonly reason: Refusal
  readonly expected?: string
  readonly actual?: string
}

const isLeaving = (row: Accounts.Row | undefined): boolean => row?.bytes[row.start + cell.leaving] === 1

/** As `Account.available` says, of a row. */
const availableTo = (row: Accounts.Row | undefined): bigint => {
  if (row === undefined || isLeaving(row)) return 0n
  const { read } = Accounts
  const credit = read(row, cell.creditTotal) - read(row, cell.setAside) - read(row, cell.credited)
  const debit = read(row, cell.debitTotal) - read(row, cell.debited)
  const rest = read(row, cell.balance) + credit - debit - read(row, cell.pendingWithdrawals)
  return rest > 0n ? rest : 0n
}

const overBudget = (
  ledger: Ledger,
  p: Packed.Packed,
  amount: AmountAtomic,
  nowSeconds: bigint,
): Problem | undefined => {
  if (ledger.budgets.size === 0) return undefined
  const limits = budget(ledger, Packed.asset(p), Packed.payer(p))
  if (limits === undefined) return undefined
  const over = Budget.passed(limits, { amount, total: Packed.total(p) }, nowSeconds, today(ledger, nowSeconds))
  return over === undefined ? undefined : { reason: 'overBudget', ...over }
}

const isSelf = ({ view, start }: Packed.Packed): boolean =>
  Packed.isSameWords(view, start + Packed.at.payee, view, start + Packed.at.payer, 20)

const isListed = (ledger: Ledger, p: Packed.Packed): boolean => ledger.assets.has(Packed.asset(p))

/** Why a payment may not be accepted, or undefined when it may. The signature has been checked before, the history too. */
export const checkPacked = (ledger: Ledger, p: Packed.Packed, nowSeconds: bigint): Problem | undefined => {
  const amount = Packed.amount(p)
  if (amount === 0n) return { reason: 'zeroAmount' }
  if (isSelf(p)) return { reason: 'selfPayment' }
  if (!isListed(ledger, p)) return { reason: 'unlistedAsset', actual: Packed.asset(p) }
  const validUntil = Packed.validUntil(p)
  if (validUntil < nowSeconds) return { reason: 'expired', expected: `at least ${nowSeconds}`, actual: `${validUntil}` }
  const payer = payerOf(ledger, p)
  if (isLeaving(payer)) return { reason: 'leaving' }
  const [start, total] = [Packed.total(p) - amount, amountIn(payer, cell.debitTotal)]
  if (start !== total) return { reason: 'conflict', expected: `total − amount = ${total}`, actual: `${start}` }
  const available = availableTo(payer)
  if (amount > available)
    return { reason: 'overAvailable', expected: `at most ${available} atomic units`, actual: `${amount}` }
  const over = overBudget(ledger, p, amount, nowSeconds)
  if (over !== undefined) return over
  if (amountIn(payeeOf(ledger, p), cell.creditTotal) + amount > maxTotal) return { reason: 'totalTooLarge' }
  return undefined
}

/** The same of a payment as values. */
export const check = (ledger: Ledger, payment: Payment, nowSeconds: bigint): Problem | undefined => {
  const none = { creditBefore: payment.history, creditTotal: payment.total, creditHistory: payment.history, atMs: 0 }
  return checkPacked(ledger, Packed.fromRecord({ type: 'payment', ...payment, ...none }), nowSeconds)
}

/** Notes whether there is something to settle. */
export const note = (ledger: Ledger, row: Accounts.Row): void => {
  const { isAbove } = Accounts
  const isOwed = ledger.recovery === undefined ? isAbove(row, cell.creditTotal, cell.credited) : owedTo(row) > 0n
  const unsettled = isAbove(row, cell.debitTotal, cell.debited) || isOwed
  if (unsettled) ledger.unsettled.add(row.number)
  else ledger.unsettled.delete(row.number)
}

const add = (sums: Map<Address, bigint>, asset: Address, change: bigint): void => {
  if (change !== 0n) sums.set(asset, (sums.get(asset) ?? 0n) + change)
}

/** Notes that members are owed more in an asset, or less. */
export const owe = (ledger: Ledger, asset: Address, change: bigint): void => add(ledger.owed, asset, change)

/** Notes that members have been paid. */
export const turnOver = (ledger: Ledger, asset: Address, amount: bigint): void => add(ledger.turnover, asset, amount)

/** Applies an accepted payment, as `apply` does. */
export const applyPacked = (ledger: Ledger, p: Packed.Packed): void => {
  const { view, start } = p
  const { at, copyWords } = Packed
  const payer = ledger.accounts.open(view, start + at.payer, start + at.asset)
  copyWords(payer.view, payer.start + cell.debitTotal, view, start + at.total, 12)
  copyWords(payer.view, payer.start + cell.debitHistory, view, start + at.history, 32)
  copyWords(payer.view, payer.start + cell.signature, view, start + at.signature, p.size - at.signature)
  payer.bytes[payer.start + cell.signatureBytes] = p.size - at.signature
  const payee = ledger.accounts.open(view, start + at.payee, start + at.asset)
  copyWords(payee.view, payee.start + cell.creditTotal, view, start + at.creditTotal, 12)
  copyWords(payee.view, payee.start + cell.creditHistory, view, start + at.creditHistory, 32)
  copyWords(payee.view, payee.start + cell.creditDebit, view, start + at.id, 32)
  note(ledger, payer)
  note(ledger, payee)
  const amount = Packed.amount(p)
  const asset = Packed.asset(p)
  owe(ledger, asset, amount)
  turnOver(ledger, asset, amount)
  if (ledger.budgets.size > 0) {
    const limits = budget(ledger, asset, Packed.payer(p))
    if (limits !== undefined) Budget.count(limits, amount, ledger.day)
  }
  ledger.payments++
}

const applyPayment = (ledger: Ledger, record: PaymentRecord): void => applyPacked(ledger, Packed.fromRecord(record))

/** What is owed to an account and the chain does not yet show. */
export const owedTo = (row: Accounts.Row): bigint => {
  const { read } = Accounts
  return read(row, cell.creditTotal) - read(row, cell.setAside) - read(row, cell.credited)
}

/** Does something to rows of an asset, and keeps what is owed and was paid in all. */
const changing = (ledger: Ledger, rows: readonly Accounts.Row[], act: () => void): void => {
  const asset = Accounts.assetOf(rows[0] as Accounts.Row)
  const sum = (of: (row: Accounts.Row) => bigint): bigint => rows.reduce((all, row) => all + of(row), 0n)
  const earned = (row: Accounts.Row): bigint => Accounts.read(row, cell.creditTotal)
  const before = [sum(owedTo), sum(earned)] as const
  act()
  owe(ledger, asset, sum(owedTo) - before[0])
  turnOver(ledger, asset, sum(earned) - before[1])
  for (const row of rows) note(ledger, row)
}

const beginRecovery = (ledger: Ledger, record: RecoveryRecord): void => {
  const recovery = Object.assign(ledger.recovery ?? Recovery.create(record), {
    ...{ since: record.since, until: record.until, isOver: false },
  })
  ledger.recovery = recovery
  ledger.contradiction = undefined
  ledger.nextNonce = Math.max(ledger.nextNonce ?? 0, record.nextNonce)
  for (const row of ledger.accounts.rows()) changing(ledger, [row], () => Recovery.raise(recovery, row))
}

const applyDebit = (ledger: Ledger, recovery: Recovery.Recovery, debit: SignedDebit): void => {
  Recovery.applyDebit(ledger, recovery, debit)
  note(ledger, ledger.accounts.openNamed(debit.asset, debit.account))
}

const applyRecovered = (ledger: Ledger, record: RecoveredRecord): void => {
  const recovery = ledger.recovery as Recovery.Recovery
  const rows = [record.payer, record.payee].map((name) => ledger.accounts.openNamed(record.asset, name))
  changing(ledger, rows, () => Recovery.apply(ledger, recovery, record, availableTo))
  ledger.payments++
}

const applyChain = (ledger: Ledger, record: ChainRecord): void => {
  const { read, write } = Accounts
  const { recovery } = ledger
  if (recovery !== undefined) for (const debit of record.debits ?? []) applyDebit(ledger, recovery, debit)
  for (const slot of record.slots) {
    const row = ledger.accounts.openNamed(slot.asset, slot.account)
    owe(ledger, slot.asset, read(row, cell.credited) - slot.credited)
    write(row, cell.balance, slot.balance)
    write(row, cell.debited, slot.debited)
    write(row, cell.credited, slot.credited)
    row.bytes[row.start + cell.leaving] = slot.leaving ? 1 : 0
    if (recovery !== undefined) changing(ledger, [row], () => Recovery.raise(recovery, row))
    note(ledger, row)
  }
  // A withdrawal whose block was replaced is on its way again, and its money set aside.
  for (const event of record.undone?.events ?? [])
    if (event.type === 'withdrawn') setAside(ledger, event.asset, event.account, event.amount)
  for (const event of record.events) {
    if (event.type !== 'withdrawn') continue
    const row = ledger.accounts.openNamed(event.asset, event.account)
    const pending = read(row, cell.pendingWithdrawals)
    write(row, cell.pendingWithdrawals, pending > event.amount ? pending - event.amount : 0n)
  }
  ledger.block = record.block
  Chronicle.apply(ledger.chronicle, record, ledger.payments, ledger.turnover)
}

const setAside = (ledger: Ledger, asset: Address, holder: Address, change: bigint): void => {
  const row = ledger.accounts.openNamed(asset, holder)
  Accounts.write(row, cell.pendingWithdrawals, Accounts.read(row, cell.pendingWithdrawals) + change)
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
      setAside(ledger, record.asset, record.account, record.amount)
      return
    case 'budget':
      applyBudget(ledger, record)
      return
    case 'day':
      ledger.day = record.day
      return
    case 'nonce':
      ledger.nextNonce = Math.max(ledger.nextNonce ?? 0, record.nonce + 1)
      return
    case 'recovery':
      beginRecovery(ledger, record)
      return
    case 'recoveryEnded':
      if (ledger.recovery !== undefined) ledger.recovery.isOver = true
      return
    case 'contradicted':
      ledger.contradiction = { expected: record.expected, actual: record.actual }
      return
    case 'recovered':
      applyRecovered(ledger, record)
      return
    case 'withdrawalFailed':
      setAside(ledger, record.asset, record.account, -record.amount)
      return
  }
}

/** The slots of the accounts whose exit runs. */
export const leaving = (ledger: Ledger): Slot[] => {
  const slots: Slot[] = []
  for (const row of ledger.accounts.rows()) {
    if (!isLeaving(row)) continue
    const { asset, account: holder, settled } = Accounts.toAccount(row)
    slots.push({ asset, account: holder, ...settled, leaving: true })
  }
  return slots
}

/** All accounts with something to settle, in a fixed order: by asset, then by address. */
export const toSettle = (ledger: Ledger): Account.Account[] =>
  [...ledger.unsettled]
    .map((number) => Accounts.toAccount(ledger.accounts.row(number)))
    .map((a) => ({ a, id: a.asset + a.account }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ a }) => a)
