/**
 * Exact fractions. Fees are wei, a token's price is decimal text, and a share of a fee falls on each of many payments: as fractions of
 * whole numbers nothing is rounded until the last step, where `format` says how.
 */
import { SunledgerError } from '../core/Errors.ts'

/** numerator / denominator, in lowest terms, denominator above zero. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

export const zero: Rational = { numerator: 0n, denominator: 1n }

/** A fraction of two whole numbers; the denominator must not be zero. */
export function from(numerator: bigint, denominator = 1n): Rational {
  if (denominator === 0n) throw new RangeError('a fraction over zero')
  const divisor = gcd(numerator, denominator) * (denominator < 0n ? -1n : 1n)
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

/**
 * From decimal text, exactly.
 * @throws {DecimalInvalidError} anything but digits with at most one point, such as signs, exponents and separators
 * @example Rational.parse('0.005') // 1/200
 */
export function parse(text: string): Rational {
  const match = /^(\d{1,40})(?:\.(\d{1,40}))?$/.exec(text)
  if (match === null) throw new DecimalInvalidError(text)
  const [, whole = '0', fraction = ''] = match
  return from(BigInt(whole + fraction), 10n ** BigInt(fraction.length))
}

export const add = (a: Rational, b: Rational): Rational =>
  from(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)

export const multiply = (a: Rational, b: Rational): Rational =>
  from(a.numerator * b.numerator, a.denominator * b.denominator)

/** a / b; b must not be zero. */
export const divide = (a: Rational, b: Rational): Rational =>
  from(a.numerator * b.denominator, a.denominator * b.numerator)

/** Below, equal to or above zero as a is below, equal to or above b. */
export const compare = (a: Rational, b: Rational): number =>
  Number(a.numerator * b.denominator - b.numerator * a.denominator)

/**
 * As decimal text, **rounded half up** (away from zero) at a number of decimals, without trailing zeros.
 * @example Rational.format(Rational.from(2n, 3n), 4) // '0.6667'
 */
export function format(value: Rational, decimals: number): string {
  const magnitude = value.numerator < 0n ? -value.numerator : value.numerator
  const scaled = (2n * magnitude * 10n ** BigInt(decimals) + value.denominator) / (2n * value.denominator)
  const digits = scaled.toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  const sign = value.numerator < 0n && scaled > 0n ? '-' : ''
  return sign + whole + (fraction === '' ? '' : `.${fraction}`)
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

/** A text is no plain decimal number. */
export class DecimalInvalidError extends SunledgerError {
  override readonly name = 'DecimalInvalidError'
  constructor(text: string) {
    super('SL721', 'Not a decimal number.', {
      expected: 'digits with at most one point, such as "0.005"',
      actual: JSON.stringify(text.slice(0, 60)),
    })
  }
}
