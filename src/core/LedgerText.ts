/** A ledger as text, to compare ledgers by (I12). */
import type * as Budget from './Budget.ts'
import type { Ledger } from './LedgerState.ts'
import { toKept } from './RecoveryState.ts'

/** The whole state of money in one fixed text: equal states give equal text, byte for byte. (Nonces are left out: each start uses one.) */
export const serialize = (ledger: Ledger): string => {
  const rows = [...ledger.accounts].sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = rows.map(([id, a]) =>
    [
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
      ...(a.setAside === 0n ? [] : [a.setAside]),
    ].join(' '),
  )
  const limits = [...ledger.budgets.keys()].sort().map((id) => {
    const b = ledger.budgets.get(id) as Budget.Standing
    return `budget ${[id, b.sequence, b.perPayment, b.perDay, b.total, b.validUntil, b.day, b.paid].join(' ')}\n`
  })
  const day = ledger.day === 0 ? '' : `day ${ledger.day}\n`
  const recovery = ledger.recovery === undefined ? '' : `recovery ${JSON.stringify(toKept(ledger.recovery))}\n`
  return `block ${ledger.block} payments ${ledger.payments}\n${lines.join('\n')}\n${limits.join('')}${day}${recovery}`
}
