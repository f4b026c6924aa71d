/**
 * The mark: a file beside the log, `journal.mark`, that says how far the log has reached. A log that ends before its mark, or has another
 * group there, has lost what was answered, and is refused.
 *
 * A mark names a group only after the disk has confirmed that group: it is written (not yet synced) before the group is answered, so that
 * it outlives the process; it is synced together with the group that follows, in parallel, or 20 ms later where none follows. So the mark
 * is never ahead of the log, whatever a crash leaves: a group without a mark was not answered (or the power failed within these 20 ms,
 * and then the group itself is on disk), and a mark without its group is always a loss.
 *
 * file: two sectors of 512 bytes, written in turn, so that a torn write leaves the one before. A sector (little-endian): magic, CRC-32 of
 * all that follows it, sequence (8 bytes), position of the last record (8), where in the log its group begins (8) and ends (8), term (4),
 * 4 bytes of nothing, journal id (16), the first 64 bytes of the group, zeros.
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as Frame from './Frame.ts'

export const fileIn = (folder: string): string => join(folder, 'journal.mark')

/** How far a log reaches. */
export interface Point {
  /** Of the last record; 0: there is none yet. */
  readonly position: number
  /** Where its group begins, and where it ends. */
  readonly start: number
  readonly end: number
  readonly term: number
  /** Names its group: see `Frame.print`. */
  readonly print: Buffer
}

export const sectorBytes = 512
const magic = 0x314d_4c53
const printPlace = 64
const idPlace = 48

/** A log without records. */
export const nothing = (end: number): Point => ({
  ...{ position: 0, start: 0, end, term: 0 },
  print: Buffer.alloc(Frame.printBytes),
})

const encode = (sector: Buffer, id: string, sequence: number, { position, start, end, term, print }: Point): void => {
  sector.fill(0)
  sector.writeUInt32LE(magic, 0)
  for (const [i, value] of [sequence, position, start, end].entries()) sector.writeBigUInt64LE(BigInt(value), 8 + 8 * i)
  sector.writeUInt32LE(term, 40)
  sector.write(id, idPlace, 'hex')
  print.copy(sector, printPlace)
  sector.writeUInt32LE(crc32(sector.subarray(8)), 4)
}

interface Read extends Point {
  readonly sequence: number
  readonly id: string
}

const decode = (sector: Buffer): Read | undefined => {
  if (sector.length < sectorBytes || sector.readUInt32LE(0) !== magic) return undefined
  if (sector.readUInt32LE(4) !== crc32(sector.subarray(8))) return undefined
  const [sequence, position, start, end] = [0, 1, 2, 3].map((i) => Number(sector.readBigUInt64LE(8 + 8 * i)))
  return {
    ...({ sequence, position, start, end } as { sequence: number; position: number; start: number; end: number }),
    term: sector.readUInt32LE(40),
    id: sector.toString('hex', idPlace, idPlace + 16),
    print: Buffer.from(sector.subarray(printPlace, printPlace + Frame.printBytes)),
  }
}

/** What a mark says, and which of its sectors cannot be read. Undefined: there is no file. */
export interface Found {
  readonly newest: Read | undefined
  /** Which sector that is. */
  readonly place: number
  readonly damaged: readonly number[]
}

export const read = (folder: string): Found | undefined => {
  let bytes: Buffer
  try {
    bytes = readFileSync(fileIn(folder))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const sectors = [0, 1].map((i) => decode(bytes.subarray(i * sectorBytes, (i + 1) * sectorBytes)))
  const found = sectors.flatMap((one) => one ?? []).sort((a, b) => b.sequence - a.sequence)
  return { newest: found[0], place: sectors.indexOf(found[0]), damaged: [0, 1].filter((i) => sectors[i] === undefined) }
}

/** Makes the file with both sectors alike, the second one newest, and moves it to its place. @param sequence of the second one */
export const write = (folder: string, id: string, sequence: number, point: Point): void => {
  const path = fileIn(folder)
  const bytes = Buffer.alloc(2 * sectorBytes)
  for (const i of [0, 1]) encode(bytes.subarray(i * sectorBytes, (i + 1) * sectorBytes), id, sequence + i - 1, point)
  const handle = openSync(`${path}.new`, 'w')
  try {
    writeSync(handle, bytes)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${path}.new`, path)
}

export interface Marker {
  /** Says how far the log has been confirmed; not yet synced. */
  note(point: Point): void
  /** Syncs what was noted; calls back at once where nothing was. */
  sync(then: (error: Error | null) => void): void
  /** Whether the file is still the one at its place. */
  isInPlace(): boolean
  close(): void
}

/** Without a group that follows, a mark is synced after so long. */
const idleMs = 20

/** Writes the mark of an open journal, beginning with where its log ends. */
export const create = (folder: string, id: string, point: Point): Marker => {
  const found = read(folder)
  let sequence = found?.newest?.sequence ?? 0
  // One that is whole is written on in place, which needs no space on a disk that is full.
  if (found?.newest === undefined || found.damaged.length > 0) {
    sequence += 2
    write(folder, id, sequence, point)
  }
  const path = fileIn(folder)
  const handle = openSync(path, 'r+')
  const { ino } = statSync(path)
  const sector = Buffer.alloc(sectorBytes)
  /** The newest sector. */
  let place = read(folder)?.place ?? 1
  let isNoted = false
  let isOpen = true
  let timer: NodeJS.Timeout | undefined

  const put = (next: Point): void => {
    encode(sector, id, ++sequence, next)
    place = 1 - place
    writeSync(handle, sector, 0, sectorBytes, place * sectorBytes)
  }
  put(point)
  fdatasyncSync(handle)

  const sync = (then: (error: Error | null) => void): void => {
    if (!isNoted) return then(null)
    isNoted = false
    fdatasync(handle, then)
  }

  return {
    note(next) {
      put(next)
      isNoted = true
      timer ??= setTimeout(() => {
        timer = undefined
        // What fails here fails at the next group as well, whose answer waits for it.
        sync((error) => {
          if (error !== null) isNoted = true
        })
      }, idleMs).unref()
    },
    sync,
    isInPlace: () => statSync(path, { throwIfNoEntry: false })?.ino === ino,
    close() {
      if (!isOpen) return
      isOpen = false
      clearTimeout(timer)
      try {
        if (isNoted) fdatasyncSync(handle)
      } finally {
        closeSync(handle)
      }
    },
  }
}
