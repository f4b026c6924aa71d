/**
 * The embedded backend of the journal: files in one folder, one writing process.
 *
 * | file | has |
 * |---|---|
 * | `journal.log` | everything (`Log`, `Frame`); the rest can be made again from it |
 * | `index-FIRST-LAST.run` | where payments, purchases and accounts are found (`Run`) |
 * | `snapshot-POSITION` | the ledger up to there (`Snapshot`) |
 * | `journal.lock`, `run.lock` | who holds the journal, and the folder (`Lock`) |
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SunledgerError } from '../core/Errors.ts'
import type { Ledger } from '../core/Ledger.ts'
import * as Frame from './Frame.ts'
import * as Index from './Index.ts'
import type { Entry, Identity, Journal, Restored } from './Journal.ts'
import { JournalFencedError, JournalMissingError, JournalUnusableError, JournalWriteError } from './Journal.ts'
import * as Keeper from './Keeper.ts'
import * as Lock from './Lock.ts'
import * as Log from './Log.ts'
import * as Questions from './Questions.ts'
import * as Restore from './Restore.ts'
import * as Snapshot from './Snapshot.ts'

export { fileIn } from './Log.ts'

export interface Options {
  /** Told of what was found and passed over, such as a damaged snapshot. */
  readonly warn?: (what: string) => void
  /** Records after which a snapshot is made. */
  readonly snapshotEvery?: number
}

const usualSnapshotEvery = 1_000_000

const lockIn = (folder: string): string => join(folder, 'journal.lock')

/** What a failed opening is told as: ours as it is, everything else as a folder or file that cannot be used. */
const told = (path: string, error: unknown): Error =>
  error instanceof SunledgerError && !(error instanceof JournalMissingError)
    ? error
    : new JournalUnusableError(path, error)

/** The end of the log as far as it is known, moved on by frames that follow. */
const following = (handle: number, index: Index.Index) => {
  const { position, offset } = index.covered
  const at = { position, offset, term: position === 0 ? 0 : Log.headOf(handle, index.marks, position).term }
  const take = (frame: Frame.Frame, start: number): void => {
    index.add(frame, start)
    at.position = frame.first + frame.count - 1
    at.offset = start + frame.bytes.length
    at.term = frame.term
  }
  const follow = (): void => {
    for (const { offset: start, frame } of Log.frames(handle, at.offset, at.position + 1)) take(frame, start)
  }
  return { at, take, follow }
}

/** What reading and writing share. */
const reading = (
  folder: string,
  handle: number,
  index: Index.Index,
  questions: Questions.Questions,
  end: () => number,
) => {
  function* entries(after = 0): Generator<{ position: number; entry: Entry }> {
    const last = end()
    const { first, offset } = index.marks.before(after + 1)
    for (const { frame } of Log.frames(handle, offset, first)) {
      if (frame.first > last) return
      if (frame.first + frame.count <= after + 1) continue
      for (const placed of Frame.entries(frame)) if (placed.position > after) yield placed
    }
  }
  return {
    ...questions,
    entries,
    *read(after = 0) {
      for (const { position, entry } of entries(after)) yield { position, record: Frame.toRecord(entry) }
    },
    restore: (ledger: Ledger, warn: (what: string) => void): Restored => {
      const { position, observed } = Restore.fromSnapshot(folder, ledger, end(), warn)
      return { position, observed: observed.map((one) => Restore.recordOf(handle, one)) }
    },
  }
}

/**
 * Opens a folder's journal for writing, and makes it where there is none.
 * @throws {JournalLockedError} another process has it
 * @throws {JournalMismatchError} it belongs to another chain, or has another format
 * @throws {JournalDamagedError} accepted payments are missing in its middle
 * @throws {JournalUnusableError} the folder or the file cannot be used
 */
export const open = (folder: string, identity: Identity, options: Options = {}): Journal => {
  const path = Log.fileIn(folder)
  const release = Lock.take(lockIn(folder))
  const handles: number[] = []
  try {
    Log.refuseOlder(folder)
    if (!existsSync(path)) Log.begin(folder, identity)
    // Written through one handle and read through another, so that a reader of this process never sees what is half written.
    for (const flags of ['r', 'r+']) handles.push(openSync(path, flags))
    return writing(folder, identity, handles as [number, number], options, release)
  } catch (error) {
    for (const handle of handles) closeSync(handle)
    release()
    throw told(path, error)
  }
}

