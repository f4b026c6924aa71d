/** keccak256: the same as viem and ethers make of the same bytes, at every length around a block's edge and beyond the hasher's room. */
import { keccak256 as ethersKeccak } from 'ethers'
import fc from 'fast-check'
import { keccak256, toBytes } from 'viem'
import { expect, test } from 'vitest'
import * as Keccak from '../../../src/crypto/Keccak.ts'

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 0xff)

const holds = (bytes: Uint8Array): void => {
  const expected = keccak256(bytes)
  expect(ethersKeccak(bytes)).toBe(expected)
  expect(Keccak.ofBytes(bytes)).toBe(expected)
  expect(Keccak.ofDigits(Buffer.from(bytes).toString('hex'))).toBe(expected)
}

test('behavior: every length up to three blocks', () => {
  for (let length = 0; length <= 3 * 136; length++) holds(bytesOf(length))
})

test('behavior: messages that fill the room of the hasher, and greater ones', () => {
  for (const length of [(1 << 18) - 1, 1 << 18, (1 << 18) + 1, 400_000]) holds(bytesOf(length))
})

test('behavior: any bytes, any text', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), holds))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(Keccak.ofText(text)).toBe(keccak256(toBytes(text)))
    }),
  )
  const long = 'ü€'.repeat(70_000)
  expect(Keccak.ofText(long)).toBe(keccak256(toBytes(long)))
})

test('behavior: what is hashed in the hasher’s memory may be written over itself', () => {
  const [place, zero] = [Keccak.reserve(64), keccak256(new Uint8Array(64))]
  Keccak.hash(place, 64, place)
  expect(`0x${Keccak.bytesAt(place, 32).toString('hex')}`).toBe(zero)
})
