import * as fc from 'fast-check'
import { serializeTransaction } from 'viem'
import { describe, expect, test } from 'vitest'
import * as Rlp from '../../../src/chain/Rlp.ts'
import type { Hex } from '../../../src/core/Payment.ts'

const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength, size: 'max' }).map((array): Hex => `0x${Buffer.from(array).toString('hex')}`)

/** Small ones are encoded differently from large ones, and zero from both. */
const amount = (bits: number) =>
  fc.oneof(fc.constantFrom(0n, 1n, 127n, 128n, 255n, 256n), fc.bigInt(0n, 2n ** BigInt(bits) - 1n))

const fields = fc.record({
  chainId: fc.integer({ min: 1, max: 2 ** 40 }),
  nonce: fc.oneof(fc.constantFrom(0, 1, 127, 128), fc.nat()),
  // The tip is at most the whole fee.
  maxPriorityFeePerGas: amount(60),
  maxFeePerGas: fc.bigInt(2n ** 60n, 2n ** 90n),
  gas: amount(24),
  to: fc.option(bytes(20, 20), { nil: undefined }),
  data: fc.oneof(bytes(0, 2), bytes(50, 60), bytes(0, 70_000)),
})

describe('a transaction', () => {
  test('behavior: is what viem makes of it, before and after it is signed', () => {
    const half = fc.oneof(amount(256), amount(248)).map((value) => value || 1n)
    fc.assert(
      fc.property(fields, half, half, fc.constantFrom(0 as const, 1 as const), (transaction, r, s, yParity) => {
        const items = Rlp.payload(transaction)
        const same = { type: 'eip1559' as const, ...transaction, to: transaction.to ?? null }
        const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`
        expect(`0x${Rlp.unsigned(items)}`).toBe(serializeTransaction(same))
        expect(`0x${Rlp.signed(items, yParity, r, s)}`).toBe(
          serializeTransaction(same, { r: word(r), s: word(s), yParity }),
        )
      }),
    )
  })
})
