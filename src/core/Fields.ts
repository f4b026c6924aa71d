/** What messages are made of: addresses, hashes, signatures and whole numbers, each checked and turned from text into its value. */
import { z } from 'zod'
import type { AmountAtomic } from './Amount.ts'
import type { Hex } from './Payment.ts'

/** What the text of each has to look like. */
export const patterns = {
  address: /^0x[0-9a-fA-F]{40}$/,
  bytes32: /^0x[0-9a-fA-F]{64}$/,
  /** 64, 65 or 128 bytes. */
  signature: /^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130}|[0-9a-fA-F]{256})$/,
  /** At most as wide as any number here. */
  uint: /^(0|[1-9]\d{0,38})$/,
} as const

const hexOf = (pattern: RegExp, what: string) =>
  z
    .string(`expected ${what}`)
    .regex(pattern, `expected ${what}`)
    .transform((text) => text.toLowerCase() as Hex)

export const address = hexOf(patterns.address, 'an address: 0x and 40 hex digits')
export const bytes32 = hexOf(patterns.bytes32, '32 bytes: 0x and 64 hex digits')
/** 64, 65 or 128 bytes. */
export const signature = z
  .string('expected a signature: 0x and 64, 65 or 128 bytes in hex')
  .regex(patterns.signature, 'expected a signature: 0x and 64, 65 or 128 bytes in hex')
  .transform((text) => text.toLowerCase() as Hex)

/** A whole number as a decimal string, at most `bits` wide. */
export const uint = (bits: number) =>
  z
    .string('expected a whole number as a decimal string')
    .regex(patterns.uint, 'expected a whole number as a decimal string')
    .transform((text, context) => {
      const value = BigInt(text)
      if (value >= 1n << BigInt(bits))
        context.addIssue({ code: 'custom', message: `expected a number below 2^${bits}` })
      return value
    })

export const uint64 = uint(64)
export const uint128 = uint(128)
/** Atomic units, at most 80 bits. */
export const amount = uint(80).transform((value) => value as AmountAtomic)
