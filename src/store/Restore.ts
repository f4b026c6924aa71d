/** The ledger from what lies in a folder: the newest snapshot that is whole, and the log behind it. The same ledger, byte for byte, as from the log alone (I12). */
import * as Ledger from '../core/Ledger.ts'
import * as Packed from '../core/Packed.ts'
import type { Record } from '../core/Record.ts'
import * as Frame from './Frame.ts'
import type { Entry } from './Journal.ts'
import { JournalForeignError, JournalReadError } from './Journal.ts'
import * as Log from './Log.ts'
import * as LogPage from './LogPage.ts'
import * as Snapshot from './Snapshot.ts'

/**
 * Takes a ledger back from the newest snapshot that can be used.
 * @param end position of the last record that counts
 * @param warn told of each snapshot that is passed over
 * @throws {JournalForeignError} one is of another journal
 */
export const fromSnapshot = (
  folder: string,
  id: string,
  ledger: Ledger.Ledger,
  end: number,
  warn: (what: string) => void,
): Snapshot.Snapshot => {
  for (const { path, position } of Snapshot.list(folder)) {
    try {
      // A writer that lives may have made one since.
      if (position <= end) return Snapshot.read(path, id, ledger)
    } catch (error) {
      if (error instanceof JournalForeignError) throw error
      warn(`a snapshot is passed over: ${path}: ${(error as Error).message}`)
    }
  }
  return { position: 0, offset: LogPage.pageBytes, observed: [] }
}

/** What is followed, whole. */
export const recordOf = (handle: number, { position, offset, record }: Snapshot.Observed): Record => {
  if (record !== undefined) return record
  for (const placed of Frame.entries(Log.frameAt(handle, offset)))
    if (placed.position === position) return Frame.toRecord(placed.entry)
  throw new JournalReadError(new Error(`no record at position ${position}`))
}

export const applyEntry = (ledger: Ledger.Ledger, entry: Entry): void => {
  if (!Packed.isList(entry)) Ledger.apply(ledger, entry)
  else for (const payment of entry) Ledger.applyPacked(ledger, payment)
}

/**
 * Applies the log's frames from a place up to a position, and says where it is then.
 * @throws {JournalReadError} they cannot be read so far
 */
export const applyFrames = (
  handle: number,
  ledger: Ledger.Ledger,
  from: Snapshot.Place,
  until: number,
  observe: (one: Required<Snapshot.Observed>) => void,
): Snapshot.Place => {
  let place = from
  for (const { offset, frame } of Log.frames(handle, from.offset, from.position + 1)) {
    if (frame.first > until) break
    for (const { position, entry } of Frame.entries(frame)) {
      applyEntry(ledger, entry)
      if (!Packed.isList(entry)) observe({ position, offset, record: entry })
    }
    place = { position: frame.first + frame.count - 1, offset: offset + frame.bytes.length }
  }
  if (place.position < until)
    throw new JournalReadError(new Error(`no whole group at position ${place.position + 1}, byte ${place.offset}`))
  return place
}
