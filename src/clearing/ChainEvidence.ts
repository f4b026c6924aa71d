/**
 * What shows that the journal is not the newest: the chain has debited or credited more than the journal's totals, or has a settlement
 * that was sent from a later position or under a later term. Totals on chain come from messages that were signed after they had been
 * journaled, so neither can be true of a journal that is whole. (That an account owes more than it has can be: an exit that ended while the
 * service was away, a deposit whose block was replaced.)
 */
import * as Accounts from '../core/Accounts.ts'
import { cell } from '../core/Accounts.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { ChainRecord, Origin } from '../core/Record.ts'
import { JournalOlderError } from '../store/Journal.ts'

interface Totals {
  readonly debited: bigint
  readonly credited: bigint
}

const compare = (account: Address, chain: Totals, journal: Totals): JournalOlderError | undefined => {
  for (const what of ['debited', 'credited'] as const)
    if (chain[what] > journal[what])
      return new JournalOlderError(
        `${account} was ${what} ${chain[what]}, by the chain`,
        `${journal[what]} in the journal`,
      )
  return undefined
}

const ofRow = (row: Accounts.Row): JournalOlderError | undefined => {
  if (!Accounts.isAbove(row, cell.debited, cell.debitTotal) && !Accounts.isAbove(row, cell.credited, cell.creditTotal))
    return undefined
  const { account, settled, debitTotal, creditTotal } = Accounts.toAccount(row)
  return compare(account, settled, { debited: debitTotal, credited: creditTotal })
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

/**
 * Looks at what a chain record says, before it is journaled: what a recovery reads anew must not be there already. A ledger that has been
 * recovered knows that it lacks something, and takes the chain's totals (`core/Recovery`).
 * @param journal where it stands, and the writer's term
 */
export const ofRecord = (
  ledger: Ledger.Ledger,
  record: ChainRecord,
  journal: Origin,
): JournalOlderError | undefined => {
  if (ledger.recovery !== undefined) return undefined
  return (
    first(record.settlements, ({ origin }) => (origin === undefined ? undefined : ofOrigin(origin, journal))) ??
    first(record.slots, (slot) => {
      const { debitTotal, creditTotal } = Ledger.account(ledger, slot.asset, slot.account)
      return compare(slot.account, slot, { debited: debitTotal, credited: creditTotal })
    })
  )
}
