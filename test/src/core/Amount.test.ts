import fc from 'fast-check'
import { formatUnits, parseUnits } from 'viem'
import { describe, expect, test } from 'vitest'
import * as Amount from '../../../src/core/Amount.ts'
import { amount } from '../Arbitrary.ts'

describe('Amount.parse and format', () => {
  test('behavior: what is formatted is parsed back, with any number of decimals', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 18 }), (value, places) => {
        expect(Amount.parse(Amount.format(value, places), places)).toBe(value)
      }),
    )
  })

  test('behavior: agrees with viem', () => {
    fc.assert(
      fc.property(amount, (value) => {
        expect(Amount.format(value)).toBe(formatUnits(value, 6))
        expect(Amount.parse(formatUnits(value, 6))).toBe(parseUnits(formatUnits(value, 6), 6))
      }),
    )
  })

  test('behavior: examples', () => {
    expect(['0.000125', '5', '5.00', '05', '0.100000'].map((text) => Amount.parse(text))).toEqual([
      125n,
      5_000_000n,
      5_000_000n,
      5_000_000n,
      100_000n,
    ])
    expect([125n, 0n, 5_000_000n, -1n, -1_500_000n].map((value) => Amount.format(value))).toEqual([
      '0.000125',
      '0',
      '5',
      '-0.000001',
      '-1.5',
    ])
  })

  test('error: more decimals than the asset has are refused, even zeros', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: 12 }), (value, places) => {
        const text = `${Amount.format(value, places + 1).split('.')[0]}.${'0'.repeat(places + 1)}`
        expect(() => Amount.parse(text, places)).toThrow(Amount.AmountTooPreciseError)
      }),
    )
  })

  test.each([
    '',
    '.',
    '1.',
    '.5',
    '-1',
    '+1',
    '1e3',
    '0x10',
    '1 000',
    '1,5',
    ' 1',
    '1 ',
    '١',
    'NaN',
    'Infinity',
    '1.2.3',
  ])('error: %j is no amount', (text) => {
    expect(() => Amount.parse(text)).toThrow(Amount.AmountInvalidError)
  })

  test('error: what does not fit 80 bits is refused', () => {
    const text = Amount.format(Amount.maxTotal)
    expect(Amount.parse(text)).toBe(Amount.maxTotal)
    expect(() => Amount.parse(Amount.format(Amount.maxTotal + 1n))).toThrow(Amount.AmountInvalidError)
    expect(() => Amount.parse('9'.repeat(25))).toThrow(Amount.AmountInvalidError)
  })
})

describe('Amount.from', () => {
  test('behavior: takes atomic units as bigint or decimal text', () => {
    fc.assert(
      fc.property(amount, (value) => {
        expect(Amount.from(value)).toBe(value)
        expect(Amount.from(value.toString())).toBe(value)
      }),
    )
  })

  test.each([-1n, Amount.maxTotal + 1n, '-1', '1.0', '01', '', '0x1', '1'.repeat(26)])('error: %s', (value) => {
    expect(() => Amount.from(value)).toThrow(Amount.AmountInvalidError)
  })

  test('error: says what was expected and what came, in few words', () => {
    const problem = (() => {
      try {
        Amount.from('x'.repeat(5000))
      } catch (error) {
        return error as Amount.AmountInvalidError
      }
      return undefined
    })()
    expect(problem?.code).toBe('SL101')
    expect(problem?.message.length).toBeLessThan(300)
    expect(problem?.toProblem()).toMatchObject({ type: '/docs/errors#sl101', title: 'Amount Invalid', status: 400 })
  })
})
