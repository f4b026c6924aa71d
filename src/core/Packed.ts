/**
 * A payment as bytes, in one fixed place each: what the journal holds, what worker threads hand over, and what is hashed, without turning
 * anything into text and back on the way. `Record` and `Wire` give the same payment as values and as JSON.
 *
 * | at  | bytes | field            | at  | bytes     | field                              |
 * |-----|-------|------------------|-----|-----------|------------------------------------|
 * | 0   | 20    | payee            | 124 | 12        | credit total, after the payment    |
 * | 20  | 20    | payer            | 136 | 8         | accepted at, ms (float, big-endian)|
 * | 40  | 20    | asset            | 144 | 32        | debit history                      |
 * | 60  | 32    | reference        | 176 | 32        | id                                 |
 * | 92  | 8     | valid until      | 208 | 32        | credit history before the payment  |
 * | 100 | 12    | amount           | 240 | 32        | credit history after it            |
 * | 112 | 12    | debit total      | 272 | 64 or 128 | signature                          |
 *
 * Numbers are big-endian, as hashes want them. Everything starts at a multiple of four, so that addresses compare word by word.
 */
import type { AmountAtomic } from './Amount.ts'
import type { Address, Hex, PaymentRequest } from './Payment.ts'
import type { PaymentRecord } from './Record.ts'

export const at = {
  payee: 0,
  payer: 20,
  asset: 40,
  reference: 60,
  validUntil: 92,
  amount: 100,
  total: 112,
  creditTotal: 124,
  atMs: 136,
  history: 144,
  id: 176,
  creditBefore: 208,
  creditHistory: 240,
  signature: 272,
} as const

/** Bytes of a payment with a secp256k1 signature, and with a P-256 one. */
export const size = at.signature + 64
export const sizeP256 = at.signature + 128

/** A place in memory. */
export interface Place {
  readonly bytes: Buffer
  /** Over the same memory. */
  readonly view: DataView
  readonly start: number
}

/** A place in memory where a payment stands. Whoever holds one may rely on it that nobody else writes there. */
export interface Packed extends Place {
  /** `size` or `sizeP256`. */
  readonly size: number
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** Tells payments as bytes from a record as values. */
export const isList = <T>(entry: T | readonly Packed[]): entry is readonly Packed[] => Array.isArray(entry)

/** Memory for a payment. */
export const create = (bytes: number = size): Packed => {
  const memory = Buffer.alloc(bytes)
  return { bytes: memory, view: viewOf(memory), start: 0, size: bytes }
}

/** Payments that come in share memory, so many of them: memory of its own for each would cost more than all that is written there. */
const perSlab = 64
let slab: Place = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), start: 0 }
let next = 0

/** Memory for one payment of any size. */
export const room = (): Place => {
  if (next === slab.bytes.length) {
    const bytes = Buffer.alloc(perSlab * sizeP256)
    slab = { bytes, view: viewOf(bytes), start: 0 }
    next = 0
  }
  const { bytes, view } = slab
  const start = next
  next += sizeP256
  return { bytes, view, start }
}

/** A number of at most 96 bits. */
export const readAmount = (view: DataView, place: number): bigint => {
  const low = view.getBigUint64(place + 4)
  const high = view.getUint32(place)
  return high === 0 ? low : (BigInt(high) << 64n) | low
}

export const writeAmount = (view: DataView, place: number, value: bigint): void => {
  view.setUint32(place, Number(value >> 64n))
  view.setBigUint64(place + 4, value)
}

export const amount = ({ view, start }: Packed): AmountAtomic => readAmount(view, start + at.amount) as AmountAtomic
export const total = ({ view, start }: Packed): AmountAtomic => readAmount(view, start + at.total) as AmountAtomic
export const validUntil = ({ view, start }: Packed): bigint => view.getBigUint64(start + at.validUntil)

const hexAt = ({ bytes, start }: Packed, place: number, length: number): Hex =>
  `0x${bytes.toString('hex', start + place, start + place + length)}`

export const id = (p: Packed): Hex => hexAt(p, at.id, 32)
export const payer = (p: Packed): Address => hexAt(p, at.payer, 20)
export const payee = (p: Packed): Address => hexAt(p, at.payee, 20)

/** Copies whole words, a few of them: where a call of `copy` would cost more than what it does. */
export const copyWords = (to: DataView, place: number, from: DataView, start: number, length: number): void => {
  for (let i = 0; i < length; i += 4) to.setInt32(place + i, from.getInt32(start + i, true), true)
}

export const isSameWords = (a: DataView, start: number, b: DataView, place: number, length: number): boolean => {
  for (let i = 0; i < length; i += 4) if (a.getInt32(start + i) !== b.getInt32(place + i)) return false
  return true
}

