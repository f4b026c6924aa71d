/**
 * Signing and recovering: secp256k1 natively through libsecp256k1 where its prebuilt binding loads, else in pure JavaScript
 * (noble); P-256 through noble. Which one runs is said in `backend`.
 *
 * A signature is 64 bytes (EIP-2098 compact: r, s with the recovery bit on top) or 128 bytes (P-256: r, s, x, y).
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { p256 } from '@noble/curves/p256'
import { secp256k1 as noble } from '@noble/curves/secp256k1'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Digest from './Digest.ts'
import * as Keccak from './Keccak.ts'

/** What one implementation of secp256k1 does. `signature` is r and s, 64 bytes. */
interface Backend {
  readonly name: 'native' | 'pure'
  sign(hash: Uint8Array, key: Uint8Array): { signature: Uint8Array; recovery: number }
  /** Writes the public key, 65 bytes (4, x, y). False where there is none. */
  recover(target: Uint8Array, hash: Uint8Array, signature: Uint8Array, recovery: number): boolean
  publicKey(key: Uint8Array): string
}

const digits = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')

/** What the binding itself does; its package checks every argument again in front of it, which takes as long as two hashes. 0: done. */
interface Binding {
  ecdsaRecover(target: Uint8Array, signature: Uint8Array, recovery: number, hash: Uint8Array): number
}

/** libsecp256k1, or undefined where its binding does not load on this platform. */
export const native = (): Backend | undefined => {
  let [library, binding]: [typeof import('secp256k1') | undefined, Binding | undefined] = [undefined, undefined]
  try {
    const require = createRequire(import.meta.url)
    // The package's main file would fall back to slow JavaScript of its own without saying so; its bindings file throws instead.
    library = require('secp256k1/bindings.js') as typeof import('secp256k1')
    const folder = dirname(require.resolve('secp256k1/package.json'))
    const addon = createRequire(join(folder, 'bindings.js'))('node-gyp-build')(folder)
    binding = new addon.Secp256k1() as Binding
  } catch {
    return undefined
  }
  return {
    name: 'native',
    sign(hash, key) {
      const { signature, recid } = library.ecdsaSign(hash, key)
      return { signature, recovery: recid }
    },
    recover: (target, hash, signature, recovery) => binding.ecdsaRecover(target, signature, recovery, hash) === 0,
    publicKey: (key) => digits(library.publicKeyCreate(key, false)).slice(2),
  }
}

/** The same in JavaScript: twenty times slower, runs everywhere. */
export const pure: Backend = {
  name: 'pure',
  sign(hash, key) {
    const signed = noble.sign(hash, key, { lowS: true })
    return { signature: signed.toCompactRawBytes(), recovery: signed.recovery }
  },
  recover(target, hash, signature, recovery) {
    try {
      const { Signature } = noble
      target.set(Signature.fromCompact(signature).addRecoveryBit(recovery).recoverPublicKey(hash).toRawBytes(false))
      return true
    } catch {
      return false
    }
  },
  publicKey: (key) => digits(noble.getPublicKey(key, false)).slice(2),
}

const chosen: Backend = (process.env['SUNLEDGER_PURE'] === '1' ? undefined : native()) ?? pure

/** Which implementation runs: `native` or `pure`. */
export const backend = chosen.name

const order = noble.CURVE.n

const bytes = (value: Hex): Buffer => Buffer.from(value.slice(2), 'hex')

/** The address of a private key. @throws {KeyInvalidError} */
export const addressOf = (privateKey: Hex): Address => {
  if (!/^0x[0-9a-f]{64}$/i.test(privateKey)) throw new KeyInvalidError()
  try {
    return Digest.addressOf(chosen.publicKey(bytes(privateKey)))
  } catch {
    throw new KeyInvalidError()
  }
}

/** Signs a digest; 64 bytes, deterministic (RFC 6979). */
export const sign = (digest: Hex, privateKey: Hex, by: Backend = chosen): Hex => {
  const { signature, recovery } = by.sign(bytes(digest), bytes(privateKey))
  const compact = Buffer.from(signature)
  if (recovery === 1) compact[32] = (compact[32] as number) | 0x80
  return `0x${compact.toString('hex')}`
}

