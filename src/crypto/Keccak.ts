/**
 * keccak256, as fast as it comes: hash-wasm (1 M hashes/s), loaded once when the module is imported. All digests of a payment are made
 * here, about eight for each, so this is where their time goes.
 */
import { createKeccak } from 'hash-wasm'
import type { Hex } from '../core/Payment.ts'

const hasher = await createKeccak(256)

/** Of bytes given as hex digits without 0x. */
export const ofDigits = (digits: string): Hex => `0x${hasher.init().update(Buffer.from(digits, 'hex')).digest('hex')}`

/** Of bytes. */
export const ofBytes = (bytes: Uint8Array): Hex => `0x${hasher.init().update(bytes).digest('hex')}`

/** Of bytes, written to a place. */
export const into = (target: Uint8Array, place: number, bytes: Uint8Array): void =>
  target.set(hasher.init().update(bytes).digest('binary'), place)

/** Of a text's UTF-8 bytes. */
export const ofText = (text: string): Hex => `0x${hasher.init().update(text).digest('hex')}`
