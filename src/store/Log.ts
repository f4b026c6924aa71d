/**
 * The log: a file that only grows, `journal.log`. It begins with a page of text that names its format and its chain; frames follow one
 * after the other (`Frame`). A frame counts once it is whole; what a crash left half written at the end is cut off at the next start.
 *
 * A frame that is damaged while whole ones follow it is no torn tail: accepted payments are in it, and the log is refused as damaged rather
 * than cut.
 */
import { randomBytes } from 'node:crypto'
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
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Address, Hex } from '../core/Payment.ts'
import * as Frame from './Frame.ts'
import type { Identity } from './Journal.ts'
import {
  formatVersion,
  JournalDamagedError,
  JournalMismatchError,
  JournalMissingError,
  JournalReadError,
} from './Journal.ts'
import type { Seed } from './Keys.ts'
import type { Marks } from './Marks.ts'

/** The journal's file in a data folder. */
export const fileIn = (folder: string): string => join(folder, 'journal.log')

/** Frames begin here. */
export const pageBytes = 512
/** Read at once while looking for frames. */
const stretchBytes = 1 << 20

/** Makes names in a folder last. */
export const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

const fields = (identity: Identity): [string, string][] => [
  ['format version', String(formatVersion)],
  ['chain id', String(identity.chainId)],
  ['genesis hash', identity.genesisHash],
  ['clearing house', identity.clearingHouse],
  ['start block', String(identity.startBlock)],
]

/** Made beside its place and moved there, so that a journal has its whole identity or none. */
export const begin = (folder: string, identity: Identity): void => {
  const path = fileIn(folder)
  const page = Buffer.alloc(pageBytes, ' ')
  const stated = [...fields(identity), ['index seed', randomBytes(8).toString('hex')]]
  page.write(`Sunledger journal\n${JSON.stringify(Object.fromEntries(stated), null, 1)}\n`)
  page.write('\n', pageBytes - 1)
  const handle = openSync(`${path}.new`, 'w')
  try {
    writeSync(handle, page)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${path}.new`, path)
  syncFolder(folder)
}

const statedIn = (page: string): { [name: string]: string } | undefined => {
  const [title, ...rest] = page.split('\n')
  if (title !== 'Sunledger journal') return undefined
  try {
    return JSON.parse(rest.join('\n'))
  } catch {
    return undefined
  }
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

/**
 * What a journal belongs to.
 * @param expected what it must belong to, where that is known
 * @throws {JournalMissingError} it is no journal @throws {JournalMismatchError} of another format, or of another chain than expected
 */
export const identify = (path: string, handle: number, expected?: Identity): { identity: Identity; seed: Seed } => {
  const stated = statedIn(readAt(handle, 0, pageBytes).toString('latin1'))
  if (stated === undefined) throw new JournalMissingError(path)
  const wanted = expected === undefined ? [['format version', String(formatVersion)] as const] : fields(expected)
  for (const [name, value] of wanted)
    if (stated[name] !== value) throw new JournalMismatchError(name, value, stated[name] ?? 'nothing')
  const identity = {
    chainId: Number(stated['chain id']),
    genesisHash: stated['genesis hash'] as Hex,
    clearingHouse: stated['clearing house'] as Address,
    startBlock: BigInt(stated['start block'] ?? 0),
  }
  const seed = Buffer.from(stated['index seed'] ?? '', 'hex')
  return { identity, seed: { a: seed.readUInt32LE(0), b: seed.readUInt32LE(4) } }
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

/** Cuts what a crash left half written. @throws {JournalDamagedError} whole frames follow */
export const cut = (handle: number, end: number, position: number): void => {
  if (fstatSync(handle).size <= end) return
  const whole = wholeAfter(handle, end, position)
  if (whole !== undefined) throw new JournalDamagedError(position, end, whole)
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
 * Writes a frame at the log's end; resolves when it is on disk. The system takes the bytes within microseconds; the disk is waited for outside
 * of the event loop's thread. Handing over both would take a turn of the loop more for each group, which is milliseconds where there is much to do.
 */
export const append = (handle: number, bytes: Buffer, place: number): Promise<void> =>
  new Promise((resolve, reject) => {
    // What it throws, such as that the disk is full, rejects.
    for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done, bytes.length - done, place + done)
    fdatasync(handle, (failed) => (failed === null ? resolve() : reject(failed)))
  })
