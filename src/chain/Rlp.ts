/**
 * Transactions of type 2 (EIP-1559) in the form in which they are signed and sent. A settlement's is 90 kB, and a library that takes it
 * apart into bytes takes ten milliseconds for each; here digits stay digits. Tests hold it against viem.
 */
import type { Address, Hex } from '../core/Payment.ts'

export interface Fields {
  readonly chainId: number
  readonly nonce: number
  readonly maxPriorityFeePerGas: bigint
  readonly maxFeePerGas: bigint
  readonly gas: bigint
  /** undefined: deploys a contract. */
  readonly to: Address | undefined
  readonly data: Hex
}

/** Digits of a whole number of bytes, as short as can be; none for zero. */
const digitsOf = (value: number | bigint): string => {
  if (BigInt(value) === 0n) return ''
  const digits = value.toString(16)
  return digits.length % 2 === 0 ? digits : `0${digits}`
}

const shortest = 55

/** @param base 0x80 for a string of bytes, 0xc0 for a list */
const head = (base: number, bytes: number): string => {
  if (bytes <= shortest) return digitsOf(base + bytes)
  const length = digitsOf(bytes)
  return digitsOf(base + shortest + length.length / 2) + length
}

const item = (digits: string): string =>
  digits.length === 2 && Number.parseInt(digits, 16) < 0x80 ? digits : head(0x80, digits.length / 2) + digits

const numeral = (value: number | bigint): string => item(digitsOf(value))

/** The list's items, to be signed and sent with or without a signature after them. */
export const payload = ({ chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gas, to, data }: Fields): string =>
  numeral(chainId) +
  numeral(nonce) +
  numeral(maxPriorityFeePerGas) +
  numeral(maxFeePerGas) +
  numeral(gas) +
  item(to === undefined ? '' : to.slice(2).toLowerCase()) +
  // No coin goes with it.
  numeral(0) +
  item(data.slice(2).toLowerCase()) +
  // No access list.
  head(0xc0, 0)

/** What is hashed for the signature; digits without 0x. */
export const unsigned = (items: string): string => `02${head(0xc0, items.length / 2)}${items}`

/** What goes out; digits without 0x. */
export const signed = (items: string, yParity: 0 | 1, r: bigint, s: bigint): string =>
  unsigned(items + numeral(yParity) + numeral(r) + numeral(s))
