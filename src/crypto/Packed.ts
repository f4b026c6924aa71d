/**
 * The hashes of a payment that is held as bytes (`core/Packed`): the same as `Digest` makes of values, by property, in a third of the time,
 * because nothing is turned into text and back. Messages are laid out in the hasher's memory once; only what differs is written into them.
 */
import { cell, type Row } from '../core/Accounts.ts'
import { at, type Packed } from '../core/Packed.ts'
import type { Hex } from '../core/Payment.ts'
import * as Digest from './Digest.ts'
import * as Keccak from './Keccak.ts'
import * as Signature from './Signature.ts'

const wordBytes = 32

/** A message of so many words in the hasher's memory, the first of which may be a type's hash. */
const message = (words: number, type?: string): number => {
  const place = Keccak.reserve(words * wordBytes)
  if (type !== undefined) Keccak.bytesAt(place, wordBytes).write(Keccak.ofText(type).slice(2), 'hex')
  return place
}

const debit = message(4, Digest.types.Debit)
const credit = message(6, Digest.types.Credit)
const history = message(5)
const earned = message(4)
const hash = Keccak.reserve(wordBytes)

/** Puts bytes at the end of a message's word. */
const put = (target: number, word: number, from: DataView, start: number, length: number): void =>
  Keccak.put(target + (word + 1) * wordBytes - length, from, start, length)

const digest = Keccak.reserve(66)
Keccak.view.setUint16(digest, 0x1901)
let standing: Digest.Domain | undefined

/** The digest of a message in a domain, written to a place of the hasher's memory. */
const digestInto = (place: number, domain: Digest.Domain, struct: number, words: number): void => {
  if (domain !== standing) {
    standing = domain
    Keccak.bytesAt(digest + 2, wordBytes).write(domain.slice(2), 'hex')
  }
  Keccak.hash(struct, words * wordBytes, digest + 34)
  Keccak.hash(digest, 66, place)
}

/** Finds out id and payer of a payment. False: the signature is none. */
export const identify = (domain: Digest.Domain, { view, start, size }: Packed): boolean => {
  put(debit, 1, view, start + at.asset, 20)
  put(debit, 2, view, start + at.total, 12)
  put(debit, 3, view, start + at.history, 32)
  digestInto(hash, domain, debit, 4)
  Keccak.take(hash, view, start + at.id, wordBytes)
  return Signature.recoverInto(view, start + at.payer, hash, start + at.signature, size - at.signature)
}

/** Hashes a payment's content behind the history that the message has, and says whether that is the history that the payment states. */
const continues = ({ view, start }: Packed): boolean => {
  put(history, 1, view, start + at.payee, 20)
  put(history, 2, view, start + at.amount, 12)
  put(history, 3, view, start + at.reference, 32)
  put(history, 4, view, start + at.validUntil, 8)
  Keccak.hash(history, 5 * wordBytes, hash)
  for (let i = 0; i < wordBytes; i += 4)
    if (Keccak.view.getUint32(hash + i) !== view.getUint32(start + at.history + i)) return false
  return true
}

/** The history that the payment must state, as hex where it is another than it does; undefined where it does. */
export const otherHistory = (p: Packed, payer: Row | undefined): Hex | undefined => {
  if (payer !== undefined) put(history, 0, payer.view, payer.start + cell.debitHistory, 32)
  else {
    // As `debitGenesis` says.
    for (let i = 0; i < 12; i += 4) Keccak.view.setUint32(history + i, 0)
    put(history, 0, p.view, p.start + at.payer, 20)
  }
  return continues(p) ? undefined : `0x${Keccak.bytesAt(hash, wordBytes).toString('hex')}`
}

/** Whether a payment was signed right behind another one. */
export const isBehind = (before: Packed, p: Packed): boolean => {
  put(history, 0, before.view, before.start + at.history, 32)
  return continues(p)
}

/** Writes the credit histories before and after the payment. */
export const credited = ({ view, start }: Packed, payee: Row | undefined): void => {
  if (payee !== undefined) put(earned, 0, payee.view, payee.start + cell.creditHistory, 32)
  else for (let i = 0; i < wordBytes; i += 4) Keccak.view.setUint32(earned + i, 0)
  Keccak.take(earned, view, start + at.creditBefore, wordBytes)
  put(earned, 1, view, start + at.payer, 20)
  put(earned, 2, view, start + at.amount, 12)
  put(earned, 3, view, start + at.reference, 32)
  Keccak.hash(earned, 4 * wordBytes, hash)
  Keccak.take(hash, view, start + at.creditHistory, wordBytes)
}

/** The digest of the credit that the payment made, written to a place. */
export const creditInto = (target: DataView, place: number, domain: Digest.Domain, { view, start }: Packed): void => {
  put(credit, 1, view, start + at.asset, 20)
  put(credit, 2, view, start + at.payee, 20)
  put(credit, 3, view, start + at.creditTotal, 12)
  put(credit, 4, view, start + at.creditHistory, 32)
  put(credit, 5, view, start + at.id, 32)
  digestInto(hash, domain, credit, 6)
  Keccak.take(hash, target, place, wordBytes)
}
