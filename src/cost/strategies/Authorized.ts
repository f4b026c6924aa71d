/** EIP-3009 authorizations, signed as x402's `exact` scheme signs them: random nonces, valid from now on until far ahead. */
import * as Workbench from '../../chain/Workbench.ts'
import type { Address, Hex } from '../../core/Payment.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Keccak from '../../crypto/Keccak.ts'
import * as Signature from '../../crypto/Signature.ts'

const word = (value: bigint | Hex): string =>
  (typeof value === 'bigint' ? value.toString(16) : value.slice(2)).padStart(64, '0')

/** EIP-712 digest of a struct whose type and words are given. */
export const typed = (domain: Digest.Domain, type: string, ...words: readonly (bigint | Hex)[]): Hex => {
  const struct = Keccak.ofDigits(Keccak.ofText(type).slice(2) + words.map(word).join(''))
  return Keccak.ofDigits(`1901${domain.slice(2)}${struct.slice(2)}`)
}

const transferType =
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)'

export interface Split {
  readonly v: number
  readonly r: Hex
  readonly s: Hex
}

/** A signature as (v, r, s), which every such token takes. */
export const split = (signature: Hex): Split => {
  const full = Signature.expand(signature)
  return { r: full.slice(0, 66) as Hex, s: `0x${full.slice(66, 130)}`, v: full.endsWith('1c') ? 28 : 27 }
}

export interface Authorization extends Split {
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly nonce: Hex
}

/** @param index makes the nonce */
export const transfer = (domain: Digest.Domain, key: Hex, from: Address, to: Address, value: bigint, index: number) => {
  const [validAfter, validBefore] = [0n, Workbench.validUntil]
  const nonce = Keccak.ofText(`authorization ${from} ${index}`)
  const digest = typed(domain, transferType, from, to, value, validAfter, validBefore, nonce)
  const signed = split(Signature.sign(digest, key))
  return { from, to, value, validAfter, validBefore, nonce, ...signed } satisfies Authorization
}

/** For a contract that receives by itself; the nonce binds what the money is for. */
export const receive = (domain: Digest.Domain, key: Hex, from: Address, to: Address, value: bigint, nonce: Hex): Hex =>
  Signature.sign(
    Digest.receiveAuthorization(domain, { from, to, value, validAfter: 0n, validBefore: Workbench.validUntil, nonce }),
    key,
  )
