/** Applies a journal to a ledger: a fresh one becomes what its writer's was, byte for byte (I12). */
import * as Ledger from '../core/Ledger.ts'
import type { Record } from '../core/Record.ts'
import type { Journal } from '../store/Journal.ts'

/** @param observe told of each record, after it has been applied */
export const replay = (journal: Journal, ledger: Ledger.Ledger, observe: (record: Record) => void = () => {}): void => {
  for (const { record } of journal.read()) {
    Ledger.apply(ledger, record)
    observe(record)
  }
}