/** Assets are few, and nearly all payments are in the one of the payment before. */
const lastAsset = new DataView(new ArrayBuffer(20))
let lastAssetText: Address = `0x${'0'.repeat(40)}`

export const asset = (p: Packed): Address => {
  if (isSameWords(p.view, p.start + at.asset, lastAsset, 0, 20)) return lastAssetText
  copyWords(lastAsset, 0, p.view, p.start + at.asset, 20)
  lastAssetText = hexAt(p, at.asset, 20)
  return lastAssetText
}
export const history = (p: Packed): Hex => hexAt(p, at.history, 32)
export const reference = (p: Packed): Hex => hexAt(p, at.reference, 32)

/** Bytes as short text, to key a map by. */
export const keyOf = ({ bytes, start }: Packed, from: number, to: number): string =>
  bytes.toString('latin1', start + from, start + to)

/** Names the payment. */
export const idKey = (p: Packed): string => keyOf(p, at.id, at.id + 32)
/** All that a payment says beside its id. */
export const contentKey = (p: Packed): string => keyOf(p, 0, at.total)
/** Names the purchase: payer, asset, reference. */
export const purchaseKey = (p: Packed): string => keyOf(p, at.payer, at.reference + 32)
/** Names the payer's line, which is how the name of its purchases begins: payer, asset. */
export const lineOf = (purchase: string): string => purchase.slice(0, at.reference - at.payer)

/** Whether it is for something that can be bought once only; a payment without a reference is not. */
export const isPurchase = ({ view, start }: Packed): boolean => {
  for (let i = at.reference; i < at.reference + 32; i += 4) if (view.getUint32(start + i) !== 0) return true
  return false
}

/**
 * Whether two payments of the same id say the same beside it: a copy that differs in payee, amount, reference or validity is another
 * payment, made from the same signature, or under another's key.
 */
export const isSame = (a: Packed, b: Packed): boolean =>
  a.bytes.compare(b.bytes, b.start, b.start + at.total, a.start, a.start + at.total) === 0 &&
  a.bytes.compare(b.bytes, b.start + at.id, b.start + at.id + 32, a.start + at.id, a.start + at.id + 32) === 0

/** Whether two payments are of one purchase: payer, asset and reference. */
export const isSamePurchase = (a: Packed, b: Packed): boolean =>
  a.bytes.compare(b.bytes, b.start + at.payer, b.start + at.validUntil, a.start + at.payer, a.start + at.validUntil) ===
  0

const writeHex = ({ bytes, start }: Packed, place: number, value: Hex): void => {
  bytes.write(value.slice(2), start + place, 'hex')
}

/** Writes a request's fields; id and payer are not known yet. */
const writeRequest = (p: Packed, request: PaymentRequest): void => {
  writeHex(p, at.payee, request.payee)
  writeHex(p, at.asset, request.asset)
  writeHex(p, at.reference, request.reference)
  p.view.setBigUint64(p.start + at.validUntil, request.validUntil)
  writeAmount(p.view, p.start + at.amount, request.amount)
  writeAmount(p.view, p.start + at.total, request.total)
  writeHex(p, at.history, request.history)
  writeHex(p, at.signature, request.signature)
}

const sizeFor = (signature: Hex): number => at.signature + (signature.length - 2) / 2

/** @param request with a signature of 64 or 128 bytes */
export const fromRequest = (request: PaymentRequest): Packed => {
  const p = create(sizeFor(request.signature))
  writeRequest(p, request)
  return p
}

export const fromRecord = (record: PaymentRecord): Packed => {
  const p = create(sizeFor(record.signature))
  writeRequest(p, record)
  writeHex(p, at.id, record.id)
  writeHex(p, at.payer, record.payer)
  writeHex(p, at.creditBefore, record.creditBefore)
  writeAmount(p.view, at.creditTotal, record.creditTotal)
  writeHex(p, at.creditHistory, record.creditHistory)
  p.view.setFloat64(at.atMs, record.atMs)
  return p
}

export const toRecord = (p: Packed): PaymentRecord => {
  const { view, start } = p
  return {
    type: 'payment',
    asset: asset(p),
    payee: payee(p),
    amount: amount(p),
    reference: reference(p),
    validUntil: validUntil(p),
    total: total(p),
    history: history(p),
    signature: hexAt(p, at.signature, p.size - at.signature),
    id: id(p),
    payer: payer(p),
    creditBefore: hexAt(p, at.creditBefore, 32),
    creditTotal: readAmount(view, start + at.creditTotal) as AmountAtomic,
    creditHistory: hexAt(p, at.creditHistory, 32),
    atMs: view.getFloat64(start + at.atMs),
  }
}
