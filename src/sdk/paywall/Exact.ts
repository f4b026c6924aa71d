/**
 * Payment by `exact`: the client signs an EIP-3009 authorization, and the clearing service, as facilitator, tries it before the handler runs
 * and puts it on chain after the handler has succeeded. Where the handler fails nothing has moved.
 *
 * An authorization stands in the chain's calldata for everybody to read once it is settled, so an answer is repeated only to whoever also
 * knows the request's Idempotency-Key; without one each authorization is answered once.
 */
import { SunledgerError } from '../../core/Errors.ts'
import type { Address } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Signature from '../../crypto/Signature.ts'
import type { Client } from '../Client.ts'
import type { Identity } from './Identity.ts'
import { PaymentHeaderInvalidError, TermsMismatchError } from './Terms.ts'

export interface Authorized {
  readonly payer: Address
  /** Names the authorization. */
  readonly nonce: string
  readonly amount: bigint
  readonly request: X402.FacilitatorRequest
  /** The payer's own key has signed it; else a contract wallet may have, which the chain alone can tell. */
  readonly isOwn: boolean
}

/** Nonces that were handed in lately: whoever hands one in again waits for nothing. */
const mostNonces = 100_000

export class Nonces {
  readonly #seen = new Set<string>()
  readonly #doubtful = new Set<string>()

  /** @throws {ExactRefusedError} it is in use */
  take(nonce: string): void {
    if (this.#seen.has(nonce)) throw new ExactRefusedError('invalid_exact_evm_nonce_already_used')
    this.#seen.add(nonce)
    if (this.#seen.size > mostNonces) this.#seen.delete(this.#seen.values().next().value as string)
  }

  /** @param isDoubtful it may have been settled, and nobody has been served for it */
  release(nonce: string, isDoubtful = false): void {
    this.#seen.delete(nonce)
    if (!isDoubtful) return
    this.#doubtful.add(nonce)
    if (this.#doubtful.size > mostNonces) this.#doubtful.delete(this.#doubtful.values().next().value as string)
  }

  /** Whoever hands it in again has perhaps paid, and got nothing for it. */
  isDoubtful(nonce: string): boolean {
    return this.#doubtful.delete(nonce)
  }
}

/** @throws {PaymentHeaderInvalidError} @throws {TermsMismatchError} */
export const check = (payload: X402.Payload, payTo: Address, least: bigint, identity: Identity): Authorized => {
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
  if (authorization.value < least)
    throw new TermsMismatchError('amount', `at least ${least} atomic units`, `${authorization.value}`)
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
  return {
    payer: authorization.from,
    nonce: `${authorization.from} ${authorization.nonce}`,
    amount: authorization.value,
    request: { paymentPayload: { ...payload, accepted: asked }, paymentRequirements: asked },
    isOwn: signerOf(exact, identity) === authorization.from,
  }
}

const signerOf = ({ authorization, signature }: X402.ExactPayload, { token }: Identity): Address | undefined => {
  if (signature.length !== 130 && signature.length !== 132) return undefined
  try {
    return Signature.recover(
      Digest.transferAuthorization(token.domain.separator, authorization),
      Signature.compact(signature),
    )
  } catch {
    return undefined
  }
}

/** @throws {ExactRefusedError} the facilitator would not settle it @throws {ServiceUnreachableError} */
export const verify = async (client: Client, { request }: Authorized): Promise<void> => {
  const { isValid, invalidReason, invalidMessage } = await client.verifyX402(request)
  if (!isValid) throw new ExactRefusedError(invalidReason ?? 'invalid', invalidMessage)
}

/** How often a settlement that has been sent and is not mined yet is asked about. */
const mostPending = 5

/** Puts it on chain. Asked again it gives the same answer, so what went wrong on the way is tried again. */
export const settle = async (client: Client, { request }: Authorized): Promise<X402.Settled> => {
  for (let attempt = 1; ; attempt++) {
    const settled = await client.settleX402(request)
    if (settled.errorReason !== 'settlement_pending' || attempt === mostPending) return settled
  }
}

/** An authorization is not good, or could not be settled. */
export class ExactRefusedError extends SunledgerError {
  override readonly name = 'ExactRefusedError'
  constructor(reason: string, message?: string) {
    super('SL665', 'The authorization cannot be settled, so nothing was served for it.', {
      expected: 'an EIP-3009 authorization that the token takes, used once',
      actual: message === undefined ? reason : `${reason}: ${message}`,
      hint: 'Sign a new one over what PAYMENT-REQUIRED asks.',
      status: 402,
    })
  }
}
