/**
 * Signatures of EIP-3009 authorizations. Wallets write one signature in several forms: v as 0 and 1 or as 27 and 28, s in the upper half of
 * the order, 64 bytes (EIP-2098). Tokens take one of them: 65 bytes, a low s, v 27 or 28. Who settles an authorization may choose the form,
 * so whatever its payer's own key has signed is brought into that one. Anything else is a contract wallet's (ERC-1271) and stays as it is.
 */
import type { Address, Hex } from '../core/Payment.ts'
import * as Digest from './Digest.ts'
import * as Signature from './Signature.ts'

export interface Signed {
  readonly authorization: Parameters<typeof Digest.transferAuthorization>[1] & { readonly from: Address }
  readonly signature: Hex
}

/** The signature in the form that tokens take; undefined: it is not its payer's own key's. */
export const canonical = (domain: Digest.Domain, { authorization, signature }: Signed): Hex | undefined => {
  if (signature.length !== 130 && signature.length !== 132) return undefined
  try {
    const compact = Signature.compact(signature)
    const signer = Signature.recover(Digest.transferAuthorization(domain, authorization), compact)
    return signer === authorization.from ? Signature.expand(compact) : undefined
  } catch {
    return undefined
  }
}