/** A 65-byte signature (r, s, v), as wallets give it, in 64 bytes; 64 and 128 bytes stay as they are. @throws {SignatureInvalidError} */
export const compact = (signature: string): Hex => {
  const text = signature.toLowerCase() as Hex
  if (/^0x([0-9a-f]{128}|[0-9a-f]{256})$/.test(text)) return text
  if (!/^0x[0-9a-f]{130}$/.test(text)) throw new SignatureInvalidError(`${Math.max(0, (text.length - 2) / 2)} bytes`)
  const v = Number.parseInt(text.slice(130), 16)
  const recovery = v >= 27 ? v - 27 : v
  if (recovery > 1) throw new SignatureInvalidError(`v = ${v}`)
  const s = BigInt(`0x${text.slice(66, 130)}`)
  // A high s has no room for the bit on top; its low twin, with the other recovery bit, is the same signer's.
  const high = s > order / 2n && s < order
  const packed = bytes(`${text.slice(0, 66)}${(high ? order - s : s).toString(16).padStart(64, '0')}` as Hex)
  if ((recovery === 1) !== high) packed[32] = (packed[32] as number) | 0x80
  return `0x${packed.toString('hex')}`
}

/** The same signature as 65 bytes (r, s, v), the form that older token contracts take. */
export const expand = (signature: Hex): Hex => {
  if (signature.length !== 130) return signature
  const packed = bytes(signature)
  const odd = (packed[32] as number) >> 7
  packed[32] = (packed[32] as number) & 0x7f
  return `0x${packed.toString('hex')}${odd === 1 ? '1c' : '1b'}`
}

// Node's own P-256 hashes what it verifies and cannot take a digest, so the curve comes from noble.
const recoverP256 = (digest: Hex, signature: Hex): Address | undefined => {
  const [rs, xy] = [signature.slice(2, 130), signature.slice(130)]
  return p256.verify(rs, bytes(digest), `04${xy}`, { lowS: false }) ? Digest.addressOf(xy) : undefined
}

// Where a signature is checked: signature, digest, public key and what it hashes to, all in the hasher's memory.
const places = {
  signature: Keccak.reserve(64),
  digest: Keccak.reserve(32),
  key: Keccak.reserve(72),
  hash: Keccak.reserve(32),
}
const checked = {
  signature: Keccak.bytesAt(places.signature, 64),
  digest: Keccak.bytesAt(places.digest, 32),
  key: Keccak.bytesAt(places.key, 65),
}

/** Hashes the signer's public key. False where the signature is none. */
const recoverHere = (by: Backend): boolean => {
  const top = checked.signature[32] as number
  checked.signature[32] = top & 0x7f
  if (!by.recover(checked.key, checked.digest, checked.signature, top >> 7)) return false
  Keccak.hash(places.key + 1, 64, places.hash)
  return true
}

/** Whose signature it is, or undefined where it is none. */
export const recover = (digest: Hex, signature: Hex, by: Backend = chosen): Address | undefined => {
  if (signature.length === 258) {
    try {
      return recoverP256(digest, signature)
    } catch {
      return undefined
    }
  }
  if (signature.length !== 130) return undefined
  checked.signature.write(signature.slice(2), 'hex')
  checked.digest.write(digest.slice(2), 'hex')
  return recoverHere(by) ? `0x${Keccak.bytesAt(places.hash + 12, 20).toString('hex')}` : undefined
}

/**
 * Writes the signer's address (20 bytes) to a place of `target`, the same as `recover` finds. False where the signature is none.
 * @param digest where it lies in the hasher's memory
 * @param signature where it lies in `target`
 * @param length 64 or 128 bytes
 */
export const recoverInto = (
  target: DataView,
  place: number,
  digest: number,
  signature: number,
  length: number,
): boolean => {
  if (length !== 64) return recoverP256Into(target, place, digest, signature)
  Keccak.put(places.signature, target, signature, 64)
  Keccak.put(places.digest, Keccak.view, digest, 32)
  if (!recoverHere(chosen)) return false
  Keccak.take(places.hash + 12, target, place, 20)
  return true
}

const recoverP256Into = (target: DataView, place: number, digest: number, signature: number): boolean => {
  const bytes = Buffer.from(target.buffer, target.byteOffset, target.byteLength)
  const hash: Hex = `0x${Keccak.bytesAt(digest, 32).toString('hex')}`
  const signer = recover(hash, `0x${bytes.toString('hex', signature, signature + 128)}`)
  if (signer !== undefined) bytes.write(signer.slice(2), place, 'hex')
  return signer !== undefined
}

/** A private key is not 32 bytes of hex, or not on the curve. The key itself is never shown. */
export class KeyInvalidError extends SunledgerError {
  override readonly name = 'KeyInvalidError'
  constructor() {
    super('SL320', 'Not a private key.', { expected: '0x and 64 hex digits, between 1 and the order of secp256k1' })
  }
}

/** A signature has a form that nobody here knows. */
export class SignatureInvalidError extends SunledgerError {
  override readonly name = 'SignatureInvalidError'
  constructor(actual: string) {
    super('SL321', 'Not a signature.', {
      expected: '64 bytes (EIP-2098), 65 (r, s, v) or 128 (P-256: r, s, x, y)',
      actual,
    })
  }
}
