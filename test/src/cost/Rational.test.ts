import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Rational from '../../../src/cost/Rational.ts'

const fractions = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 30n }))
  .map(([numerator, denominator]) => Rational.from(numerator, denominator))

describe('Rational', () => {
  test('behavior: is in lowest terms with the sign on top', () => {
    expect(Rational.from(6n, -4n)).toEqual({ numerator: -3n, denominator: 2n })
    expect(Rational.from(0n, 7n)).toEqual(Rational.zero)
    expect(Rational.parse('0.005')).toEqual({ numerator: 1n, denominator: 200n })
  })

  test('behavior: adds, multiplies, divides and compares exactly', () => {
    fc.assert(
      fc.property(fractions, fractions, fractions, (a, b, c) => {
        const { add, multiply, divide, compare } = Rational
        expect(multiply(add(a, b), c)).toEqual(add(multiply(a, c), multiply(b, c)))
        expect(add(a, b)).toEqual(add(b, a))
        if (c.numerator !== 0n) expect(multiply(divide(a, c), c)).toEqual(a)
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)))
        expect(compare(a, a)).toBe(0)
      }),
    )
  })

  test('behavior: a decimal text comes back as it was', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.stringMatching(/^[0-9]{0,11}[1-9]$/),
        (whole, fraction) => {
          expect(Rational.format(Rational.parse(`${whole}.${fraction}`), 12)).toBe(`${whole}.${fraction}`)
          expect(Rational.format(Rational.parse(`${whole}`), 12)).toBe(`${whole}`)
        },
      ),
    )
  })

  test('behavior: rounds half up, and by at most half of the last decimal', () => {
    expect(Rational.format(Rational.from(2n, 3n), 4)).toBe('0.6667')
    expect(Rational.format(Rational.from(1n, 8n), 2)).toBe('0.13')
    expect(Rational.format(Rational.from(-1n, 8n), 2)).toBe('-0.13')
    expect(Rational.format(Rational.from(124n, 1000n), 2)).toBe('0.12')
    expect(Rational.format(Rational.from(-1n, 1000n), 2)).toBe('0')
    expect(Rational.format(Rational.from(5n, 2n), 0)).toBe('3')
    fc.assert(
      fc.property(fractions, fc.nat(20), (value, decimals) => {
        const magnitude = value.numerator < 0n ? Rational.from(-value.numerator, value.denominator) : value
        const rounded = Rational.parse(Rational.format(magnitude, decimals))
        const off = Rational.add(rounded, Rational.from(-magnitude.numerator, magnitude.denominator))
        const half = Rational.from(1n, 2n * 10n ** BigInt(decimals))
        expect(Rational.compare(off, half)).toBeLessThanOrEqual(0)
        expect(Rational.compare(off, Rational.from(-1n, 2n * 10n ** BigInt(decimals)))).toBeGreaterThan(0)
      }),
    )
  })

  test('error: refuses what is no plain decimal', () => {
    for (const text of ['', '.5', '5.', '-1', '1e3', '1,000', '0x10', ' 1'])
      expect(() => Rational.parse(text)).toThrow('SL721')
    expect(() => Rational.from(1n, 0n)).toThrow('over zero')
  })
})
