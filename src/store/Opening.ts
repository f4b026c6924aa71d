/** Opens what lies in a journal's folder, and checks that nothing is missing from it: see `Evidence` and `Fence`. */
import { fstatSync, rmSync, writeFileSync } from 'node:fs'
import { SunledgerError } from '../core/Errors.ts'
import * as Evidence from './Evidence.ts'
import * as Fence from './Fence.ts'
import * as Frame from './Frame.ts'
import * as Index from './Index.ts'
import { type Identity, JournalDamagedError, JournalReadError } from './Journal.ts'
import * as Log from './Log.ts'
import * as LogPage from './LogPage.ts'
import * as Mark from './Mark.ts'
import * as Unfinished from './Unfinished.ts'

/** What says how far the log must reach, as it was before the log was read: its writer may live. */
export interface Beside {
  readonly mark: Mark.Found | undefined
  readonly reaching: readonly Evidence.Reaching[]
}

export const evidence = (folder: string): Beside => ({
  mark: Mark.read(folder),
  reaching: Evidence.reaching(folder),
})

/** Why a journal would be refused is thrown, or told where it is being recovered. */
export type Recovering = ((reason: SunledgerError) => void) | undefined

/** Runs a check. */
export const unless = (recovering: Recovering, check: () => void): void => {
  try {
    check()
  } catch (error) {
    if (recovering === undefined || !(error instanceof SunledgerError)) throw error
    recovering(error)
  }
}

/** Removes what can be made again from a log: mark, index and snapshots. */
export const forget = (folder: string): void => {
  Unfinished.begin(folder)
  for (const path of [...Evidence.reaching(folder).map((each) => each.path), Mark.fileIn(folder)])
    rmSync(path, { force: true })
}

/** The same, for a log that is there. @throws {JournalMismatchError} @throws {JournalDamagedError} it is another's; nothing was changed */
export const renew = (folder: string, reader: number, expected: Identity): void => {
  LogPage.parse(Log.fileIn(folder), Log.readAt(reader, 0, LogPage.pageBytes), true, expected)
  forget(folder)
}

/** A journal's files, read up to the log's end. */
export interface Opened extends Beside {
  readonly folder: string
  readonly reader: number
  readonly page: LogPage.Page
  readonly index: Index.Index
  /** The end of the log as far as it is known. */
  readonly at: Mark.Point
  /** Moves it on by a frame. */
  take(frame: Frame.Frame, start: number): void
  /** Moves it on by all whole frames that follow. */
  follow(): void
}

/** The end of a log whose last group this is. */
export const behind = (
  { first, count, term }: Pick<Frame.Frame, 'first' | 'count' | 'term'>,
  bytes: Buffer,
  start: number,
): Mark.Point => ({
  ...{ position: first + count - 1, start, end: start + bytes.length, term },
  print: Frame.print(bytes),
})

/** The last group that the index covers: its frame must be whole, or nothing behind it could be found. */
const coveredEnd = (handle: number, index: Index.Index): Mark.Point => {
  const { position, offset } = index.covered
  if (position === 0) return Mark.nothing(offset)
  const expected = `a whole group up to position ${position}, before byte ${offset} (the index)`
  try {
    const { offset: start } = Log.headOf(handle, index.marks, position)
    const frame = Log.frameAt(handle, start)
    const end = behind(frame, frame.bytes, start)
    if (end.position === position && end.end === offset) return end
  } catch (error) {
    if (!(error instanceof JournalReadError)) throw error
    throw new JournalDamagedError(expected, String(error.actual))
  }
  throw new JournalDamagedError(expected, 'none ends there')
}

/**
 * @param expected what the journal must belong to, where that is known
 * @param maker of the index, given the journal's id; undefined: nothing is written
 * @throws {JournalMissingError} @throws {JournalMismatchError} @throws {JournalDamagedError} @throws {JournalForeignError}
 */
