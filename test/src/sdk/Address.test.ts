import fc from 'fast-check'
import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import * as Address from '../../../src/sdk/Address.ts'
import { address } from '../Arbitrary.ts'

describe('Address.parse', () => {
  test('behavior: lower, upper and EIP-55 case are the same address', () => {
    fc.assert(
      fc.property(address, (lower) => {
        expect(Address.parse(lower)).toBe(lower)
        expect(Address.parse(`0x${lower.slice(2).toUpperCase()}`)).toBe(lower)
        expect(Address.parse(getAddress(lower))).toBe(lower)
      }),
    )
  })

  test('error: a mixed case that is not the checksum: somebody mistyped it', () => {
    const right = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
    expect(Address.parse(right)).toBe(right.toLowerCase())
    expect(() => Address.parse(right.replace('C5', 'c5'))).toThrow('EIP-55')
    expect(() => Address.parse(right.replace('7099', '7098'))).toThrow(Address.AddressInvalidError)
  })

  test.each([
    '',
    '0x',
    '0x12',
    '70997970c51812dc3a010c7d01b50e0d17dc79c8',
    `0x${'g'.repeat(40)}`,
    `0x${'1'.repeat(41)}`,
  ])('error: %j', (text) => {
    expect(() => Address.parse(text)).toThrow('SL656')
  })
})
