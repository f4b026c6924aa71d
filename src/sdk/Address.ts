/** Addresses as people and wallets write them: any case, a mixed one only with the right EIP-55 checksum. Inside, lower case. */
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'
import * as Keccak from '../crypto/Keccak.ts'

/**
 * @throws {AddressInvalidError}
 * @example Address.parse('0x70997970C51812dc3A010C7d01b50e0d17dc79C8')
 */
export const parse = (text: string): Address => {
  if (typeof text !== 'string') throw new AddressInvalidError('text: 0x and 40 hex digits', text)
  if (/^0x[0-9a-f]{40}$/.test(text)) return text as Address
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new AddressInvalidError('0x and 40 hex digits', text)
  if (/[a-f]/.test(text.slice(2)) && text !== checksum(text.toLowerCase()))
    throw new AddressInvalidError('a right EIP-55 checksum, or lower case', text)
  return text.toLowerCase() as Address
}

const checksum = (lower: string): string => {
  const hash = Keccak.ofText(lower.slice(2))
  return lower.replace(/[a-f]/g, (letter, at: number) =>
    Number.parseInt(hash[at] as string, 16) >= 8 ? letter.toUpperCase() : letter,
  )
}

/** A text is no address, or somebody mistyped one. */
export class AddressInvalidError extends SunledgerError {
  override readonly name = 'AddressInvalidError'
  constructor(expected: string, actual: string) {
    super('SL656', 'Not an address.', { expected, actual: JSON.stringify(String(actual).slice(0, 60)) })
  }
}