export const begin = (
  folder: string,
  beside: Beside,
  reader: number,
  expected: Identity | undefined,
  maker: ((id: string) => Index.Maker) | undefined,
): Opened => {
  const isOurs = beside.mark !== undefined || beside.reaching.length > 0
  const page = LogPage.parse(Log.fileIn(folder), Log.readAt(reader, 0, LogPage.pageBytes), isOurs, expected)
  const { id, seed } = page
  const log = { folder, id, seed, start: LogPage.pageBytes, bytes: () => fstatSync(reader).size }
  const index = Index.open(log, maker?.(id))
  try {
    const at = { ...coveredEnd(reader, index) }
    const take = (frame: Frame.Frame, start: number): void => {
      index.add(frame, start)
      Object.assign(at, behind(frame, frame.bytes, start))
    }
    const follow = (): void => {
      for (const { offset, frame } of Log.frames(reader, at.end, at.position + 1)) take(frame, offset)
    }
    follow()
    return { folder, reader, page, index, ...beside, at, take, follow }
  } catch (error) {
    index.close()
    throw error
  }
}

/** Compares the log with what lies beside it. @throws {JournalDamagedError} @throws {JournalForeignError} */
export const compare = ({ folder, reader, page, mark, reaching, at }: Opened, warn: (what: string) => void): void => {
  Evidence.checkMark(folder, page.id, mark, reader, at, warn)
  Evidence.checkReach(reaching, at)
}

const printAt = (reader: number, index: Index.Index, position: number): Buffer | undefined => {
  const { offset, first, count } = Log.headOf(reader, index.marks, position)
  if (first + count - 1 !== position) return undefined
  return Frame.print(Log.readAt(reader, offset, Frame.printBytes))
}

export interface Checking {
  readonly place: Fence.Place | undefined
  readonly warn: (what: string) => void
  readonly recovering: Recovering
}

/** Cuts what a crash left half written behind the log's last group, or what is damaged there, which is put aside. */
const cutTail = ({ folder, at }: Opened, writer: number, { warn, recovering }: Checking): void => {
  const path = Log.fileIn(folder)
  const { size } = fstatSync(writer)
  let isTorn = true
  unless(recovering, () => {
    isTorn = false
    Log.tornBytes(writer, at.end, at.position + 1)
    isTorn = true
  })
  if (size <= at.end) return
  const where = `bytes ${at.end} to ${size} of ${path}, behind position ${at.position}`
  if (!isTorn) {
    const aside = `${path}.behind-${at.position}`
    writeFileSync(aside, Log.readAt(writer, at.end, size - at.end), { flag: 'wx' })
    warn(`what lies behind a damaged group is moved to ${aside}: ${where}`)
  } else warn(`a group that was never answered was left half written, and is cut: ${where}`)
  Log.cut(writer, at.end)
}

/**
 * Checks a log that is to be written, cuts what a crash left half written at its end, and makes sure that its last group is on disk.
 * @throws {JournalDamagedError} @throws {JournalForeignError} @throws {JournalOlderError} nothing was changed
 */
export const check = (
  opened: Opened,
  writer: number,
  checking: Checking,
): { readonly fence: Fence.Fence; readonly term: number } => {
  const { folder, reader, page, index, mark, at } = opened
  const { place, warn, recovering } = checking
  try {
    unless(recovering, () => compare(opened, warn))
    const known = recovering === undefined ? 0 : Math.max(mark?.newest?.term ?? 0, Fence.termOf(place, page.id))
    const term = Math.max(at.term, known) + 1
    const owner = {
      ...{ folder, id: page.id, identity: page.identity, term, handle: writer, end: { ...at } },
      printAt: (position: number) => printAt(reader, index, position),
    }
    unless(recovering, () => Fence.compare(place, owner))
    cutTail(opened, writer, checking)
    if (at.position > 0) Log.renew(reader, writer, at.start)
    return { fence: Fence.create(place, owner, at.position === 0 && mark === undefined, warn), term }
  } catch (error) {
    index.close()
    throw error
  }
}
