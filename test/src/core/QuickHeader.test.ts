/** The quick reader of a payment's header reads what JSON and the schemas read, and nothing else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as QuickHeader from '../../../src/core/QuickHeader.ts'
import * as X402 from '../../../src/core/X402.ts'
import { address, word } from '../Arbitrary.ts'

const digits = (bytes: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${2 * bytes}}$`)).map((text) => `0x${text}`)
const amount = fc.bigInt(0n, 10n ** 18n - 1n)
const signature = fc.oneof(digits(64), digits(65), digits(128))

const receipts = fc.record({
  payment: fc.record({
    ...{ asset: address, payee: address, amount, reference: word, validUntil: amount },
    ...{ total: amount, history: word, signature, id: word, payer: address },
  }),
  credit: fc.record({ asset: address, account: address, total: amount, history: word, debit: word }),
  before: word,
  proof: fc.record({ signature, branch: fc.array(word, { maxLength: 12 }) }),
}) as unknown as fc.Arbitrary<Receipt>

const accepted = {
  ...{ scheme: 'clearing', network: 'eip155:31337', asset: '0x01', amount: '5', payTo: '0x02', maxTimeoutSeconds: 60 },
  extra: { service: 'a "quoted" {"payload":{"receipt":{"payment":{ ü', nested: { payload: 1 } },
}

const textOf = (receipt: Receipt, key: string, terms: object = accepted): string =>
  JSON.stringify({ x402Version: 2, accepted: terms, payload: X402.formatClearing({ receipt, key }) })

const read = (text: string) => QuickHeader.read(Buffer.from(text).toString('base64'), 2)

/** What there is without it. */
const slowly = (text: string) => {
  try {
    const { x402Version, accepted: terms, payload } = JSON.parse(text)
    return x402Version === 2
      ? { scheme: terms.scheme, network: terms.network, ...X402.parseClearing(payload) }
      : undefined
  } catch {
    return undefined
  }
}

const flat = (found: ReturnType<typeof read>) =>
  found === undefined ? undefined : { ...found.accepted, receipt: found.payload.receipt, key: found.payload.key }

describe('read', () => {
  test('behavior: reads what JSON and the schemas read', () => {
    const plain = { ...accepted, extra: { service: 'http://127.0.0.1', name: 'ü' } }
    fc.assert(
      fc.property(receipts, fc.stringMatching(/^[ !#-[\]-~]{1,40}$/), (receipt, key) => {
        const text = textOf(receipt, key, plain)
        expect(flat(read(text))).toEqual(slowly(text))
        expect(X402.parseClearing(read(text)?.payload)).toMatchObject({ receipt, key })
      }),
      { numRuns: 100 },
    )
  })

  test('error: of whatever was changed in a header it takes nothing, or what JSON and the schemas take', () => {
    const places = fc.nat({ max: 3000 })
    const bits = fc.constantFrom(
      '"',
      '\\',
      '{',
      '}',
      ',',
      ':',
      '0',
      'a',
      'F',
      ' ',
      '[',
      ']',
      '\n',
      '"payload":{}',
      '"key":"x"',
    )
    fc.assert(
      fc.property(receipts, places, fc.nat({ max: 60 }), bits, (receipt, place, length, bit) => {
        const text = textOf(receipt, 'a key', place % 2 === 0 ? accepted : { ...accepted, extra: {} })
        const at = place % text.length
        const spoilt = text.slice(0, at) + bit + text.slice(at + (length > 30 ? 0 : length))
        const found = flat(read(spoilt))
        if (found !== undefined) expect(found).toEqual(slowly(spoilt))
      }),
      { numRuns: 1000 },
    )
  })

  test('error: other versions, schemes, keys and numbers are left to the schemas', () => {
    const [receipt] = fc.sample(receipts, { numRuns: 1, seed: 1 }) as [Receipt]
    const text = textOf(receipt, 'a key', { ...accepted, extra: {} })
    expect(read(text)).toBeDefined()
    for (const [from, to] of [
      ['"x402Version":2', '"x402Version":1'],
      ['"scheme":"clearing"', '"scheme":"exact"'],
      ['"network":"eip155:31337"', '"network":5'],
      ['"key":"a key"', '"key":"a\\nkey"'],
      ['"key":"a key"', '"key":""'],
      ['"key":"a key"', '"key":"a key","key":"another"'],
      [`"amount":"${receipt.payment.amount}","reference"`, `"amount":"${10n ** 18n}","reference"`],
    ] as const) {
      expect(text).toContain(from)
      expect(read(text.replace(from, to))).toBeUndefined()
    }
  })
})
