/**
 * The log: a file that only grows, `journal.log`. It begins with a page of text that says whose it is (`LogPage`); frames follow one
 * after the other (`Frame`). A frame counts once it is whole; what a crash left half written at the end is cut off at the next start.
 *
 * A frame that is damaged while whole ones follow it, or up to which the mark reaches (`Mark`), is no torn tail: accepted payments are in
 * it, and the log is refused as damaged rather than cut.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import * as Frame from './Frame.ts'
import { formatVersion, JournalDamagedError, JournalMismatchError, JournalReadError } from './Journal.ts'
import type { Marks } from './Marks.ts'

/** The journal's file in a data folder. */
export const fileIn = (folder: string): string => join(folder, 'journal.log')

/** Read at once while looking for frames. */
const stretchBytes = 1 << 20

/** Makes names in a folder last. */
export const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** Reads bytes at a place; fewer where the file ends. @throws {JournalReadError} */
export const readAt = (handle: number, place: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  try {
    while (done < length) {
      const read = readSync(handle, bytes, done, length - done, place + done)
      if (read === 0) break
      done += read
    }
  } catch (cause) {
    throw new JournalReadError(cause)
  }
  return bytes.subarray(0, done)
}

/** A journal of the format before this one was an SQLite file of another name. */
export const refuseOlder = (folder: string): void => {
  if (!existsSync(fileIn(folder)) && existsSync(join(folder, 'journal.db')))
    throw new JournalMismatchError('format version', String(formatVersion), '1')
}

/** A frame and where it lies. */
export interface Lying {
  readonly offset: number
  readonly frame: Frame.Frame
}

/** Whole frames from a place on, in order, as long as one follows the other. */
export function* frames(handle: number, from: number, first: number): Generator<Lying> {
  let stretch: Buffer = Buffer.alloc(0)
  let [start, offset, next] = [from, from, first]
  for (;;) {
    let length = Frame.lengthAt(stretch, offset - start)
    if (length === undefined || offset - start + length > stretch.length) {
      start = offset
      stretch = readAt(handle, offset, Math.max(stretchBytes, length ?? 0))
      length = Frame.lengthAt(stretch, 0)
      if (length !== undefined && length > stretch.length) stretch = readAt(handle, offset, length)
      if (length === undefined || length > stretch.length) return
    }
    const frame = Frame.decode(stretch.subarray(offset - start))
    if (frame === undefined || frame.first !== next) return
    yield { offset, frame }
    offset += length
    next += frame.count
  }
}

/** What the head at a place says. @throws {JournalReadError} */
export const headAt = (handle: number, offset: number) => {
  const head = readAt(handle, offset, Frame.headBytes)
  const length = Frame.lengthAt(head, 0)
  if (length === undefined) throw new JournalReadError(new Error(`no frame at byte ${offset} of the log`))
  return { ...Frame.headAt(head, 0), length }
}

/** The head of the frame that holds a position, and where it lies. */
export const headOf = (handle: number, marks: Marks, position: number) => {
  let { offset } = marks.before(position)
  for (;;) {
    const head = headAt(handle, offset)
    // Heads are walked without their checksums: one that is damaged must not lead past what is looked for.
    if (head.first > position)
      throw new JournalReadError(new Error(`no frame of position ${position} before byte ${offset} of the log`))
    if (position < head.first + head.count) return { ...head, offset }
    offset += head.length
  }
}

/** The frame that begins at a place. @throws {JournalReadError} */
export const frameAt = (handle: number, offset: number): Frame.Frame => {
  const frame = Frame.decode(readAt(handle, offset, headAt(handle, offset).length))
  if (frame === undefined) throw new JournalReadError(new Error(`no frame at byte ${offset} of the log`))
  return frame
}

/** Where a whole frame lies somewhere behind a place, if one does. Frames lie at multiples of four. */
const wholeAfter = (handle: number, from: number, position: number): number | undefined => {
  const size = fstatSync(handle).size
  for (let at = from; at < size; at += stretchBytes) {
    // Stretches overlap by a head, so that none is missed between two.
    const bytes = readAt(handle, at, stretchBytes + Frame.headBytes)
    for (let i = at === from ? 4 : 0; i + Frame.headBytes <= bytes.length; i += 4) {
      const length = Frame.lengthAt(bytes, i)
      if (length === undefined || Frame.headAt(bytes, i).first < position) continue
      if (Frame.decode(readAt(handle, at + i, length)) !== undefined) return at + i
    }
  }
  return undefined
}

/**
 * Bytes of a torn tail: what lies behind the last whole frame, where none follows.
 * @throws {JournalDamagedError} whole frames follow
 */
export const tornBytes = (handle: number, end: number, position: number): number => {
  const size = fstatSync(handle).size
  if (size <= end) return 0
  const whole = wholeAfter(handle, end, position)
  if (whole === undefined) return size - end
  throw new JournalDamagedError(
    `a whole group of records at position ${position}, byte ${end}`,
    `none there, but one at byte ${whole}`,
  )
}

/** Cuts a torn tail. */
export const cut = (handle: number, end: number): void => {
  ftruncateSync(handle, end)
  fsyncSync(handle)
}

/**
 * Writes the frame at a place once more, and waits for the disk. A process that was killed may have written its last frame without having heard
 * whether the disk took it, and where the disk did not, the system still shows it from memory, counts it as written, and never tries again.
 * @throws {Error} the disk does not take it
 */
export const renew = (reader: number, writer: number, offset: number): void => {
  const { bytes } = frameAt(reader, offset)
  for (let done = 0; done < bytes.length; ) done += writeSync(writer, bytes, done, bytes.length - done, offset + done)
  fdatasyncSync(writer)
}

/**
 * Writes a frame at the log's end; resolves when it is on disk, and what `beside` does at the same time is done. The system takes the bytes
 * within microseconds; the disk is waited for outside of the event loop's thread. Handing over both would take a turn of the loop more for
 * each group, which is milliseconds where there is much to do.
 */
export const append = (
  handle: number,
  bytes: Buffer,
  place: number,
  beside: (then: (error: Error | null) => void) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    // What it throws, such as that the disk is full, rejects.
    for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done, bytes.length - done, place + done)
    let waiting = 2
    const then = (failed: Error | null): void => {
      if (failed !== null) reject(failed)
      else if (--waiting === 0) resolve()
    }
    fdatasync(handle, then)
    beside(then)
  })
