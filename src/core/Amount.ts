/**
 * Money, exactly: bigint atomic units of an asset, branded so that an amount and an energy do not add by accident. Decimal text is
 * parsed and formatted without floating point, and surplus decimals are refused, never rounded.
 */
import { SunledgerError } from './Errors.ts'

declare const unit: unique symbol

/** Atomic units of an asset. Dollars: 0.000001 USD. Energy credits: 1 mWh. */
export type AmountAtomic = bigint & { readonly [unit]: 'atomic' }

/** Decimals of every asset that Sunledger itself brings (dollars, energy credits). */
export const decimals = 6

/** The greatest total that fits the contract's 80 bits. */
export const maxTotal = ((1n << 80n) - 1n) as AmountAtomic

export const zero = 0n as AmountAtomic

/**
 * From a bigint or a decimal string of atomic units.
 * @throws {AmountInvalidError} negative, not a whole number, or above 80 bits
 * @example Amount.from(125n)
 */
export function from(value: bigint | string): AmountAtomic {
  if (typeof value !== 'bigint' && typeof value !== 'string') throw new AmountInvalidError(value)
  if (typeof value === 'string' && !/^(0|[1-9]\d{0,24})$/.test(value)) throw new AmountInvalidError(value)
  const amount = BigInt(value)
  if (amount < 0n || amount > maxTotal) throw new AmountInvalidError(String(value))
  return amount as AmountAtomic
}

/**
 * From decimal text in whole units, exactly.
 * @throws {AmountInvalidError} no plain decimal number
 * @throws {AmountTooPreciseError} more decimals than the asset has
 * @example Amount.parse('0.000125') // 125n
 */
export function parse(text: string, places: number = decimals): AmountAtomic {
  const match = typeof text === 'string' ? /^(\d{1,25})(?:\.(\d+))?$/.exec(text) : null
  if (!match) throw new AmountInvalidError(text)
  const [, whole = '0', fraction = ''] = match
  if (fraction.length > places) throw new AmountTooPreciseError(text, places)
  return from(BigInt(whole + fraction.padEnd(places, '0')))
}

/**
 * As decimal text in whole units, without trailing zeros.
 * @example Amount.format(125n) // '0.000125'
 */
export function format(amount: bigint, places: number = decimals): string {
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return sign + digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`)
}

export const add = (a: AmountAtomic, b: AmountAtomic): AmountAtomic => (a + b) as AmountAtomic

/** A text or number is no amount. */
export class AmountInvalidError extends SunledgerError {
  override readonly name = 'AmountInvalidError'
  constructor(actual: unknown) {
    const shown = typeof actual === 'string' ? JSON.stringify(actual.slice(0, 60)) : `a value of type ${typeof actual}`
    super('SL101', 'Not an amount.', {
      expected: 'a non-negative decimal number below 2^80 atomic units as text, such as "0.000125", or a bigint',
      actual: shown,
    })
  }
}

/** An amount has more decimals than its asset can hold. */
export class AmountTooPreciseError extends SunledgerError {
  override readonly name = 'AmountTooPreciseError'
  constructor(text: string, places: number) {
    super('SL102', 'The amount has more decimals than its asset.', {
      expected: `at most ${places} decimals`,
      actual: JSON.stringify(text.slice(0, 60)),
      hint: 'Amounts are never rounded. Round it yourself, in the direction you mean.',
    })
  }
}
