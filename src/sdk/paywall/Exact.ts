/**
 * Payment by `exact`: the client signs an EIP-3009 authorization, and the clearing service, as facilitator, tries it before the handler runs
 * and puts it on chain after the handler has succeeded. Where the handler fails nothing has moved.
 *
 * An authorization stands in the chain's calldata for everybody to read once it is settled, so an answer is repeated only to whoever also
 * knows the request's Idempotency-Key; without one each authorization is answered once.
 */
import type { Address } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import * as AuthorizationSignature from '../../crypto/AuthorizationSignature.ts'
import type { Client } from '../Client.ts'
import { ExactRefusedError } from './ExactErrors.ts'
import type { Identity } from './Identity.ts'
import { PaymentHeaderInvalidError, TermsMismatchError } from './Terms.ts'
import { isUnclear } from './Unknowns.ts'

export interface Authorized {
  readonly payer: Address
  /** Names the authorization. */
  readonly nonce: string
  readonly amount: bigint
  readonly request: X402.FacilitatorRequest
  /** The payer's own key has signed it; else a contract wallet may have, which the chain alone can tell. */
  readonly isOwn: boolean
}

/** @throws {PaymentHeaderInvalidError} @throws {TermsMismatchError} */
export const check = (payload: X402.Payload, payTo: Address, identity: Identity): Authorized => {
  let exact: X402.ExactPayload
  try {
    exact = X402.parseExact(payload.payload)
  } catch (cause) {
    throw new PaymentHeaderInvalidError(cause)
  }
  const { token, network } = identity
  const { accepted } = payload
  const { authorization } = exact
  const expect = (field: string, expected: string, actual: string): void => {
    if (expected !== actual) throw new TermsMismatchError(field, expected, actual)
  }
  expect('network', network, accepted.network)
  expect('asset', token.asset, accepted.asset)
  expect('payee', payTo, authorization.to)
  const { name, version } = token.domain
  const asked: X402.Requirements = {
    scheme: 'exact',
    network,
    asset: token.asset,
    amount: authorization.value.toString(),
    payTo,
    maxTimeoutSeconds: accepted.maxTimeoutSeconds,
    extra: { name, version },
  }
  const own = AuthorizationSignature.canonical(token.domain.separator, exact)
  // In the one form that every token takes, whatever form the wallet gave it.
  const signed = own === undefined ? payload.payload : { ...payload.payload, signature: own }
  return {
    payer: authorization.from,
    nonce: `${token.asset} ${authorization.from} ${authorization.nonce}`,
    amount: authorization.value,
    request: {
      paymentPayload: { ...payload, accepted: asked, payload: signed },
      paymentRequirements: asked,
      claim: crypto.randomUUID(),
    },
    isOwn: own !== undefined,
  }
}

/** @throws {ExactRefusedError} the facilitator would not settle it @throws {ServiceUnreachableError} */
export const verify = async (client: Client, { request }: Authorized): Promise<void> => {
  const { isValid, invalidReason, invalidMessage } = await client.verifyX402(request)
  if (!isValid) throw new ExactRefusedError(invalidReason ?? 'invalid', invalidMessage)
}

/** How often a settlement that has been sent and is not mined yet is asked about before the client is answered. */
const mostPending = 5

/** Puts it on chain. Asked again it gives the same answer, so what went wrong on the way is tried again. */
export const settle = async (client: Client, { request }: Authorized): Promise<X402.Settled> => {
  for (let attempt = 1; ; attempt++) {
    const settled = await client.settleX402(request)
    if (!isUnclear(settled) || attempt === mostPending) return settled
  }
}
