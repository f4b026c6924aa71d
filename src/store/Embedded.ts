/**
 * The embedded backend of the journal: files in one folder, one writing process.
 *
 * | file | has |
 * |---|---|
 * | `journal.log` | everything (`Log`, `Frame`); its index and snapshots can be made again from it |
 * | `journal.mark` | how far it has reached (`Mark`) |
 * | `index-FIRST-LAST.run` | where payments, purchases and accounts are found (`Run`) |
 * | `snapshot-POSITION` | the ledger up to there (`Snapshot`) |
 * | `journal.lock`, `run.lock` | who holds the journal, and the folder (`Lock`) |
 *
 * Outside of the folder is its fence (`Fence`).
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SunledgerError } from '../core/Errors.ts'
import * as Evidence from './Evidence.ts'
import * as Fence from './Fence.ts'
import * as Frame from './Frame.ts'
import type { Identity, Journal } from './Journal.ts'
import {
  JournalFencedError,
  JournalGoneError,
  JournalMissingError,
  JournalUnusableError,
  JournalWriteError,
} from './Journal.ts'
import * as Keeper from './Keeper.ts'
import * as Lock from './Lock.ts'
import * as Log from './Log.ts'
import * as LogPage from './LogPage.ts'
import * as Mark from './Mark.ts'
import * as Opening from './Opening.ts'
import * as Questions from './Questions.ts'
import * as Reading from './Reading.ts'
import * as Snapshot from './Snapshot.ts'
import * as Unfinished from './Unfinished.ts'

export { fileIn } from './Log.ts'

export interface Options {
  /** Told of what was found and passed over, cut or made again. */
  readonly warn?: (what: string) => void
  /** Records after which a snapshot is made. */
  readonly snapshotEvery?: number
  /** Where the fence is; left out: there is none, and copies are not noticed. */
  readonly fence?: Fence.Place | undefined
  /**
   * Told of each reason for which the journal would be refused (SL407, SL409, SL410, SL413), in place of refusing it: for `sunledger recover`
   * alone. Then only the log's whole groups count, from its first one on; what lies behind a damaged one is moved to a file beside it; mark,
   * index, snapshots and fence are made anew; and the term is above all that are known.
   */
  readonly recovering?: ((reason: SunledgerError) => void) | undefined
}

const usualSnapshotEvery = 1_000_000

const lockIn = (folder: string): string => join(folder, 'journal.lock')

/** What a failed opening is told as: ours as it is, everything else as a folder or file that cannot be used. */
const told = (path: string, error: unknown): Error =>
  error instanceof SunledgerError && !(error instanceof JournalMissingError)
    ? error
    : new JournalUnusableError(path, error)

/**
 * Opens a folder's journal for writing, and makes it where there is none.
 * @throws {JournalLockedError} another process has it
 * @throws {JournalMismatchError} it belongs to another chain, or has another format
 * @throws {JournalDamagedError} accepted payments are missing from it
 * @throws {JournalOlderError} @throws {JournalForeignError} it is not the newest, or a copy; see `Fence`
 * @throws {JournalUnusableError} the folder or the file cannot be used
 */
