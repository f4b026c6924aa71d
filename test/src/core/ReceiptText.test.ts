/** A receipt written from bytes is the text that is written from values. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import * as Packed from '../../../src/core/Packed.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import * as ReceiptText from '../../../src/core/ReceiptText.ts'
import * as Wire from '../../../src/core/Wire.ts'

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array): Hex => `0x${Buffer.from(array).toString('hex')}`)
const amount = fc.bigInt(0n, (1n << 80n) - 1n).map((value) => value as AmountAtomic)

const records = fc.record({
  ...{ asset: hex(20), payee: hex(20), amount, reference: hex(32), validUntil: fc.bigInt(0n, (1n << 64n) - 1n) },
  ...{ total: amount, history: hex(32), signature: fc.oneof(hex(64), hex(128)), id: hex(32), payer: hex(20) },
  ...{ creditBefore: hex(32), creditTotal: amount, creditHistory: hex(32), atMs: fc.integer() },
})

describe('from', () => {
  test('behavior: is what formatReceipt writes, and what a client reads', () => {
    fc.assert(
      fc.property(records, hex(64), fc.array(hex(32), { maxLength: 12 }), (record, seal, branch) => {
        const { creditBefore, creditTotal, creditHistory, atMs: _, ...payment } = record
        const { asset, payee: account, id: debit } = payment
        const credit = { asset, account, total: creditTotal, history: creditHistory, debit }
        const receipt = { payment, credit, before: creditBefore, proof: { signature: seal, branch } }
        const text = ReceiptText.from(Packed.fromRecord({ type: 'payment', ...record }), seal, branch)
        expect(text).toBe(Wire.formatReceipt(receipt))
        expect(Wire.parse(Wire.receipt, JSON.parse(text))).toEqual(receipt)
      }),
      { numRuns: 100 },
    )
  })
})
