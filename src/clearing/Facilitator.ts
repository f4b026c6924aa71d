/**
 * The clearing service as an x402 facilitator: says whether a payment is good, and puts `exact` payments on chain for resource servers that
 * have no chain client of their own.
 *
 * `verify` moves nothing: an authorization is tried on the chain as a call, a receipt is looked up in the journal. `settle` may be asked
 * any number of times and gives the same answer: an authorization's nonce is used once, and where it has been used, by whomever, what
 * counts is whether the very transfer that was asked for followed from it and is confirmed. So nobody who submits an authorization before
 * us can make its payer pay twice. What was sent and is not mined is `settlement_pending` for as long as it can still be mined: no other
 * answer would be true.
 */
import * as Authorization from '../chain/Authorization.ts'
import { ChainUnreachableError, type Client } from '../chain/Client.ts'
import type { Deployment } from '../chain/Deployment.ts'
import * as Sender from '../chain/Sender.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Hex, Receipt } from '../core/Payment.ts'
import * as X402 from '../core/X402.ts'
import * as AuthorizationSignature from '../crypto/AuthorizationSignature.ts'
import * as Digest from '../crypto/Digest.ts'
import { createSettledClaims } from './SettledClaims.ts'
import type { Spender } from './Spender.ts'
import type { Sync } from './Sync.ts'

export interface FacilitatorOptions {
  readonly client: Client
  readonly deployment: Deployment
  readonly sender: Spender
  readonly sync: Sync
  /** Chain time. */
  readonly nowSeconds: () => bigint
  readonly creditKey: string
  /** An accepted payment's receipt; throws where there is none. */
  readonly payment: (id: Hex) => Receipt
}

export interface Facilitator {
  verifyX402(request: X402.FacilitatorRequest): Promise<X402.Verified>
  /**
   * @param from the range of addresses that it comes from
   * @throws {TooManyTransactionsError} @throws {ShareSpentError} nothing was sent
   */
  settleX402(request: X402.FacilitatorRequest, from?: string): Promise<X402.Settled>
  supportedX402(): X402.Supported
}

/** What was found: who pays, or why not. Reasons are named as the official facilitators name them. */
interface Found {
  readonly payer: string
  readonly reason?: string
  readonly message?: string
}

/** Sent and not mined, that are remembered. */
const mostPending = 10_000

/** Time that a transaction needs to get into a block. */
const marginSeconds = 6n

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** Requirements are the server's, and what the client accepted has to be them. */
const termsProblem = (
  { paymentPayload, paymentRequirements: asked }: X402.FacilitatorRequest,
  network: X402.Network,
) => {
  const { accepted } = paymentPayload
  if (asked.network !== network || accepted.network !== network) return 'invalid_network'
  if (accepted.scheme !== asked.scheme) return 'invalid_scheme'
  const differ = (['asset', 'payTo', 'amount'] as const).some((field) => !same(accepted[field], asked[field]))
  return differ ? 'invalid_payment_requirements' : undefined
}

const reasons: { readonly [error: string]: string } = {
  ERC3009UsedAuthorization: 'invalid_exact_evm_nonce_already_used',
  ERC3009InvalidSignature: 'invalid_exact_evm_signature',
  ERC20InsufficientBalance: 'invalid_exact_evm_insufficient_balance',
}

