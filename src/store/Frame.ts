/**
 * One group commit as it lies in the log: a head, the credit key's seal, the records. All of it or nothing counts: the checksum in the
 * head covers everything behind it.
 *
 * head (32 bytes, little-endian): magic, CRC-32 of all that follows it, bytes behind the head, records, position of the first record
 * (8 bytes), term of the writer, bytes of the seal. A record: its length, its kind, then its bytes, filled up to a multiple of four.
 * Payments are kept as `Packed` says; everything else, which is rare, as one line of JSON.
 */
import { crc32 } from 'node:zlib'
import * as Packed from '../core/Packed.ts'
import type { Hex } from '../core/Payment.ts'
import * as Record from '../core/Record.ts'
import type { Entry } from './Journal.ts'

export interface Frame {
  /** Position of its first record, and how many there are. */
  readonly first: number
  readonly count: number
  readonly term: number
  /** The whole frame. */
  readonly bytes: Buffer
  readonly seal: Hex | undefined
}

/** An entry where it stands. */
export interface Placed {
  readonly position: number
  readonly entry: Entry
}

export const headBytes = 32
/** What a group is told from others by. */
export const printBytes = 64
const magic = 0x31_4a_4c_53
/** A frame that claims more was never written by us. */
const mostBytes = 1 << 30

const kinds = { payment: 1, sale: 2, json: 3, recovered: 4 } as const

const padded = (length: number): number => (length + 3) & ~3

/** Everything as bytes: legs of payments, or JSON. */
type Parts = readonly Packed.Packed[] | Buffer

const partsOf = (entry: Entry): Parts => {
  if (Packed.isList(entry)) return entry
  const payments = Record.payments(entry)
  return payments.length > 0 ? payments.map(Packed.fromRecord) : Buffer.from(Record.format(entry))
}

const lengthOf = (parts: Parts): number => {
  if (Buffer.isBuffer(parts)) return parts.length
  let length = 0
  for (let i = 0; i < parts.length; i++) length += (parts[i] as Packed.Packed).size
  return length
}

/** Copies all parts to a place, and returns where they end. Counted loops: of lists of payments and of bytes in turn, others are slow. */
const copyParts = (parts: Parts, bytes: Buffer, place: number): number => {
  if (Buffer.isBuffer(parts)) return place + parts.copy(bytes, place)
  let end = place
  for (let i = 0; i < parts.length; i++) {
    const { bytes: from, start, size } = parts[i] as Packed.Packed
    end += from.copy(bytes, end, start, start + size)
  }
  return end
}

/** Of a sale, the kind also says how many bytes the first leg has. */
const kindOf = (entry: Entry, parts: Parts): number => {
  if (Buffer.isBuffer(parts)) return kinds.json
  if (!Packed.isList(entry) && entry.type === 'recovered') return kinds.recovered
  return parts.length === 1 ? kinds.payment : kinds.sale | ((parts[0] as Packed.Packed).size << 8)
}

/** Writes a frame. */
export const encode = (entries: readonly Entry[], first: number, term: number, seal?: Hex): Buffer => {
  const records = entries.map(partsOf)
  const sealBytes = seal === undefined ? 0 : (seal.length - 2) / 2
  let length = headBytes + padded(sealBytes)
  for (let i = 0; i < records.length; i++) length += 8 + padded(lengthOf(records[i] as Parts))
  const bytes = Buffer.allocUnsafe(length)
  let place = headBytes
  if (seal !== undefined) bytes.fill(0, place, place + padded(sealBytes)).write(seal.slice(2), place, 'hex')
  place += padded(sealBytes)
  for (let i = 0; i < records.length; i++) {
    const parts = records[i] as Parts
    const own = lengthOf(parts)
    bytes.writeUInt32LE(own, place)
    bytes.writeUInt32LE(kindOf(entries[i] as Entry, parts), place + 4)
    place += 8
    const end = copyParts(parts, bytes, place)
    place += padded(own)
    bytes.fill(0, end, place)
  }
  bytes.writeUInt32LE(magic, 0)
  bytes.writeUInt32LE(length - headBytes, 8)
  bytes.writeUInt32LE(records.length, 12)
  bytes.writeBigUInt64LE(BigInt(first), 16)
  bytes.writeUInt32LE(term, 24)
  bytes.writeUInt32LE(sealBytes, 28)
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
  return bytes
}

