/** Opens what lies in a journal's folder, and checks that nothing is missing from it: see `Evidence` and `Fence`. */
import { fstatSync } from 'node:fs'
import * as Evidence from './Evidence.ts'
import * as Fence from './Fence.ts'
import * as Frame from './Frame.ts'
import * as Index from './Index.ts'
import { type Identity, JournalDamagedError } from './Journal.ts'
import * as Log from './Log.ts'
import * as LogPage from './LogPage.ts'
import * as Mark from './Mark.ts'

/** A journal's files, read up to the log's end. */
export interface Opened {
  readonly folder: string
  readonly reader: number
  readonly page: LogPage.Page
  readonly index: Index.Index
  /** What the mark said, and which files reached how far, before the log was read: its writer may live. */
  readonly mark: Mark.Found | undefined
  readonly reaching: readonly Evidence.Reaching[]
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
    throw new JournalDamagedError(expected, (error as Error).message)
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
  reader: number,
  expected: Identity | undefined,
  maker: ((id: string) => Index.Maker) | undefined,
): Opened => {
  const mark = Mark.read(folder)
  const reaching = Evidence.reaching(folder)
  const isOurs = mark !== undefined || reaching.length > 0
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
    return { folder, reader, page, index, mark, reaching, at, take, follow }
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

/**
 * Checks a log that is to be written, cuts what a crash left half written at its end, and makes sure that its last group is on disk.
 * @throws {JournalDamagedError} @throws {JournalForeignError} @throws {JournalOlderError} nothing was changed
 */
export const check = (
  opened: Opened,
  writer: number,
  place: Fence.Place | undefined,
  warn: (what: string) => void,
): Fence.Fence => {
  const { folder, reader, page, index, mark, at } = opened
  try {
    compare(opened, warn)
    const torn = Log.tornBytes(writer, at.end, at.position + 1)
    const isBegun = at.position === 0 && mark === undefined
    const fence = Fence.create(
      place,
      {
        ...{ folder, id: page.id, term: at.term + 1, handle: writer, end: { ...at } },
        printAt: (position) => printAt(reader, index, position),
      },
      isBegun,
      warn,
    )
    if (torn > 0) {
      const where = `bytes ${at.end} to ${at.end + torn} of ${Log.fileIn(folder)}, behind position ${at.position}`
      warn(`a group that was never answered was left half written, and is cut: ${where}`)
      Log.cut(writer, at.end)
    }
    if (at.position > 0) Log.renew(reader, writer, at.start)
    return fence
  } catch (error) {
    index.close()
    throw error
  }
}
