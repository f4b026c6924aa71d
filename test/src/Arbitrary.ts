/** Values that nobody chose, for property tests. */
import fc from 'fast-check'
import type { AmountAtomic } from '../../src/core/Amount.ts'
import type { Address, Hex } from '../../src/core/Payment.ts'

const hex = (bytes: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value): Hex => `0x${Buffer.from(value).toString('hex')}`)

export const address: fc.Arbitrary<Address> = hex(20)
export const word: fc.Arbitrary<Hex> = hex(32)
export const signature: fc.Arbitrary<Hex> = hex(64)

/** A private key: below the order of secp256k1, which begins with 0xffff…fe. */
export const privateKey: fc.Arbitrary<Hex> = hex(32).map(
  (key): Hex => (/^0x(0{2}|f{2})/.test(key) ? `0x11${key.slice(4)}` : key),
)

/** Atomic units up to the greatest total. */
export const amount: fc.Arbitrary<AmountAtomic> = fc
  .bigInt({ min: 0n, max: (1n << 80n) - 1n })
  .map((value) => value as AmountAtomic)
