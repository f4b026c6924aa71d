/**
 * The hashes of a payment that is held as bytes (`core/Packed`): the same as `Digest` makes of values, by property, in a third of the time,
 * because nothing is turned into text and back. Messages are laid out in memory once; only what differs is written into them.
 */
import { cell, type Row } from '../core/Accounts.ts'
import { at, type Packed } from '../core/Packed.ts'
import type { Hex } from '../core/Payment.ts'
import * as Digest from './Digest.ts'
import * as Keccak from './Keccak.ts'
import * as Signature from './Signature.ts'

const wordBytes = 32

/** A message of so many words, the first of which may be a type's hash. */
const message = (words: number, type?: string): Buffer => {
  const memory = Buffer.alloc(words * wordBytes)
  if (type !== undefined) memory.write(Keccak.ofText(type).slice(2), 'hex')
  return memory
}

const debit = message(4, Digest.types.Debit)
const credit = message(6, Digest.types.Credit)
const history = message(5)
const earned = message(4)
const hash = Buffer.alloc(wordBytes)

/** Puts bytes at the end of a message's word. */
const put = (target: Buffer, word: number, from: Buffer, start: number, length: number): void => {
  from.copy(target, (word + 1) * wordBytes - length, start, start + length)
}

const digest = Buffer.alloc(66)
digest.writeUInt16BE(0x1901)

/** The digest of a message in a domain, written to a place. */
const digestInto = (target: Buffer, place: number, domain: Digest.Domain, struct: Buffer): void => {
  if (domain !== standing) {
    standing = domain
    digest.write(domain.slice(2), 2, 'hex')
  }
  Keccak.into(digest, 34, struct)
  Keccak.into(target, place, digest)
}
let standing: Digest.Domain | undefined

/** Finds out id and payer of a payment. False: the signature is none. */
export const identify = (domain: Digest.Domain, p: Packed): boolean => {
  const { bytes, start } = p
  put(debit, 1, bytes, start + at.asset, 20)
  put(debit, 2, bytes, start + at.total, 12)
  put(debit, 3, bytes, start + at.history, 32)
  digestInto(bytes, start + at.id, domain, debit)
  const [id, signature] = [start + at.id, start + at.signature]
  return Signature.recoverInto(
    bytes,
    start + at.payer,
    bytes.subarray(id, id + wordBytes),
    bytes.subarray(signature, start + p.size),
  )
}

const genesis = Buffer.alloc(wordBytes)

/** Hashes a payment's content behind a history, and says whether that is the history that the payment states. */
const continues = ({ bytes, start }: Packed, before: Buffer, place: number): boolean => {
  put(history, 0, before, place, 32)
  put(history, 1, bytes, start + at.payee, 20)
  put(history, 2, bytes, start + at.amount, 12)
  put(history, 3, bytes, start + at.reference, 32)
  put(history, 4, bytes, start + at.validUntil, 8)
  Keccak.into(hash, 0, history)
  return bytes.compare(hash, 0, wordBytes, start + at.history, start + at.history + wordBytes) === 0
}

/** The history that the payment must state, as hex where it is another than it does; undefined where it does. */
export const otherHistory = (p: Packed, payer: Row | undefined): Hex | undefined => {
  if (payer === undefined) {
    genesis.fill(0)
    put(genesis, 0, p.bytes, p.start + at.payer, 20)
  }
  const isSame = continues(p, payer?.bytes ?? genesis, payer === undefined ? 0 : payer.start + cell.debitHistory)
  return isSame ? undefined : `0x${hash.toString('hex')}`
}

/** Whether a payment was signed right behind another one. */
export const isBehind = (before: Packed, p: Packed): boolean => continues(p, before.bytes, before.start + at.history)

/** Writes the credit histories before and after the payment. */
export const credited = ({ bytes, start }: Packed, payee: Row | undefined): void => {
  if (payee === undefined) bytes.fill(0, start + at.creditBefore, start + at.creditBefore + wordBytes)
  else put(bytes.subarray(start + at.creditBefore), 0, payee.bytes, payee.start + cell.creditHistory, 32)
  put(earned, 0, bytes, start + at.creditBefore, 32)
  put(earned, 1, bytes, start + at.payer, 20)
  put(earned, 2, bytes, start + at.amount, 12)
  put(earned, 3, bytes, start + at.reference, 32)
  Keccak.into(bytes, start + at.creditHistory, earned)
}

/** The digest of the credit that the payment made, written to a place. */
export const creditInto = (target: Buffer, place: number, domain: Digest.Domain, { bytes, start }: Packed): void => {
  put(credit, 1, bytes, start + at.asset, 20)
  put(credit, 2, bytes, start + at.payee, 20)
  put(credit, 3, bytes, start + at.creditTotal, 12)
  put(credit, 4, bytes, start + at.creditHistory, 32)
  put(credit, 5, bytes, start + at.id, 32)
  digestInto(target, place, domain, credit)
}
