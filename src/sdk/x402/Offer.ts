/**
 * What a server's 402 offers a robot, and paying for it: with a receipt of the robot's own clearing house where that is offered, else with
 * an EIP-3009 authorization of its wallet (`exact`).
 */
import { randomBytes } from 'node:crypto'
import { SunledgerError } from '../../core/Errors.ts'
import type { Hex } from '../../core/Payment.ts'
import * as X402 from '../../core/X402.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Signature from '../../crypto/Signature.ts'
import type { Client } from '../Client.ts'
import { type Clock, type Deployment, isSimulated } from '../Deployment.ts'
import type { Receipt } from '../Receipt.ts'
import type { PayOptions } from '../RobotOptions.ts'
import type { Signer } from '../Signer.ts'
import type { Spending } from '../Spending.ts'

/** What paying for requests needs of a robot. */
export interface Payer {
  readonly client: Client
  readonly signer: Signer
  readonly deployment: Deployment
  readonly clock: Clock
  readonly spending: Spending
  pay(options: PayOptions): Promise<Receipt>
}

/** A payment, ready to be sent; and how to put it back into the limits, if the server did not take it. */
export interface Paid {
  readonly payload: X402.Payload
  readonly refunded: () => void
}

/** Whether a robot of this deployment can pay an offer. */
const fits = ({ deployment, spending }: Payer, { network, asset, scheme, extra }: X402.Requirements): boolean => {
  if (network !== X402.networkOf(deployment.trust.chainId) || asset !== spending.token.asset) return false
  if (scheme === 'clearing') return String(extra['clearingHouse']).toLowerCase() === deployment.trust.clearingHouse
  return scheme === 'exact' && (extra['assetTransferMethod'] ?? 'eip3009') === 'eip3009'
}

/** The offer that a robot pays. @throws {NotPayableError} */
export const choose = (payer: Payer, { accepts }: X402.Required): X402.Requirements => {
  const fitting = accepts.filter((offer) => fits(payer, offer))
  const chosen = fitting.find(({ scheme }) => scheme === 'clearing') ?? fitting[0]
  if (chosen === undefined) throw new NotPayableError(payer, accepts)
  return chosen
}

/**
 * Pays an offer: within the limits, and the same resource, key and terms once. What was paid with before is handed over again.
 * @param key the idempotency key
 * @throws {PriceTooHighError} nothing was paid
 */
export const pay = async (
  payer: Payer,
  resource: X402.Resource,
  accepted: X402.Requirements,
  key: string,
  maxAmount?: string | bigint,
): Promise<Paid> => {
  const { spending, clock } = payer
  const { scheme, amount, payTo } = accepted
  const purchase = `${scheme} ${Digest.reference(resource.url, key)}`
  let bought = spending.take(BigInt(amount), payTo, purchase, maxAmount)
  const before = bought.payment === undefined ? undefined : await (bought.payment as Promise<Content>).catch(() => {})
  if (before !== undefined && isOver(before, clock)) {
    spending.renew(purchase)
    bought = spending.take(BigInt(amount), payTo, purchase, maxAmount)
  }
  const refunded = (): void => spending.giveBack(purchase, bought)
  bought.payment ??= (scheme === 'clearing' ? receipt : authorization)(payer, resource, accepted, key)
  try {
    const payload = (await bought.payment) as Content
    return { payload: { x402Version: X402.version, resource, accepted, payload }, refunded }
  } catch (error) {
    bought.payment = undefined
    // What may have been charged counts as spent.
    if (!(error instanceof SunledgerError) || !mayBeCharged.has(error.code)) refunded()
    throw error
  }
}

type Content = X402.Payload['payload']

const mayBeCharged = new Set(['SL649', 'SL650', 'SL651', 'SL683'])

/** An authorization that no clock takes any more. */
const isOver = (payload: Content, clock: Clock): boolean => {
  const { validBefore } = (payload['authorization'] ?? {}) as { validBefore?: string }
  return validBefore !== undefined && BigInt(validBefore) <= clock.now()
}

type Make = (
  payer: Payer,
  resource: X402.Resource,
  accepted: X402.Requirements,
  key: string,
) => Promise<X402.Payload['payload']>

const receipt: Make = async (payer, { url }, { payTo, amount, asset }, key) => {
  const reference = Digest.reference(url, key)
  const paid = await payer.pay({ to: payTo, amount: BigInt(amount), asset: asset as Hex, reference })
  return X402.formatClearing({ receipt: paid, key })
}

/** A server may use an authorization until it runs out, so it gets an hour at most; on a simulated chain, whose clock jumps, a week. */
const validFor = (chainId: number, seconds: number): bigint =>
  BigInt(Math.ceil(Math.min(seconds, isSimulated(chainId) ? 604_800 : 3_600)))

const authorization: Make = async (
  { signer, spending, clock, deployment },
  _,
  { payTo, amount, maxTimeoutSeconds },
) => {
  const terms = {
    from: signer.address,
    to: payTo as Hex,
    value: BigInt(amount),
    validAfter: 0n,
    validBefore: clock.now() + validFor(deployment.trust.chainId, maxTimeoutSeconds),
    nonce: `0x${randomBytes(32).toString('hex')}` as Hex,
  }
  const signature = await signer.sign('TransferWithAuthorization', spending.token.domain, terms)
  const text = { value: amount, validAfter: '0', validBefore: terms.validBefore.toString() }
  return { signature: Signature.expand(signature), authorization: { ...terms, ...text } }
}

/** A 402 offers nothing that this robot can pay. */
export class NotPayableError extends SunledgerError {
  override readonly name = 'NotPayableError'
  constructor({ deployment, spending }: Payer, offers: readonly X402.Requirements[]) {
    const shown = offers.map(({ scheme, network, asset }) => `${scheme} on ${network} in ${asset}`)
    super('SL674', 'The server takes no payment that this robot can make.', {
      expected: `clearing or exact on ${X402.networkOf(deployment.trust.chainId)} in ${spending.token.asset}`,
      actual: shown.join(', ').slice(0, 500) || 'no offer',
      hint: 'Connect the robot to the clearing service that the server names. Nothing was paid.',
      status: 402,
    })
  }
}
