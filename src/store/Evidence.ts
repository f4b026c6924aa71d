/**
 * What a folder says about its log beside the log itself: the mark, snapshots and runs of the index. Whatever of them reaches beyond the
 * log's end shows that more was answered than the log has, and the journal is refused rather than begun or continued without it.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as Frame from './Frame.ts'
import { JournalDamagedError, JournalForeignError } from './Journal.ts'
import * as Log from './Log.ts'
import * as Mark from './Mark.ts'

/** Files of a journal that reach to a position. */
const pattern = /^(?:snapshot-(\d+)|index-\d+-(\d+)\.run)$/

/** A snapshot or a run, and the position that it reaches. */
export interface Reaching {
  readonly path: string
  readonly position: number
}

/** Those of a folder. */
export const reaching = (folder: string): Reaching[] =>
  readdirSync(folder).flatMap((name) => {
    const match = pattern.exec(name)
    return match === null ? [] : [{ path: join(folder, name), position: Number(match[1] ?? match[2]) }]
  })

/** What shows that there was a journal in a folder, besides the log. */
const beside = (folder: string): string[] => {
  const mark = Mark.fileIn(folder)
  return [...(existsSync(mark) ? [mark] : []), ...reaching(folder).map(({ path }) => path)]
}

/** @throws {JournalDamagedError} there is no log, but other files of a journal */
export const refuseLost = (folder: string): void => {
  const path = Log.fileIn(folder)
  if (existsSync(path)) return
  const left = beside(folder)
  if (left.length > 0) throw new JournalDamagedError(`the log ${path}, to which belong ${left.join(', ')}`, 'no log')
}

const ends = ({ position, end }: Mark.Point): string => `the log ends at position ${position}, byte ${end}`

/** @throws {JournalDamagedError} a snapshot or run reaches beyond the log's end */
export const checkReach = (files: readonly Reaching[], end: Mark.Point): void => {
  for (const { path, position } of files)
    if (position > end.position) throw new JournalDamagedError(`a log to position ${position} (${path})`, ends(end))
}

/**
 * Compares a log with its mark.
 * @param found the mark, read before the log's end was looked for: a writer may live
 * @param end of the log
 * @throws {JournalDamagedError} @throws {JournalForeignError}
 */
export const checkMark = (
  folder: string,
  id: string,
  found: Mark.Found | undefined,
  handle: number,
  end: Mark.Point,
  warn: (what: string) => void,
): void => {
  const path = Mark.fileIn(folder)
  const newest = found?.newest
  if (newest === undefined) {
    if (end.position === 0) return
    const actual = `${path} ${found === undefined ? 'is missing' : 'is damaged'}; ${ends(end)}`
    throw new JournalDamagedError('a mark that says how far the log was answered', actual)
  }
  if (newest.id !== id) throw new JournalForeignError(`the mark of journal ${id}`, `${path} of journal ${newest.id}`)
  for (const i of found?.damaged ?? [])
    warn(`a sector of the mark is damaged, the other one is taken: ${path}, bytes ${512 * i} to ${512 * (i + 1)}`)
  const { position, start, end: byte, print } = newest
  const expected = `whole groups to position ${position}, byte ${byte} (${path})`
  if (position > end.position || byte > end.end) throw new JournalDamagedError(expected, ends(end))
  if (position === 0) return
  const bytes = Log.readAt(handle, start, byte - start)
  const frame = Frame.decode(bytes)
  const isThere = frame !== undefined && frame.bytes.length === bytes.length && Frame.print(bytes).equals(print)
  if (!isThere) throw new JournalDamagedError(expected, `another group, or none, in bytes ${start} to ${byte}`)
}
