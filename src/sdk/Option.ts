/** What callers may hand in: each entry of the SDK checks it, so that odd input is told by name and not by whatever it breaks first. */
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'

/** A value as it is shown in a message: short, and never a whole secret. */
const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean')
    return `${value}`.slice(0, 60)
  if (value instanceof Error) return `${value.message.split('\n')[0]}`
  return value === null || value === undefined ? `${value}` : `a value of type ${typeof value}`
}

/** @throws {OptionInvalidError} */
export const object = <T>(name: string, value: T): T => {
  if (typeof value !== 'object' || value === null) throw new OptionInvalidError(name, 'an object', value)
  return value
}

/** @throws {OptionInvalidError} */
export const text = (name: string, value: unknown): string => {
  if (typeof value !== 'string') throw new OptionInvalidError(name, 'text', value)
  return value
}

/** @throws {OptionInvalidError} */
export const callable = (name: string, value: unknown): void => {
  if (typeof value !== 'function') throw new OptionInvalidError(name, 'a function', value)
}

/** 32 bytes. @throws {OptionInvalidError} */
export const bytes32 = (name: string, value: unknown): Hex => {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{64}$/i.test(value))
    throw new OptionInvalidError(name, '32 bytes: 0x and 64 hex digits', value)
  return value.toLowerCase() as Hex
}

/** An address of a token: in any case, without a checksum's say. @throws {OptionInvalidError} */
export const asset = (value: unknown): Address => {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{40}$/i.test(value))
    throw new OptionInvalidError('asset', 'the address of a token', value)
  return value.toLowerCase() as Address
}

/** Chain time in seconds, as it fits what is signed. @throws {OptionInvalidError} */
export const seconds = (name: string, value: unknown): bigint => {
  if (typeof value !== 'bigint' || value < 0n || value >= 1n << 64n)
    throw new OptionInvalidError(name, 'chain time in seconds, as a bigint below 2^64', value)
  return value
}

/** @throws {OptionInvalidError} */
export const number = (name: string, value: unknown, from: number, to: number): number => {
  if (typeof value !== 'number' || !(value >= from && value <= to))
    throw new OptionInvalidError(name, `a number from ${from} to ${to}`, value)
  return value
}

/** An option or argument is of no use. Nothing has been signed or sent. */
export class OptionInvalidError extends SunledgerError {
  override readonly name = 'OptionInvalidError'
  constructor(name: string, expected: string, actual: unknown) {
    super('SL686', `The argument is of no use: ${name}.`, {
      expected,
      actual: shown(actual),
      hint: 'Nothing has been signed or sent.',
      cause: actual instanceof Error ? actual : undefined,
    })
  }
}
