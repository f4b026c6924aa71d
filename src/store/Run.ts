/**
 * A run: the index of a stretch of the log as a file that never changes, `index-FIRST-LAST.run`. Entries are 64-bit numbers in order (key, kind,
 * place), found through a fence: the first word of every 512th entry is kept in memory, so an entry costs one reading of 4 KB. A filter over
 * the purchases, also in memory, says of nearly every new payment that its purchase was not made before, without reading.
 *
 * A run says nothing that the log does not: one that is missing or damaged is made again. Its head, fence, filter and marks have a checksum
 * that is checked when it is opened; each block of 512 entries has its own, which is checked whenever it is read: a damaged block must not
 * say "no".
 */
import { closeSync, fstatSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { JournalReadError } from './Journal.ts'
import type { Key } from './Keys.ts'
import { kinds, mostPlaces, placeBits } from './Keys.ts'
import * as Log from './Log.ts'

export interface Run {
  /** Positions of its first and last record. */
  readonly first: number
  readonly last: number
  /** Where in the log its last frame ends. */
  readonly end: number
  /** Frames now and then: position of the first record, offset. */
  readonly marks: Float64Array
  /** Whether a purchase may be in it. */
  mayHave(key: Key): boolean
  /** Positions under a key from a position on, in order. @throws {JournalReadError} it is damaged where they are */
  find(key: Key, from?: number): Generator<number>
  readonly path: string
  /** Of the journal that it belongs to. */
  readonly id: string
  readonly entries: number
  close(): void
}

/** What a run is made from. */
export interface Source {
  readonly first: number
  readonly last: number
  readonly end: number
  readonly marks: Float64Array
  /** Entries as pairs of words, low and high, in any order. */
  readonly words: Uint32Array<ArrayBuffer>
}

const magic = 0x324e5552
const headBytes = 80
const idPlace = 64
const fenceEvery = 512
const entryBytes = 8
const blockBytes = fenceEvery * entryBytes
const kindOf = (low: number): number => (low >>> placeBits) & 3

export const nameOf = (first: number, last: number): string => `index-${first}-${last}.run`

/** Bits of the filter for a purchase, and how many of them are looked at: one in 250 is asked for in vain. */
const bitsAPurchase = 12
const probes = 5

const bitOf = (high: number, low: number, probe: number, bits: number): number => {
  let x = Math.imul(high ^ Math.imul(low >>> 24, 0x9e3779b1), 0x85ebca6b)
  x ^= x >>> 15
  const y = Math.imul(x ^ high, 0xc2b2ae35) | 1
  return ((x + Math.imul(probe, y)) >>> 0) % bits
}

const filterOf = (words: Uint32Array): Uint32Array<ArrayBuffer> => {
  let purchases = 0
  for (let i = 0; i < words.length; i += 2) if (kindOf(words[i] as number) === kinds.purchase) purchases++
  const filter = new Uint32Array(Math.ceil((purchases * bitsAPurchase) / 32) + 1)
  const bits = filter.length * 32
  for (let i = 0; i < words.length; i += 2) {
    if (kindOf(words[i] as number) !== kinds.purchase) continue
    for (let probe = 0; probe < probes; probe++) {
      const bit = bitOf(words[i + 1] as number, words[i] as number, probe, bits)
      filter[bit >>> 5] = (filter[bit >>> 5] as number) | (1 << (bit & 31))
    }
  }
  return filter
}

const bytesOf = (array: Uint32Array | Float64Array): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength)

/** Sorted by key, kind and place: as 64-bit numbers, low word first. */
const sorted = (words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  new BigUint64Array(words.buffer, words.byteOffset, words.length / 2).sort()
  return words
}

/** The checksum of each block. */
const sumsOf = (words: Buffer): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: Math.ceil(words.length / blockBytes) }, (_, i) =>
    crc32(words.subarray(i * blockBytes, (i + 1) * blockBytes)),
  )

