/** Payments read straight from bytes: whatever is read is what `JSON.parse` and `pack` read, and what is plainly a payment is read. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pack, packAll } from '../../../src/core/Pack.ts'
import type * as Packed from '../../../src/core/Packed.ts'
import { scan } from '../../../src/core/Scan.ts'

const hex = (bytes: number) =>
  fc.tuple(fc.uint8Array({ minLength: bytes, maxLength: bytes }), fc.boolean()).map(([array, isUpper]) => {
    const digits = Buffer.from(array).toString('hex')
    return `0x${isUpper ? digits.toUpperCase() : digits}`
  })
const number = fc.oneof(fc.bigInt(0n, 10n ** 15n - 1n), fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 32n)).map(String)
const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r ')

interface Message {
  readonly [field: string]: string
}

const messages = fc.record({
  ...{ asset: hex(20), payee: hex(20), amount: number, reference: hex(32), validUntil: number, total: number },
  ...{ history: hex(32), signature: fc.oneof(hex(64), hex(128)) },
}) as fc.Arbitrary<Message>

/** The same message as text, its fields in any order, with any space between. */
const texts = fc
  .tuple(messages, fc.array(fc.nat(), { minLength: 8, maxLength: 8 }), space, space)
  .map(([m, order, a, b]) => {
    const fields = Object.entries(m).map(([name, value], i) => ({
      text: `"${name}"${a}:${b}"${value}"`,
      i: order[i] as number,
    }))
    const isMixed = (order[0] as number) % 2 === 0
    if (isMixed) fields.sort((x, y) => x.i - y.i)
    return `${b}{${a}${fields.map(({ text }) => text).join(`${b},${a}`)}${b}}${a}`
  })

const contentOf = (found: unknown): string | undefined => {
  if (found === undefined) return undefined
  const all = (Array.isArray(found) ? found : [found]) as readonly Packed.Packed[]
  return all.map(({ bytes, start, size }) => bytes.toString('hex', start, start + size)).join(' ')
}

const parsed = (text: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return contentOf(Array.isArray(value) ? packAll(value) : pack(value))
  } catch {
    return undefined
  }
}

/** What is read is the same as what is parsed, or nothing is. */
const holds = (text: string): void => {
  const read = contentOf(scan(Buffer.from(text)))
  if (read !== undefined) expect(read).toBe(parsed(text))
}

describe('scan', () => {
  test('behavior: a payment, in any order of fields, with any space, in letters of any case', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(contentOf(scan(Buffer.from(text)))).toBe(parsed(text))
        expect(parsed(text)).toBeDefined()
      }),
    )
  })

  test('behavior: lists, up to a thousand', () => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 5 }), space, (all, between) => {
        const text = `${between}[${all.join(`,${between}`)}]${between}`
        expect(contentOf(scan(Buffer.from(text)))).toBe(parsed(text))
        expect(parsed(text)).toBeDefined()
      }),
      { numRuns: 30 },
    )
    const [one] = fc.sample(texts, 1)
    const listOf = (many: number): Buffer => Buffer.from(`[${new Array(many).fill(one).join(',')}]`)
    expect(scan(listOf(1000))).toHaveLength(1000)
    for (const many of [0, 1001]) expect(scan(listOf(many))).toBeUndefined()
  })

  test('error: what JSON or the schema would not take, or would take for something else, is left to them', () => {
    const change = fc.record({
      ...{ at: fc.nat(), length: fc.nat({ max: 3 }) },
      put: fc.oneof(
        fc.string({ maxLength: 2 }),
        fc.constantFrom(
          '"',
          ',',
          '{',
          '}',
          '[',
          ']',
          ':',
          '0',
          '\\',
          '\\u0030',
          '"amount":"1",',
          'é',
          '\u0000',
          '.',
          '-',
          '0x',
        ),
      ),
    })
    fc.assert(
      fc.property(texts, fc.array(change, { minLength: 1, maxLength: 2 }), fc.boolean(), (text, changes, isList) => {
        let spoilt = isList ? `[${text},${text}]` : text
        for (const { at, length, put } of changes) {
          const place = at % (spoilt.length + 1)
          spoilt = spoilt.slice(0, place) + put + spoilt.slice(place + length)
        }
        holds(spoilt)
      }),
      { numRuns: 3000 },
    )
  })

  test('error: numbers that are too long, begin with a zero or are none; texts that end anywhere', () => {
    const [text] = fc.sample(texts, 1) as [string]
    for (const value of ['', '00', '01', '-1', '1.0', '1e3', ' 1', '1234567890123456', `${2n ** 80n}`, '0x1']) {
      const changed = text.replace(/("amount"\s*:\s*)"\d+"/, `$1"${value}"`)
      expect(changed).not.toBe(text)
      expect(scan(Buffer.from(changed))).toBeUndefined()
    }
    for (let end = 0; end < text.trimEnd().length; end++) expect(scan(Buffer.from(text.slice(0, end)))).toBeUndefined()
  })
})