export const open = (folder: string, identity: Identity, options: Options = {}): Journal => {
  const path = Log.fileIn(folder)
  const release = Lock.take(lockIn(folder))
  const handles: number[] = []
  try {
    Log.refuseOlder(folder)
    const { recovering } = options
    if (recovering === undefined) Unfinished.refuse(folder)
    if (!existsSync(path)) {
      Opening.unless(recovering, () => Evidence.refuseLost(folder))
      Opening.unless(recovering, () => Fence.refuseLost(options.fence, folder, identity))
      if (recovering !== undefined) Opening.forget(folder)
      LogPage.write(path, identity)
      Log.syncFolder(folder)
    }
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
  options: Options,
  release: () => void,
): Journal => {
  const { warn = () => {}, snapshotEvery = usualSnapshotEvery, recovering } = options
  const path = Log.fileIn(folder)
  const keeper = Keeper.create(warn)
  const evidence = Opening.evidence(folder)
  if (recovering !== undefined) Opening.renew(folder, reader, expected)
  const opened = Opening.begin(folder, evidence, reader, expected, (id) => ({
    make: (source) => keeper.ask({ type: 'run', folder, id, source }),
    join: (paths) => keeper.ask({ type: 'join', folder, id, paths }),
    remake: (run) => keeper.ask({ type: 'remake', folder, id, run }),
    warn,
  }))
  const { page, index, at, take } = opened
  const { id, seed } = page
  const { fence, term } = Opening.check(opened, writer, { place: options.fence, warn, recovering })
  for (const name of readdirSync(folder)) if (/^snapshot-\d+\.new$/.test(name)) rmSync(join(folder, name))
  index.tidy()
  const mark = Mark.create(folder, id, at)
  Log.syncFolder(folder)
  const { ino } = fstatSync(writer)
  const questions = Questions.create(reader, index, seed, () => at.position)
  const { restore, ...answers } = Reading.create(folder, id, reader, index, questions, () => at.position)
  let snapshotAt = Snapshot.list(folder)[0]?.position ?? 0
  let failure: SunledgerError | undefined
  /** Until the first record, which says that the journal is recovered. */
  let isUnfinished = recovering !== undefined

  const snapshot = async (): Promise<void> => {
    snapshotAt = at.position
    await keeper.ask({ type: 'snapshot', folder, id, until: at.position })
  }

  /** Whether what is written is found again at its place, and nobody else has been told to go on from it. */
  const inPlace = (): void => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.ino !== ino)
      failure ??= new JournalGoneError(path, found === undefined ? 'nothing is there' : 'another file is there')
    else if (!mark.isInPlace()) failure ??= new JournalGoneError(Mark.fileIn(folder), 'it is gone')
    else if (found.size < at.end)
      failure ??= new JournalGoneError(path, `it was cut to ${found.size} bytes, from ${at.end}`)
    failure ??= fence.failure
    if (failure !== undefined) throw failure
  }

  const fenced = (): JournalFencedError => {
    const error = new JournalFencedError(term, Log.headAt(reader, at.end).term)
    failure = error
    return error
  }

  const fail = (cause: unknown): JournalWriteError => {
    const error = new JournalWriteError(cause)
    failure = error
    try {
      // Whatever of it was written is cut off, so that it is not found at the next start; if that fails too, it may be, unanswered as it is.
      ftruncateSync(writer, at.end)
    } catch {
      // The error that counts is the first one.
    }
    return error
  }

  return {
    ...answers,
    restore: (ledger) => restore(ledger, warn),
    ...{ identity: page.identity, id, term },
    get fence() {
      return fence.state
    },
    get end() {
      return at.position
    },
    verify() {
      fence.look()
      inPlace()
    },
    async append(records, seal) {
      if (failure !== undefined) throw failure
      // The lock keeps others out. Where somebody has removed it, at least nothing of theirs is written over.
      const { size } = fstatSync(writer)
      if (size > at.end) throw fenced()
      if (size < at.end) inPlace()
      const frame = { first: at.position + 1, count: records.length, term, seal }
      const bytes = Frame.encode(records, frame.first, term, seal)
      try {
        await Log.append(writer, bytes, at.end, mark.sync)
        inPlace()
        mark.note(Opening.behind(frame, bytes, at.end))
        take({ ...frame, bytes }, at.end)
      } catch (cause) {
        throw failure ?? fail(cause)
      }
      if (isUnfinished) Unfinished.end(folder)
      isUnfinished = false
      fence.note({ ...at })
      if (at.position - snapshotAt >= snapshotEvery) void snapshot()
    },
    snapshot,
    close() {
      keeper.close()
      index.close()
      mark.close()
      fence.close()
      closeSync(reader)
      closeSync(writer)
      release()
    },
  }
}

/**
 * Opens a folder's journal for reading; its writer may live.
 * @throws {JournalMissingError} there is none @throws {JournalMismatchError} it has another format
 * @throws {JournalDamagedError} @throws {JournalForeignError}
 */
export const read = (folder: string): Journal => {
  const path = Log.fileIn(folder)
  let handle: number | undefined
  try {
    Log.refuseOlder(folder)
    handle = openSync(path, 'r')
    const reader = handle
    const opened = Opening.begin(folder, Opening.evidence(folder), reader, undefined, undefined)
    const { page, index, at, follow } = opened
    Opening.compare(opened, () => {})
    const end = (): number => {
      follow()
      return at.position
    }
    const questions = Questions.create(reader, index, page.seed, end)
    const { restore, ...answers } = Reading.create(folder, page.id, reader, index, questions, end)
    return {
      ...answers,
      restore: (ledger) => restore(ledger, () => {}),
      ...{ identity: page.identity, id: page.id, term: 0, fence: 'missing', verify: () => {} },
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

/** Whose journal is in a folder. @throws {JournalMissingError} @throws {JournalMismatchError} @throws {JournalDamagedError} */
export const identityOf = (folder: string): Identity => {
  const path = Log.fileIn(folder)
  const handle = openSync(path, 'r')
  try {
    return LogPage.parse(path, Log.readAt(handle, 0, LogPage.pageBytes), false).identity
  } finally {
    closeSync(handle)
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
