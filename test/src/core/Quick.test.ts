/** The quick readers read what the schemas read, and nothing else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Quick from '../../../src/core/Quick.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as X402 from '../../../src/core/X402.ts'
import { address, word } from '../Arbitrary.ts'

const digits = (bytes: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${2 * bytes}}$`)).map((text) => `0x${text}`)
const amount = fc.bigInt(0n, 2n ** 80n - 1n)
const signature = fc.oneof(digits(64), digits(65), digits(128))

const receipt = fc.record({
  payment: fc.record({
    ...{ asset: address, payee: address, amount, reference: word, validUntil: fc.bigInt(0n, 2n ** 64n - 1n) },
    ...{ total: amount, history: word, signature, id: word, payer: address },
  }),
  credit: fc.record({ asset: address, account: address, total: amount, history: word, debit: word }),
  before: word,
  proof: fc.record({ signature, branch: fc.array(word, { maxLength: 12 }) }),
}) as unknown as fc.Arbitrary<Receipt>

/** Every way to a value in a JSON. */
const placesIn = (value: unknown, at: readonly string[] = []): string[][] =>
  typeof value !== 'object' || value === null
    ? [[...at]]
    : [[...at], ...Object.entries(value).flatMap(([name, part]) => placesIn(part, [...at, name]))]

const put = (value: unknown, [name, ...rest]: readonly string[], instead: unknown): unknown => {
  if (name === undefined) return instead
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  const at = copy as { [field: string]: unknown }
  if (instead === undefined && rest.length === 0) delete at[name]
  else at[name] = put(at[name], rest, instead)
  return copy
}

describe('Quick.receipt', () => {
  test('behavior: reads what the schema reads', () => {
    fc.assert(
      fc.property(receipt, (of) => {
        const json = JSON.parse(Wire.formatReceipt(of))
        const quick = Quick.receipt(json)
        if (quick !== undefined) expect(quick).toEqual(Wire.parse(Wire.receipt, json))
        const all = [of.payment.amount, of.payment.total, of.payment.validUntil, of.credit.total]
        expect(quick !== undefined).toBe(all.every((value) => value < 10n ** 18n))
        expect(X402.parseClearing({ receipt: json, key: 'k' }).receipt).toEqual(of)
      }),
    )
  })

  test('error: takes nothing that the schema refuses', () => {
    const instead = fc.oneof(
      fc.constant(undefined),
      fc.constant(null),
      fc.string(),
      fc.integer(),
      fc.constant([]),
      fc.constant({ a: 1 }),
    )
    fc.assert(
      fc.property(receipt, fc.nat(), instead, (of, place, what) => {
        const json = JSON.parse(Wire.formatReceipt(of))
        const places = placesIn(json)
        const broken = put(json, places[place % places.length] as string[], what)
        if (Quick.receipt(broken) !== undefined) expect(Wire.receipt.safeParse(broken).success).toBe(true)
        if (Quick.clearing({ receipt: broken, key: what }) !== undefined) expect(typeof what).toBe('string')
      }),
      { numRuns: 300 },
    )
  })
})
