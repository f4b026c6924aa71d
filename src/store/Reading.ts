/** What a journal is read by, whether it is open for writing or not: its records in order, and the ledger that they give. */
import type { Ledger } from '../core/Ledger.ts'
import * as Frame from './Frame.ts'
import type * as Index from './Index.ts'
import type { Entry, Restored } from './Journal.ts'
import { JournalReadError } from './Journal.ts'
import * as Log from './Log.ts'
import type * as Questions from './Questions.ts'
import * as Restore from './Restore.ts'

/** @param end position of the last record that counts */
export const create = (
  folder: string,
  id: string,
  handle: number,
  index: Index.Index,
  questions: Questions.Questions,
  end: () => number,
) => {
  function* entries(after = 0): Generator<{ position: number; entry: Entry }> {
    const last = end()
    if (last === 0 || after >= last) return
    const { first, offset } = index.marks.before(after + 1)
    let next = first
    for (const { frame } of Log.frames(handle, offset, first)) {
      next = frame.first + frame.count
      if (next <= after + 1) continue
      for (const placed of Frame.entries(frame)) if (placed.position > after) yield placed
      if (next > last) return
    }
    throw new JournalReadError(new Error(`the log is damaged: no whole group at position ${next}`))
  }
  return {
    ...questions,
    entries,
    *read(after = 0) {
      for (const { position, entry } of entries(after)) yield { position, record: Frame.toRecord(entry) }
    },
    restore: (ledger: Ledger, warn: (what: string) => void): Restored => {
      const { position, observed } = Restore.fromSnapshot(folder, id, ledger, end(), warn)
      return { position, observed: observed.map((one) => Restore.recordOf(handle, one)) }
    },
  }
}
