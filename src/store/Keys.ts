/**
 * The keys of the index: a payment's id; a purchase (payer, asset, reference); an account, whose payments are its lines. A key is 40 bits of
 * a hash, in two words together with its kind and the place of the record: what is found under a key is looked at in the log before it is
 * believed, so two things under one key cost a reading and change nothing.
 *
 * The hash is seeded by chance, once for each journal: whoever pays chooses references and addresses, and must not be able to pile them up
 * under one key.
 */
import * as Packed from '../core/Packed.ts'

export const kinds = { id: 0, purchase: 1, line: 2 } as const
export type Kind = (typeof kinds)[keyof typeof kinds]

/** What an entry says besides the first 32 bits of its key: 8 more bits, 2 of the kind, 22 of the record's place in its run. */
export const placeBits = 22
export const mostPlaces = 1 << placeBits

/** A key; `low` has its place bits free. */
export interface Key {
  readonly high: number
  readonly low: number
}

/** Two words that nobody outside knows. */
export interface Seed {
  readonly a: number
  readonly b: number
}

/** Hashes whole words of memory. */
const hash = (seed: Seed, view: DataView, from: number, to: number, kind: Kind): Key => {
  let [a, b] = [seed.a ^ kind, seed.b]
  for (let i = from; i < to; i += 4) {
    const word = view.getUint32(i)
    a = Math.imul(a ^ word, 0x9e3779b1)
    a ^= a >>> 15
    b = Math.imul(b ^ word ^ (a >>> 3), 0x85ebca6b)
    b ^= b >>> 13
  }
  a = Math.imul(a ^ (b >>> 7), 0xc2b2ae35)
  a ^= a >>> 16
  return { high: a >>> 0, low: (((b & 0xff) << 24) | (kind << placeBits)) >>> 0 }
}

export const ofId = (seed: Seed, view: DataView, start: number): Key => hash(seed, view, start, start + 32, kinds.id)
/** Payer, asset and reference stand side by side in a packed payment. */
export const ofPurchase = (seed: Seed, view: DataView, start: number): Key =>
  hash(seed, view, start, start + 72, kinds.purchase)
export const ofLine = (seed: Seed, view: DataView, start: number): Key =>
  hash(seed, view, start, start + 20, kinds.line)

/** Everything under which a payment is found. */
export const ofPayment = (seed: Seed, payment: Packed.Packed): readonly Key[] => {
  const { at } = Packed
  const { view, start } = payment
  const keys = [
    ofId(seed, view, start + at.id),
    ofLine(seed, view, start + at.payer),
    ofLine(seed, view, start + at.payee),
  ]
  if (Packed.isPurchase(payment)) keys.push(ofPurchase(seed, view, start + at.payer))
  return keys
}
