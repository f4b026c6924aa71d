/**
 * A ledger whose journal has lost what it answered, and how it becomes right again (docs/recovery.md). Pure, as the ledger is: what is
 * found out comes in as records, in whatever order, and equal journals give equal ledgers (I12).
 *
 * A receipt proves one payment: a stretch (total − amount, total] of its payer's debit and one of its payee's credit. Each account continues
 * from its highest proved totals. Stretches below them of which no payment is known are gaps: a debit's gap has been charged already and waits for
 * its payee; a credit's gap is owed by the credit key's signature, but nobody knows who paid it, so it is set aside and not spendable.
 *
 * What is proved fills gaps. Where it meets a stretch that another payment has filled, the payer has spent the money twice: the payee is credited
 * all the same, out of what the payer has, and beyond that at the operator's loss.
 */
import type { Row } from './Accounts.ts'
import * as Accounts from './Accounts.ts'
import { cell } from './Accounts.ts'
import type { Ledger } from './LedgerState.ts'
import type { Address, Hex } from './Payment.ts'
import * as Ranges from './Ranges.ts'
import type { RecoveredRecord, RecoveryRecord, SignedDebit } from './Record.ts'
import type { Gaps, Recovery } from './RecoveryState.ts'

export { fromKept, type Kept, type Recovery, toKept } from './RecoveryState.ts'

export const create = ({ since, until }: RecoveryRecord): Recovery => ({
  ...{ since, until, isOver: false, payments: 0 },
  ...{ gaps: new Map(), unbacked: new Map(), setAside: new Map() },
})

const { read, write } = Accounts

const gapsOf = (recovery: Recovery, row: Row): Gaps => {
  const key = Accounts.keyOf(row)
  const gaps = recovery.gaps.get(key) ?? { debits: [], credits: [], settled: [] }
  recovery.gaps.set(key, gaps)
  return gaps
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

const add = (sums: Map<Address, bigint>, asset: Address, change: bigint): void => {
  if (change !== 0n) sums.set(asset, (sums.get(asset) ?? 0n) + change)
}

const setAside = (recovery: Recovery, row: Row, change: bigint): void => {
  write(row, cell.setAside, read(row, cell.setAside) + change)
  add(recovery.setAside, Accounts.assetOf(row), change)
}

/** What an account counts for when both sides are compared: what it may spend of its credits, less what it was charged. */
const weight = (row: Row): bigint => read(row, cell.creditTotal) - read(row, cell.setAside) - read(row, cell.debitTotal)

/** Does something to rows, and keeps the sums. */
const weighed = (recovery: Recovery, rows: readonly Row[], act: () => void): void => {
  const sum = () => rows.reduce((all, row) => all + weight(row), 0n)
  const before = sum()
  act()
  add(recovery.unbacked, Accounts.assetOf(rows[0] as Row), sum() - before)
}

const writeDebit = (row: Row, total: bigint, history: Hex, signature: Hex): void => {
  write(row, cell.debitTotal, total)
  row.bytes.write(history.slice(2), row.start + cell.debitHistory, 'hex')
  row.bytes[row.start + cell.signatureBytes] = signature.length / 2 - 1
  row.bytes.write(signature.slice(2), row.start + cell.signature, 'hex')
}

const zeros: Hex = `0x${'0'.repeat(64)}`

const isUnsigned = (row: Row): boolean => row.bytes[row.start + cell.signatureBytes] === 0

/** The payer's side. Returns what of the payment it had spent otherwise. */
const debit = (gaps: Gaps, row: Row, { amount, total, history, signature }: RecoveredRecord): bigint => {
  const [from, known] = [total - amount, read(row, cell.debitTotal)]
  if (total > known || (total === known && isUnsigned(row))) writeDebit(row, total, history, signature)
  if (total > known) Ranges.add(gaps.debits, known, from)
  const below = least(total, known)
  return from < below ? below - from - Ranges.take(gaps.debits, from, below) : 0n
}

/** The payee's side. */
const credit = (recovery: Recovery, gaps: Gaps, row: Row, record: RecoveredRecord): void => {
  const { amount, creditTotal, creditHistory, id } = record
  const [from, known] = [creditTotal - amount, read(row, cell.creditTotal)]
  // A total that the chain alone has said has no history yet.
  const isNewest = creditTotal > known || (creditTotal === known && gaps.settled.at(-1)?.to === known)
  if (isNewest) {
    write(row, cell.creditTotal, creditTotal)
    row.bytes.write(creditHistory.slice(2), row.start + cell.creditHistory, 'hex')
    row.bytes.write(id.slice(2), row.start + cell.creditDebit, 'hex')
  }
  if (creditTotal > known) {
    if (from > known) setAside(recovery, row, from - known)
    Ranges.add(gaps.credits, known, from)
  }
  const below = least(creditTotal, known)
  if (from >= below) return
  const filled = Ranges.take(gaps.credits, from, below)
  setAside(recovery, row, -filled)
  const again = below - from - filled - Ranges.take(gaps.settled, from, below)
  // Its stretch was given to another payment: it is credited on top.
  write(row, cell.creditTotal, read(row, cell.creditTotal) + again)
}

/** A payment that a receipt has proved. @param available what an account may spend */
export const apply = (
  ledger: Ledger,
  recovery: Recovery,
  record: RecoveredRecord,
  available: (row: Row) => bigint,
): void => {
  const { asset } = record
  const [payer, payee] = [record.payer, record.payee].map((name) => ledger.accounts.openNamed(asset, name)) as [
    Row,
    Row,
  ]
  weighed(recovery, [payer, payee], () => {
    const spent = debit(gapsOf(recovery, payer), payer, record)
    if (spent > 0n) setAside(recovery, payer, least(spent, available(payer)))
    credit(recovery, gapsOf(recovery, payee), payee, record)
  })
  recovery.payments++
}

/** A debit that a settlement of a lost journal carried. */
export const applyDebit = (ledger: Ledger, recovery: Recovery, signed: SignedDebit): void => {
  const row = ledger.accounts.openNamed(signed.asset, signed.account)
  const known = read(row, cell.debitTotal)
  if (signed.total < known || (signed.total === known && !isUnsigned(row))) return
  weighed(recovery, [row], () => {
    Ranges.add(gapsOf(recovery, row).debits, known, signed.total)
    writeDebit(row, signed.total, signed.history, signed.signature)
  })
}

/** Raises an account's totals to what the chain says of them. */
export const raise = (recovery: Recovery, row: Row): void => {
  const [debited, credited] = [read(row, cell.debited), read(row, cell.credited)]
  const [paid, earned] = [read(row, cell.debitTotal), read(row, cell.creditTotal)]
  if (debited <= paid && credited <= earned) return
  weighed(recovery, [row], () => {
    const gaps = gapsOf(recovery, row)
    if (debited > paid) {
      Ranges.add(gaps.debits, paid, debited)
      // Which history it has is not known until its payer shows a receipt.
      writeDebit(row, debited, zeros, '0x')
    }
    if (credited > earned) {
      Ranges.add(gaps.settled, earned, credited)
      write(row, cell.creditTotal, credited)
    }
  })
}

/** By asset: what the operator loses as things are. */
export const lossOf = (recovery: Recovery | undefined, asset: Address): bigint => {
  const unbacked = recovery?.unbacked.get(asset) ?? 0n
  return unbacked > 0n ? unbacked : 0n
}