export const create = (options: FacilitatorOptions): Facilitator => {
  const { client, deployment, sender, sync } = options
  const network = X402.networkOf(deployment.chainId)
  const tokens = [deployment.dollar, deployment.energyCredit]
  /** Settlements under way, by token, payer and nonce. */
  const running = new Map<string, Promise<X402.Settled>>()
  const claims = createSettledClaims()
  /** Settlements that were sent and not mined when it was last asked. */
  const pending = new Set<string>()
  const domains = new Map(
    tokens.map(({ asset, name, version }) => [
      asset as string,
      Digest.domain(deployment.chainId, asset, name, version),
    ]),
  )

  /** What the payload says, its signature in the form that the token takes. */
  const read = ({ paymentPayload, paymentRequirements: { asset } }: X402.FacilitatorRequest): X402.ExactPayload => {
    const payload = X402.parseExact(paymentPayload.payload)
    const domain = domains.get(asset)
    const signature = domain === undefined ? undefined : AuthorizationSignature.canonical(domain, payload)
    return signature === undefined ? payload : { ...payload, signature }
  }

  /** What can be said of an authorization without the chain. */
  const staticProblem = ({ authorization: a }: X402.ExactPayload, asked: X402.Requirements): string | undefined => {
    const token = tokens.find(({ asset }) => asset === asked.asset)
    if (token === undefined) return 'invalid_exact_evm_eip3009_not_supported'
    const { name = token.name, version = token.version } = asked.extra
    if (name !== token.name) return 'invalid_exact_evm_token_name_mismatch'
    if (version !== token.version) return 'invalid_exact_evm_token_version_mismatch'
    if (a.to !== asked.payTo) return 'invalid_exact_evm_recipient_mismatch'
    if (a.value !== BigInt(asked.amount) || a.value === 0n) return 'invalid_exact_evm_authorization_value'
    if (a.value < sender.budget.limits.minimumAtomic) return 'invalid_exact_evm_amount_below_minimum'
    return undefined
  }

  const timeProblem = ({ authorization: a }: X402.ExactPayload): string | undefined => {
    const now = options.nowSeconds()
    if (a.validBefore <= now + marginSeconds) return 'invalid_exact_evm_payload_authorization_valid_before'
    return a.validAfter > now ? 'invalid_exact_evm_payload_authorization_valid_after' : undefined
  }

  const exact = async (request: X402.FacilitatorRequest): Promise<Found> => {
    const payload = read(request)
    const { asset } = request.paymentRequirements
    const payer = payload.authorization.from
    const problem = staticProblem(payload, request.paymentRequirements) ?? timeProblem(payload)
    if (problem !== undefined) return { payer, reason: problem }
    const refused = await Authorization.simulate(client, sender.address, asset as Hex, payload)
    if (refused === undefined) return { payer }
    return { payer, reason: reasons[refused] ?? 'invalid_exact_evm_transaction_simulation_failed', message: refused }
  }

  const clearing = (request: X402.FacilitatorRequest): Found & { readonly id: string } => {
    const { receipt, key } = X402.parseClearing(request.paymentPayload.payload)
    const { payment } = receipt
    const found = { payer: payment.payer, id: payment.id }
    let known: Receipt
    try {
      known = options.payment(payment.id)
    } catch (error) {
      if (error instanceof SunledgerError && error.status === 404)
        return { ...found, reason: 'invalid_clearing_payment_unknown', message: error.shortMessage }
      throw error
    }
    const fields = ['payer', 'payee', 'asset', 'amount', 'reference'] as const
    const differing = fields.find((field) => payment[field] !== known.payment[field])
    if (differing !== undefined) return { ...found, reason: `invalid_clearing_${differing}` }
    const asked = request.paymentRequirements
    if (payment.payee !== asked.payTo) return { ...found, reason: 'invalid_clearing_recipient_mismatch' }
    if (payment.asset !== asked.asset) return { ...found, reason: 'invalid_clearing_asset_mismatch' }
    if (payment.amount < BigInt(asked.amount)) return { ...found, reason: 'invalid_clearing_amount' }
    const url = request.paymentPayload.resource?.url
    if (url === undefined || Digest.reference(url, key) !== payment.reference)
      return { ...found, reason: 'invalid_clearing_reference_mismatch' }
    return found
  }

  const find = async (request: X402.FacilitatorRequest): Promise<Found & { readonly id?: string }> => {
    const problem = termsProblem(request, network)
    if (problem !== undefined) return { payer: '', reason: problem }
    if (request.paymentRequirements.scheme === 'exact') return exact(request)
    if (request.paymentRequirements.scheme === 'clearing') return clearing(request)
    return { payer: '', reason: 'unsupported_scheme' }
  }

  const failed = (payer: string, reason: string, message?: string, transaction = ''): X402.Settled => ({
    ...{ success: false, errorReason: reason, transaction, network },
    ...(payer === '' ? {} : { payer }),
    ...(message === undefined ? {} : { errorMessage: message }),
  })

  /** The transfer that used the nonce, if it is the one that was asked for and the blocks that count have it. */
  const already = async (payload: X402.ExactPayload, asked: X402.Requirements): Promise<X402.Settled | undefined> => {
    const use = await Authorization.used(client, asked.asset as Hex, payload.authorization, deployment.startBlock)
    if (use === undefined) return undefined
    const payer = payload.authorization.from
    if (use === 'otherwise') return failed(payer, 'invalid_exact_evm_nonce_already_used')
    const { blockNumber, transactionHash } = use.receipt
    await sync.reached(blockNumber)
    return { success: true, transaction: transactionHash, network, payer, amount: asked.amount }
  }

  const remember = (name: string): void => {
    pending.add(name)
    if (pending.size > mostPending) pending.delete(pending.values().next().value as string)
  }

  /** Whether it was sent and may still be mined: then neither yes nor no is true, and it is not sent again. */
  const isUnderWay = async (name: string, payload: X402.ExactPayload, data: Hex): Promise<boolean> => {
    const isLate = timeProblem(payload) !== undefined && options.nowSeconds() < payload.authorization.validBefore
    if (!pending.has(name) && !isLate) return false
    if (await sender.isOpen(data)) return true
    pending.delete(name)
    return false
  }

  const send = async (
    name: string,
    payload: X402.ExactPayload,
    asked: X402.Requirements,
    from?: string,
  ): Promise<X402.Settled> => {
    const payer = payload.authorization.from
    const problem = staticProblem(payload, asked)
    if (problem !== undefined) return failed(payer, problem)
    const call = Authorization.call(asked.asset as Hex, payload)
    const underWay = await isUnderWay(name, payload, call.data)
    // Asked after that: what is under way no more has been mined, or never will be.
    const before = await already(payload, asked)
    if (before !== undefined) return before
    if (underWay) return failed(payer, 'settlement_pending', 'It was sent and has not been mined yet.')
    const late = timeProblem(payload)
    if (late !== undefined) return failed(payer, late)
    try {
      const cause = { account: payer, from }
      const sent = await sender.serve('x402', cause, call)
      pending.delete(name)
      await sync.reached(sent.block)
      return { success: true, transaction: sent.transaction, network, payer, amount: asked.amount }
    } catch (error) {
      if (error instanceof Sender.TransactionPendingError) {
        remember(name)
        return failed(payer, 'settlement_pending', error.shortMessage, error.actual)
      }
      // Whether it arrived is open.
      if (error instanceof ChainUnreachableError) remember(name)
      if (!(error instanceof Sender.RevertedError)) throw error
      // Somebody else may have submitted it just before us.
      const other = await already(payload, asked)
      if (other !== undefined) return other
      const revert = error.actual?.split('(')[0] ?? ''
      return failed(payer, reasons[revert] ?? 'invalid_exact_evm_transaction_failed', error.actual)
    }
  }

  /** Asked at the same time as often as it likes, an authorization is sent once, and counts for one request (`SettledClaims`). */
  const settleExact = async (request: X402.FacilitatorRequest, origin?: string): Promise<X402.Settled> => {
    const payload = read(request)
    const asked = request.paymentRequirements
    const { from, nonce } = payload.authorization
    const name = [asked.asset, from, nonce, asked.payTo, asked.amount, payload.signature].join(' ')
    const answer = running.get(name) ?? send(name, payload, asked, origin).finally(() => running.delete(name))
    running.set(name, answer)
    return claims.answer(name, request.claim, await answer)
  }

  return {
    async verifyX402(request) {
      const { payer, reason, message } = await find(request)
      return {
        isValid: reason === undefined,
        ...(reason === undefined ? {} : { invalidReason: reason }),
        ...(message === undefined ? {} : { invalidMessage: message }),
        ...(payer === '' ? {} : { payer }),
      }
    },
    async settleX402(request, from) {
      const { scheme, amount } = request.paymentRequirements
      const problem = termsProblem(request, network)
      if (problem !== undefined) return failed('', problem)
      if (scheme === 'exact') return settleExact(request, from)
      if (scheme !== 'clearing') return failed('', 'unsupported_scheme')
      const { payer, reason, message, id } = clearing(request)
      if (reason !== undefined) return failed(payer, reason, message)
      return { success: true, transaction: id, network, payer, amount }
    },
    supportedX402: () => ({
      kinds: [
        { x402Version: X402.version, scheme: 'exact', network },
        {
          ...{ x402Version: X402.version, scheme: 'clearing', network },
          extra: { clearingHouse: deployment.clearingHouse, creditKey: options.creditKey },
        },
      ],
      extensions: [],
      signers: { 'eip155:*': [sender.address] },
    }),
  }
}