/** Writes a run beside its place and moves it there. Sorts the source's words. Returns its path. @param id of the journal */
export const make = (folder: string, id: string, source: Source): string => {
  const words = sorted(source.words)
  const fence = new Uint32Array(Math.ceil(words.length / 2 / fenceEvery))
  for (let i = 0; i < fence.length; i++) fence[i] = words[2 * i * fenceEvery + 1] as number
  const body = bytesOf(words)
  const parts = [bytesOf(source.marks), bytesOf(fence), bytesOf(filterOf(words)), bytesOf(sumsOf(body))]
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(magic, 0)
  head.writeDoubleLE(source.first, 8)
  head.writeDoubleLE(source.last, 16)
  head.writeDoubleLE(source.end, 24)
  head.writeDoubleLE(words.length / 2, 32)
  parts.forEach((part, i) => {
    head.writeUInt32LE(part.length, 40 + 4 * i)
  })
  head.write(id, idPlace, 'hex')
  let sum = crc32(head.subarray(8))
  for (const part of parts) sum = crc32(part, sum)
  head.writeUInt32LE(sum, 4)
  const path = join(folder, nameOf(source.first, source.last))
  const handle = openSync(`${path}.new`, 'w')
  try {
    for (const part of [head, ...parts, body]) for (let at = 0; at < part.length; ) at += writeSync(handle, part, at)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${path}.new`, path)
  return path
}

const aligned = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer

interface Opened {
  readonly handle: number
  readonly first: number
  readonly last: number
  readonly end: number
  readonly entries: number
  readonly marks: Float64Array
  readonly fence: Uint32Array
  readonly filter: Uint32Array
  /** Of each block. */
  readonly sums: Uint32Array
  /** Where the entries begin. */
  readonly body: number
  readonly id: string
}

const openParts = (path: string): Opened | undefined => {
  const handle = openSync(path, 'r')
  const head = Log.readAt(handle, 0, headBytes)
  const whole = head.length === headBytes && head.readUInt32LE(0) === magic
  const sizes = whole ? [40, 44, 48, 52].map((place) => head.readUInt32LE(place)) : []
  const restBytes = sizes.reduce((a, b) => a + b, 0)
  // What a damaged head asks for is not read.
  const isThere = whole && headBytes + restBytes <= fstatSync(handle).size
  const rest = isThere ? Log.readAt(handle, headBytes, restBytes) : Buffer.alloc(0)
  if (!isThere || head.readUInt32LE(4) !== crc32(rest, crc32(head.subarray(8)))) {
    closeSync(handle)
    return undefined
  }
  const parts: Buffer[] = []
  for (let i = 0, place = 0; i < sizes.length; place += sizes[i++] as number)
    parts.push(rest.subarray(place, place + (sizes[i] as number)))
  const [marks, fence, filter, sums] = parts.map(aligned) as [ArrayBuffer, ArrayBuffer, ArrayBuffer, ArrayBuffer]
  return {
    handle,
    first: head.readDoubleLE(8),
    last: head.readDoubleLE(16),
    end: head.readDoubleLE(24),
    entries: head.readDoubleLE(32),
    marks: new Float64Array(marks),
    fence: new Uint32Array(fence),
    filter: new Uint32Array(filter),
    sums: new Uint32Array(sums),
    body: headBytes + rest.length,
    id: head.toString('hex', idPlace, headBytes),
  }
}

/** The entries of a block. @throws {JournalReadError} they are not as they were written */
const blockOf = (path: string, { handle, body, entries, sums }: Opened, number: number): Uint32Array => {
  const [from, to] = [body + number * blockBytes, body + Math.min(entries * entryBytes, (number + 1) * blockBytes)]
  const bytes = Log.readAt(handle, from, to - from)
  if (bytes.length === to - from && crc32(bytes) === sums[number]) return new Uint32Array(aligned(bytes))
  throw new JournalReadError(new Error(`the index is damaged: ${path}, bytes ${from} to ${to}`))
}

/** Opens a run, or says that it is none that can be used. */
export const open = (path: string): Run | undefined => {
  const opened = openParts(path)
  if (opened === undefined) return undefined
  const { handle, first, last, end, entries, marks, fence, filter, id } = opened

  /** The first block that may hold a high word: the one before the first whose fence is not below it. */
  const firstBlock = (high: number): number => {
    let [low, most] = [0, fence.length]
    while (low < most) {
      const middle = (low + most) >>> 1
      if ((fence[middle] as number) < high) low = middle + 1
      else most = middle
    }
    return low === 0 ? 0 : low - 1
  }

  return {
    first,
    last,
    end,
    marks,
    path,
    id,
    entries,
    mayHave({ high, low }) {
      const bits = filter.length * 32
      for (let probe = 0; probe < probes; probe++) {
        const bit = bitOf(high, low, probe, bits)
        if (((filter[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false
      }
      return true
    },
    *find({ high, low }, from = first) {
      const least = (low | Math.max(0, from - first)) >>> 0
      const most = (low | (mostPlaces - 1)) >>> 0
      for (let number = firstBlock(high); number < fence.length; number++) {
        const words = blockOf(path, opened, number)
        for (let i = 0; i < words.length; i += 2) {
          const [ownLow, ownHigh] = [words[i] as number, words[i + 1] as number]
          if (ownHigh > high || (ownHigh === high && ownLow > most)) return
          if (ownHigh === high && ownLow >= least) yield first + (ownLow & (mostPlaces - 1))
        }
      }
    },
    close: () => closeSync(handle),
  }
}

/** The entries of neighbouring runs as the source of one that takes their place. @throws {JournalReadError} one is damaged */
export const joined = (paths: readonly string[]): Source => {
  const all = paths.map((path) => ({ path, opened: openParts(path) }))
  try {
    const found = all.map(({ path, opened }) => {
      if (opened === undefined) throw new JournalReadError(new Error(`the index is damaged: ${path}`))
      return { path, ...opened }
    })
    const [start, end] = [found[0], found.at(-1)]
    if (start === undefined || end === undefined) throw new TypeError('no runs to join')
    const words = new Uint32Array(2 * found.reduce((sum, { entries }) => sum + entries, 0))
    let place = 0
    for (const one of found)
      for (let number = 0; number < one.fence.length; number++) {
        const own = blockOf(one.path, one, number)
        for (let i = 0; i < own.length; i += 2) own[i] = (own[i] as number) + (one.first - start.first)
        words.set(own, place)
        place += own.length
      }
    const marks = new Float64Array(found.flatMap((one) => [...one.marks]))
    return { first: start.first, last: end.last, end: end.end, marks, words }
  } finally {
    for (const { opened } of all) if (opened !== undefined) closeSync(opened.handle)
  }
}