/** Bytes of the frame whose head stands there, or undefined where there is no head. */
export const lengthAt = (bytes: Buffer, place: number): number | undefined => {
  if (place + headBytes > bytes.length || bytes.readUInt32LE(place) !== magic) return undefined
  const length = bytes.readUInt32LE(place + 8)
  return length > mostBytes ? undefined : headBytes + length
}

/** What a head says. */
export const headAt = (bytes: Buffer, place: number) => ({
  first: Number(bytes.readBigUInt64LE(place + 16)),
  count: bytes.readUInt32LE(place + 12),
  term: bytes.readUInt32LE(place + 24),
})

/**
 * The first bytes of a frame: its head, which has the checksum of all else, its position and term, and the first half of its seal, which is
 * a signature over all of its payments.
 */
export const print = (frame: Buffer): Buffer => {
  const own = Buffer.alloc(printBytes)
  frame.copy(own, 0, 0, Math.min(printBytes, frame.length))
  return own
}

/** The frame that stands there whole, or undefined where its checksum says that it does not. */
export const decode = (bytes: Buffer): Frame | undefined => {
  const length = lengthAt(bytes, 0)
  if (length === undefined || bytes.length < length) return undefined
  const own = bytes.subarray(0, length)
  if (own.readUInt32LE(4) !== crc32(own.subarray(8))) return undefined
  const sealBytes = own.readUInt32LE(28)
  const seal: Hex | undefined =
    sealBytes === 0 ? undefined : `0x${own.toString('hex', headBytes, headBytes + sealBytes)}`
  return { ...headAt(own, 0), bytes: own, seal }
}

interface Stretch {
  readonly position: number
  readonly kind: number
  readonly start: number
  readonly length: number
}

/** Where the records of a frame lie in it. */
function* stretches({ bytes, first, count }: Frame): Generator<Stretch> {
  let place = headBytes + padded(bytes.readUInt32LE(28))
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(place)
    yield { position: first + i, kind: bytes.readUInt32LE(place + 4), start: place + 8, length }
    place += 8 + padded(length)
  }
}

const legsOf = (bytes: Buffer, view: DataView, { kind, start, length }: Stretch): readonly Packed.Packed[] => {
  if (kind === kinds.payment || kind === kinds.recovered) return [{ bytes, view, start, size: length }]
  const size = kind >>> 8
  return [
    { bytes, view, start, size },
    { bytes, view, start: start + size, size: length - size },
  ]
}

const toRecordOf = (legs: readonly Packed.Packed[]): Record.PaymentRecord => Packed.toRecord(legs[0] as Packed.Packed)

/** The records of a frame, in order. Payments are places within the frame's own memory. */
export function* entries(frame: Frame): Generator<Placed> {
  const { bytes } = frame
  const view = Packed.viewOf(bytes)
  for (const stretch of stretches(frame)) {
    const { position, kind, start, length } = stretch
    if (kind === kinds.recovered)
      yield { position, entry: { ...toRecordOf(legsOf(bytes, view, stretch)), type: 'recovered' } }
    else if (kind !== kinds.json) yield { position, entry: legsOf(bytes, view, stretch) }
    else yield { position, entry: Record.parse(bytes.toString('utf8', start, start + length)) }
  }
}

/** Visits the payments alone, in order; both legs of a sale. */
export const forEachPayment = (
  { bytes, first, count }: Frame,
  visit: (payment: Packed.Packed, position: number) => void,
): void => {
  const view = Packed.viewOf(bytes)
  let place = headBytes + padded(bytes.readUInt32LE(28))
  for (let i = 0; i < count; i++) {
    const [length, kind, start] = [view.getUint32(place, true), view.getUint32(place + 4, true), place + 8]
    const size = kind === kinds.payment || kind === kinds.recovered ? length : kind >>> 8
    if (kind !== kinds.json) visit({ bytes, view, start, size }, first + i)
    if (kind !== kinds.json && size < length)
      visit({ bytes, view, start: start + size, size: length - size }, first + i)
    place = start + padded(length)
  }
}

/** An entry as values. */
export const toRecord = (entry: Entry): Record.Record => {
  if (!Packed.isList(entry)) return entry
  const [first, second] = entry.map(Packed.toRecord) as [Record.PaymentRecord, Record.PaymentRecord?]
  return second === undefined ? first : { type: 'sale', legs: [first, second] }
}