const writing = (
  folder: string,
  expected: Identity,
  [reader, writer]: [number, number],
  { warn = () => {}, snapshotEvery = usualSnapshotEvery }: Options,
  release: () => void,
): Journal => {
  const { identity, seed } = Log.identify(Log.fileIn(folder), reader, expected)
  for (const name of readdirSync(folder)) if (/^snapshot-\d+\.new$/.test(name)) rmSync(join(folder, name))
  const keeper = Keeper.create(warn)
  const index = Index.open(
    folder,
    seed,
    { start: Log.pageBytes, bytes: fstatSync(reader).size },
    {
      make: (source) => keeper.ask({ type: 'run', folder, source }),
      join: (paths) => keeper.ask({ type: 'join', folder, paths }),
    },
  )
  const { at, take, follow } = following(reader, index)
  follow()
  Log.cut(writer, at.offset, at.position + 1)
  if (at.position > 0) Log.renew(reader, writer, Log.headOf(reader, index.marks, at.position).offset)
  const term = at.term + 1
  const questions = Questions.create(reader, index, seed, () => at.position)
  const { restore, ...answers } = reading(folder, reader, index, questions, () => at.position)
  let snapshotAt = Snapshot.list(folder)[0]?.position ?? 0
  let failure: SunledgerError | undefined

  const snapshot = async (): Promise<void> => {
    snapshotAt = at.position
    await keeper.ask({ type: 'snapshot', folder, until: at.position })
  }

  const fenced = (): JournalFencedError => {
    const error = new JournalFencedError(term, Log.headAt(reader, at.offset).term)
    failure = error
    return error
  }

  const fail = (cause: unknown): JournalWriteError => {
    const error = new JournalWriteError(cause)
    failure = error
    try {
      // Whatever of it was written is cut off, so that it is not found at the next start; if that fails too, it may be, unanswered as it is.
      ftruncateSync(writer, at.offset)
    } catch {
      // The error that counts is the first one.
    }
    return error
  }

  return {
    ...answers,
    restore: (ledger) => restore(ledger, warn),
    identity,
    term,
    get end() {
      return at.position
    },
    async append(records, seal) {
      if (failure !== undefined) throw failure
      // The lock keeps others out. Where somebody has removed it, at least nothing of theirs is written over.
      if (fstatSync(writer).size > at.offset) throw fenced()
      const bytes = Frame.encode(records, at.position + 1, term, seal)
      try {
        await Log.append(writer, bytes, at.offset)
      } catch (cause) {
        throw fail(cause)
      }
      take({ first: at.position + 1, count: records.length, term, bytes, seal }, at.offset)
      if (at.position - snapshotAt >= snapshotEvery) void snapshot()
    },
    snapshot,
    close() {
      keeper.close()
      index.close()
      closeSync(reader)
      closeSync(writer)
      release()
    },
  }
}

/**
 * Opens a folder's journal for reading; its writer may live.
 * @throws {JournalMissingError} there is none @throws {JournalMismatchError} it has another format
 */
export const read = (folder: string): Journal => {
  const path = Log.fileIn(folder)
  let handle: number | undefined
  try {
    Log.refuseOlder(folder)
    handle = openSync(path, 'r')
    const reader = handle
    const { identity, seed } = Log.identify(path, reader)
    const index = Index.open(folder, seed, { start: Log.pageBytes, bytes: fstatSync(reader).size }, undefined)
    const { at, follow } = following(reader, index)
    const end = (): number => {
      follow()
      return at.position
    }
    const questions = Questions.create(reader, index, seed, end)
    const { restore, ...answers } = reading(folder, reader, index, questions, end)
    return {
      ...answers,
      restore: (ledger) => restore(ledger, () => {}),
      identity,
      term: 0,
      get end() {
        return end()
      },
      append: () => Promise.reject(new JournalWriteError(new Error('it is open for reading only'))),
      snapshot: () => Promise.resolve(),
      close() {
        index.close()
        closeSync(reader)
      },
    }
  } catch (error) {
    if (handle !== undefined) closeSync(handle)
    throw error instanceof SunledgerError ? error : new JournalMissingError(path, error)
  }
}

/**
 * Takes a folder for a run: nobody else takes it until the returned function is called or this process is gone. A journal in it that a
 * process still writes refuses.
 * @param patienceMs how long a process that is just ending may still hold what it had
 * @throws {JournalLockedError} @throws {JournalUnusableError}
 */
export const claim = (folder: string, patienceMs = 1500): (() => void) => {
  const release = Lock.take(join(folder, 'run.lock'), patienceMs)
  try {
    Lock.take(lockIn(folder), patienceMs)()
  } catch (error) {
    release()
    throw error
  }
  return release
}
