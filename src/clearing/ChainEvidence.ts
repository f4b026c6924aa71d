/**
 * What shows that the journal is not the newest: the chain has debited or credited more than the journal's totals, or has a settlement
 * that was sent from a later position or under a later term. Totals on chain come from messages that were signed after they had been
 * journaled, so neither can be true of a journal that is whole. (That an account owes more than it has can be: an exit that ended while the
 * service was away, a deposit whose block was replaced.)
 */
import * as Accounts from '../core/Accounts.ts'
import { cell } from '../core/Accounts.ts'
import type * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { ChainRecord, Origin } from '../core/Record.ts'
import { JournalOlderError } from '../store/Journal.ts'

const ofRow = (row: Accounts.Row): JournalOlderError | undefined => {
  const isDebited = Accounts.isAbove(row, cell.debited, cell.debitTotal)
  if (!isDebited && !Accounts.isAbove(row, cell.credited, cell.creditTotal)) return undefined
  const { account, settled, debitTotal, creditTotal } = Accounts.toAccount(row)
  const [onChain, own, what] = isDebited
    ? [settled.debited, debitTotal, 'debited']
    : [settled.credited, creditTotal, 'credited']
  return new JournalOlderError(`${account} was ${what} ${onChain}, by the chain`, `${own} in the journal`)
}

const first = <T>(values: Iterable<T>, find: (value: T) => JournalOlderError | undefined) => {
  for (const value of values) {
    const found = find(value)
    if (found !== undefined) return found
  }
  return undefined
}

/** Looks at every account; to be called once a ledger has been replayed and the chain read. */
export const ofLedger = (ledger: Ledger.Ledger): JournalOlderError | undefined => first(ledger.accounts.rows(), ofRow)

const ofOrigin = ({ position, term }: Origin, journal: Origin): JournalOlderError | undefined =>
  position <= journal.position && term <= journal.term
    ? undefined
    : new JournalOlderError(
        `a settlement on chain was sent at position ${position}, in term ${term}`,
        `position ${journal.position}, term ${journal.term}`,
      )

/** Looks at what a chain record changed, once it has been applied. @param journal where it stands, and the writer's term */
export const ofRecord = (
  ledger: Ledger.Ledger,
  record: ChainRecord,
  journal: Origin,
): JournalOlderError | undefined => {
  const rowOf = ({ asset, account }: { asset: Address; account: Address }) => ledger.accounts.named(asset, account)
  return (
    first(record.settlements, ({ origin }) => (origin === undefined ? undefined : ofOrigin(origin, journal))) ??
    first(record.slots, (slot) => {
      const row = rowOf(slot)
      return row === undefined ? undefined : ofRow(row)
    })
  )
}
