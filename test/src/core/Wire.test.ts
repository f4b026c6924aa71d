/** What crosses HTTP: values come back as they went, and what is wrong is named. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import { address, amount, signature, word } from '../Arbitrary.ts'

const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const request = {
  asset: address,
  payee: address,
  amount,
  reference: word,
  validUntil: uint64,
  total: amount,
  history: word,
  signature,
}
const receipts: fc.Arbitrary<Receipt> = fc.record({
  payment: fc.record({ ...request, id: word, payer: address }),
  credit: fc.record({ asset: address, account: address, total: amount, history: word, debit: word }),
  before: word,
  proof: fc.record({ signature, branch: fc.array(word, { maxLength: 40 }) }),
})

const example = {
  asset: `0x${'A1'.repeat(20)}`,
  payee: `0x${'b2'.repeat(20)}`,
  amount: '125',
  reference: `0x${'c3'.repeat(32)}`,
  validUntil: '1900000000',
  total: '125',
  history: `0x${'d4'.repeat(32)}`,
  signature: `0x${'e5'.repeat(64)}`,
}

const refusal = (schema: Parameters<typeof Wire.parse>[0], value: unknown): string => {
  try {
    Wire.parse(schema, value)
  } catch (error) {
    return (error as Wire.MessageInvalidError).message
  }
  return 'accepted'
}

describe('receipts', () => {
  test('behavior: come back as they went, from either way of writing them', () => {
    fc.assert(
      fc.property(receipts, (receipt) => {
        const text = Wire.formatReceipt(receipt)
        expect(text).toBe(Wire.stringify(receipt))
        expect(Wire.parse(Wire.receipt, JSON.parse(text))).toEqual(receipt)
      }),
    )
  })

  test('behavior: one among refusals is told from them', () => {
    const problem = { type: 't', title: 'T', status: 402, code: 'SL306', detail: 'd' }
    fc.assert(
      fc.property(receipts, (receipt) => {
        const answers = JSON.parse(`[${Wire.formatReceipt(receipt)},${JSON.stringify(problem)}]`)
        expect(Wire.parse(Wire.paymentResults, answers)).toEqual([receipt, problem])
      }),
    )
  })
})

describe('payments', () => {
  test('behavior: hex is lower case inside, amounts are bigints', () => {
    expect(Wire.parse(Wire.payments, example)).toMatchObject({
      asset: `0x${'a1'.repeat(20)}`,
      amount: 125n,
      total: 125n,
    })
  })

  test.each(Object.keys(example))(
    'error: a payment without %s, or with a wrong one, is refused by that name',
    (field) => {
      const { [field as keyof typeof example]: _, ...rest } = example
      expect(refusal(Wire.payments, rest)).toContain(`form: ${field}.`)
      expect(refusal(Wire.payments, { ...example, [field]: 'nonsense' })).toContain(`form: ${field}.`)
      expect(refusal(Wire.payments, [example, { ...example, [field]: 'nonsense' }])).toContain(`form: 1.${field}.`)
    },
  )

  test('error: a field that nobody knows is named, not ignored', () => {
    expect(refusal(Wire.paymentRequest, { ...example, ammount: '1' })).toContain('form: ammount.')
  })

  test.each(['-1', '1.5', '0x10', '01', '', ' 1', '1e3', `${1n << 80n}`, '9'.repeat(60), 125, null])(
    'error: %j is no amount',
    (value) => {
      expect(refusal(Wire.paymentRequest, { ...example, amount: value })).toContain('SL601')
    },
  )

  test('behavior: the greatest numbers that the contracts take are taken', () => {
    const greatest = { ...example, amount: `${(1n << 80n) - 1n}`, validUntil: `${(1n << 64n) - 1n}` }
    expect(Wire.parse(Wire.paymentRequest, greatest)).toMatchObject({
      amount: (1n << 80n) - 1n,
      validUntil: (1n << 64n) - 1n,
    })
    expect(refusal(Wire.paymentRequest, { ...example, validUntil: `${1n << 64n}` })).toContain('below 2^64')
  })

  test('error: none, too many, or something else altogether', () => {
    expect(refusal(Wire.payments, [])).toContain('SL601')
    expect(refusal(Wire.payments, Array(1001).fill(example))).toContain('SL601')
    expect(Wire.parse(Wire.payments, Array(1000).fill(example))).toHaveLength(1000)
    for (const value of [undefined, null, 'text', 1, {}]) expect(refusal(Wire.payments, value)).toContain('SL601')
  })

  test('behavior: a signature has 64, 65 or 128 bytes', () => {
    const sized = (bytes: number) => refusal(Wire.paymentRequest, { ...example, signature: `0x${'ab'.repeat(bytes)}` })
    expect([64, 65, 128].map(sized)).toEqual(['accepted', 'accepted', 'accepted'])
    for (const bytes of [0, 63, 66, 127, 129]) expect(sized(bytes)).toContain('form: signature.')
  })
})

describe('other messages', () => {
  test('error: names the path into what is nested', () => {
    const terms = { seller: example.asset, buyer: example.payee, creditAsset: example.asset, credits: 'x' }
    expect(refusal(Wire.order, { terms, payment: example })).toContain('form: terms.credits.')
  })

  test('error: a reading that a batch has no room for', () => {
    const reading = {
      meter: example.asset,
      timestamp: '1',
      energyMilliWh: `${1n << 72n}`,
      computeUnits: '0',
      detail: example.history,
      signature: example.signature,
    }
    expect(refusal(Wire.readings, [reading])).toContain('form: 0.energyMilliWh.')
    expect(Wire.parse(Wire.reading, { ...reading, energyMilliWh: `${(1n << 72n) - 1n}` })).toMatchObject({
      timestamp: 1n,
    })
  })

  test('behavior: an exit is a withdrawal of everything, so it names no amount', () => {
    const exit = {
      asset: example.asset,
      account: example.asset,
      to: example.payee,
      nonce: '0',
      deadline: '1',
      signature: example.signature,
    }
    expect(Wire.parse(Wire.exit, exit)).toMatchObject({ nonce: 0n })
    expect(refusal(Wire.exit, { ...exit, amount: '1' })).toContain('form: amount.')
    expect(refusal(Wire.withdrawal, exit)).toContain('form: amount.')
  })
})
