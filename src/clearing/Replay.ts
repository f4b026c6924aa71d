/** Applies a journal to a ledger: a fresh one becomes what its writer's was, byte for byte (I12). */
import * as Ledger from '../core/Ledger.ts'
import * as Packed from '../core/Packed.ts'
import { genesisHistory } from '../core/Payment.ts'
import type { Record } from '../core/Record.ts'
import type { Journal } from '../store/Journal.ts'

/** What was done. */
export interface Replayed {
  /** Position up to which a snapshot took the ledger. */
  readonly snapshot: number
  /** Records applied after it. */
  readonly records: number
}

/** The withdrawals before a snapshot, and the accounts whose exit ran when it was made: what is followed beside the ledger. */
const observedBefore = function* (ledger: Ledger.Ledger, observed: readonly Record[]): Generator<Record> {
  yield* observed
  const slots = Ledger.leaving(ledger)
  if (slots.length === 0) return
  const none = { events: [], settlements: [], undone: null, hash: genesisHistory }
  yield { type: 'chain', block: ledger.block, timestamp: 0n, ...none, slots, atMs: 0 }
}

/**
 * @param observe told of each record that is no payment, after it has been applied
 */
export const replay = (
  journal: Journal,
  ledger: Ledger.Ledger,
  observe: (record: Record) => void = () => {},
): Replayed => {
  const { position, observed } = journal.restore(ledger)
  for (const record of observedBefore(ledger, observed)) observe(record)
  let records = 0
  for (const { entry } of journal.entries(position)) {
    records++
    if (Packed.isList(entry)) for (const payment of entry) Ledger.applyPacked(ledger, payment)
    else {
      Ledger.apply(ledger, entry)
      observe(entry)
    }
  }
  return { snapshot: position, records }
}
