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

/** Hashes whole words of memory, and writes the key as the two words of an entry, low and high, to a place. */
const hashInto = (
  target: Uint32Array,
  place: number,
  seed: Seed,
  view: DataView,
  from: number,
  to: number,
  kind: Kind,
): void => {
  let [a, b] = [seed.a ^ kind, seed.b | 0]
  for (let i = from; i < to; i += 4) {
    const word = view.getInt32(i)
    a = Math.imul(a ^ word, 0x9e3779b1)
    a ^= a >>> 15
    b = Math.imul(b ^ word ^ (a >>> 3), 0x85ebca6b)
    b ^= b >>> 13
  }
  a = Math.imul(a ^ (b >>> 7), 0xc2b2ae35)
  a ^= a >>> 16
  target[place] = ((b & 0xff) << 24) | (kind << placeBits)
  target[place + 1] = a
}

const one = new Uint32Array(2)

const hash = (seed: Seed, view: DataView, from: number, to: number, kind: Kind): Key => {
  hashInto(one, 0, seed, view, from, to, kind)
  return { high: one[1] as number, low: one[0] as number }
}

const purchaseBytes = 72

export const ofId = (seed: Seed, view: DataView, start: number): Key => hash(seed, view, start, start + 32, kinds.id)
/** Payer, asset and reference stand side by side in a packed payment. */
export const ofPurchase = (seed: Seed, view: DataView, start: number): Key =>
  hash(seed, view, start, start + purchaseBytes, kinds.purchase)
export const ofLine = (seed: Seed, view: DataView, start: number): Key =>
  hash(seed, view, start, start + 20, kinds.line)

/** Keys that a payment has at most. */
export const mostOfPayment = 4

/** Writes everything under which a payment is found, as pairs of words. Returns how many keys. */
export const ofPayment = (target: Uint32Array, seed: Seed, payment: Packed.Packed): number => {
  const { at } = Packed
  const { view, start } = payment
  const [id, payer, payee] = [start + at.id, start + at.payer, start + at.payee]
  hashInto(target, 0, seed, view, id, id + 32, kinds.id)
  hashInto(target, 2, seed, view, payer, payer + 20, kinds.line)
  hashInto(target, 4, seed, view, payee, payee + 20, kinds.line)
  if (!Packed.isPurchase(payment)) return 3
  hashInto(target, 6, seed, view, payer, payer + purchaseBytes, kinds.purchase)
  return 4
}
