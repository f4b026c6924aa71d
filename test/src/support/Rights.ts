/**
 * For every route that changes something, a right request, made so that whoever signs can be exchanged: the same request signed by a thief,
 * over something else, or not at all must be refused, and the right one taken.
 */
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import type { Deployed } from './Chain.ts'
import * as Member from './Member.ts'
import * as Running from './Running.ts'

/** Signs for a member. */
export type Sign = (member: Member.Member, digest: Hex) => Hex

export interface Right {
  /** `POST /v1/payments`. */
  readonly route: string
  /** The message, and what else has to come for it to be answered. */
  make(
    sign: Sign,
  ):
    | Promise<{ readonly body: unknown; readonly beside?: unknown }>
    | { readonly body: unknown; readonly beside?: unknown }
}

const word: Hex = `0x${'77'.repeat(32)}`

/** Signs payments; whoever signs them, they stand in the payer's line. */
const paying = (deployed: Deployed, payer: Member.Member, payee: Address) => (sign: Sign) => {
  const made = payer.pay({ to: payee, amount: 5n })
  payer.back()
  const digest = Digest.debit(Running.domainOf(deployed.deployment), made.asset, made.total, made.history)
  return { ...made, signature: sign(payer, digest) }
}

const trading = (deployed: Deployed, seller: Member.Member, buyer: Member.Member) => {
  const { asset } = deployed.deployment.dollar
  const terms = {
    ...{ seller: seller.address, buyer: buyer.address, creditAsset: asset, credits: 7n as never },
    ...{ dollarAsset: asset, price: 9n as never, salt: word },
  }
  return (sign: Sign) => {
    const leg = seller.leg(terms)
    seller.back()
    const digest = Digest.debit(Running.domainOf(deployed.deployment), asset, leg.total, leg.history)
    const other = buyer.leg(terms)
    buyer.back()
    return {
      body: { terms, payment: { ...leg, signature: sign(seller, digest) } },
      beside: { terms, payment: other },
    }
  }
}

const exact = ({ deployment }: Deployed, wallet: Member.Member, payTo: Address) => {
  const { asset, name, version } = deployment.dollar
  const nonce = Member.reference()
  return (sign: Sign) => {
    const authorization = {
      from: wallet.address,
      to: payTo,
      value: 5n,
      validAfter: 0n,
      validBefore: Member.later,
      nonce,
    }
    const digest = Digest.transferAuthorization(Digest.domain(deployment.chainId, asset, name, version), authorization)
    const asked = {
      ...{ scheme: 'exact', network: `eip155:${deployment.chainId}`, asset, amount: '5', payTo, maxTimeoutSeconds: 60 },
      extra: { name, version },
    }
    const payload = { authorization, signature: Signature.expand(sign(wallet, digest)) }
    return {
      body: {
        x402Version: 2,
        paymentPayload: { x402Version: 2, accepted: asked, payload },
        paymentRequirements: asked,
      },
    }
  }
}

const readingOf =
  ({ deployment }: Deployed, device: Member.Member, timestamp: bigint) =>
  (sign: Sign) => {
    const stated = { meter: device.address, timestamp, energyMilliWh: 5n, computeUnits: 0n, detail: word }
    const digest = Digest.reading(Digest.domain(deployment.chainId, deployment.energyMeter), stated)
    return { body: { ...stated, signature: sign(device, digest) } }
  }

const approve = async (
  { deployment }: Deployed,
  service: Running.Running,
  device: Member.Member,
  owner: Member.Member,
) => {
  const rest = {
    capacityWatts: 1000n,
    marginBps: 0,
    startMilliWh: 0n,
    startComputeUnits: 0n,
    region: word,
    vintage: word,
  }
  const stated = { meter: device.address, owner: owner.address, kind: 1 as const, ...rest }
  const domain = Digest.domain(deployment.chainId, deployment.energyMeter)
  await service.approveMeter({ ...stated, signature: owner.sign(Digest.approval(domain, stated)) })
}

/** In the order in which they can be carried out; a budget needs the owner that is bound before it. */
export const make = async (
  deployed: Deployed,
  service: Running.Running,
  nowSeconds: () => Promise<bigint>,
): Promise<Right[]> => {
  const domain = Running.domainOf(deployed.deployment)
  const { asset } = deployed.deployment.dollar
  const [payer, shop, wallet, owned, boss, leaver, device] = (
    ['payer', 'shop', 'wallet', 'owned', 'boss', 'leaver', 'device'] as const
  ).map((name) => service.member(name)) as [
    Member.Member,
    Member.Member,
    Member.Member,
    Member.Member,
    Member.Member,
    Member.Member,
    Member.Member,
  ]
  for (const each of [payer, shop, leaver]) await service.fund(each, 100n)
  await service.faucet(wallet.address, 100n as never)
  await approve(deployed, service, device, boss)
  const pay = paying(deployed, payer, shop.address)
  const measured = readingOf(deployed, device, await nowSeconds())
  /** A member for whom somebody else may sign. */
  const as = (member: Member.Member, sign: Sign): Member.Member => ({
    ...member,
    sign: (digest) => sign(member, digest),
  })
  const limits = { sequence: 1n, perPayment: 5n, perDay: 5n, total: 5n, validUntil: Member.later }
  return [
    { route: 'POST /v1/payments', make: (sign) => ({ body: pay(sign) }) },
    { route: 'POST /v1/orders', make: trading(deployed, shop, leaver) },
    { route: 'POST /v1/deposits', make: (sign) => ({ body: Running.deposit(deployed, as(wallet, sign), 5n) }) },
    { route: 'POST /settle', make: exact(deployed, wallet, shop.address) },
    {
      route: 'POST /v1/withdrawals',
      make: (sign) => ({ body: Running.withdrawal(deployed, as(shop, sign), { amount: 5n, nonce: 0n }) }),
    },
    { route: 'POST /v1/exits', make: (sign) => ({ body: Running.exit(deployed, as(leaver, sign), { nonce: 0n }) }) },
    {
      route: 'POST /v1/owners',
      make: (sign) => ({
        body: {
          ...{ account: owned.address, owner: boss.address },
          signature: sign(owned, Digest.owner(domain, owned.address, boss.address, 0n)),
        },
      }),
    },
    {
      route: 'POST /v1/budgets',
      make: (sign) => {
        const budget = { account: owned.address, asset, ...limits } as never
        return { body: { ...(budget as object), signature: sign(boss, Digest.budget(domain, budget)) } }
      },
    },
    { route: 'POST /v1/readings', make: measured },
  ]
}
