/**
 * What hostile participants try, for real, against the running service and chain. Each attack says what it gained and what honest participants lost,
 * in atomic dollars, and how much it could have been at most.
 */
import * as House from '../../chain/House.ts'
import type { AmountAtomic } from '../../core/Amount.ts'
import { type Address, debitGenesis, type Hex, type PaymentRequest, type Receipt } from '../../core/Payment.ts'
import * as Digest from '../../crypto/Digest.ts'
import * as Signature from '../../crypto/Signature.ts'
import type { Robot } from '../../sdk/Robot.ts'
import { each } from '../../sim/Participants.ts'
import * as Random from '../../sim/Random.ts'
import type { Scene } from './Scene.ts'

export interface Attack {
  readonly name: string
  readonly tries: number
  /** Refused by name, or without effect. */
  readonly refused: number
  readonly gainedAtomic: bigint
  readonly lostAtomic: bigint
  readonly bound: string
}

export const money = 1_000_000n

/** An attacker with a deposit, and its key. */
const attacker = async (scene: Scene, name: string): Promise<{ robot: Robot; key: Hex }> => {
  const robot = await scene.connect(`attacker ${name}`, 0)
  await scene.deposit(robot, money)
  return { robot, key: Random.key(scene.options.seed, `attacker ${name}`, 0) }
}

const held = async (robot: Robot): Promise<bigint> => (await robot.balance()).available

/** A payment signed by hand, at whatever place and in whatever domain. */
const signed = (
  scene: Scene,
  key: Hex,
  { to, amount, total = amount, chainId }: { to: Address; amount: bigint; total?: bigint; chainId?: number },
): PaymentRequest => {
  const { status, validUntilSeconds: validUntil } = scene.options
  const { clearingHouse, dollar } = status
  const reference = Digest.reference(`by hand ${to}`, String(total))
  const history = Digest.debitHistory(debitGenesis(Signature.addressOf(key)), to, amount, reference, validUntil)
  const domain = Digest.domain(chainId ?? status.chainId, clearingHouse)
  const signature = Signature.sign(Digest.debit(domain, dollar.asset, total, history), key)
  return {
    asset: dollar.asset,
    payee: to,
    amount: amount as AmountAtomic,
    reference,
    validUntil,
    total: total as AmountAtomic,
    history,
    signature,
  }
}

/** Sends payments; what was accepted, once each. */
const send = async (scene: Scene, requests: readonly PaymentRequest[]): Promise<Receipt[]> => {
  const answers = await scene.client.pay(requests)
  const receipts = answers.filter((answer): answer is Receipt => !(answer instanceof Error))
  return [...new Map(receipts.map((receipt) => [receipt.payment.id, receipt])).values()]
}

/** Counts receipts for the audit. */
const acknowledge = (scene: Scene, receipts: readonly Receipt[]): void => {
  for (const { payment } of receipts) {
    scene.outcome.acceptMs.push(0)
    scene.outcome.receiptIds.push(payment.id)
  }
}

export const repeated = async (scene: Scene, honest: Robot): Promise<Attack> => {
  const { key, robot } = await attacker(scene, 'repeated')
  const before = await held(honest)
  const request = signed(scene, key, { to: honest.address, amount: 100n })
  const tries = 50
  const receipts: Receipt[] = []
  for (let i = 0; i < tries; i++) receipts.push(...(await send(scene, [request])))
  acknowledge(scene, receipts.slice(0, 1))
  const till = await honest.till()
  let served = 0
  for (const receipt of receipts)
    try {
      till.accept(receipt)
      served++
    } catch {
      // Shown again: it has bought something already.
    }
  const gained = BigInt(served - 1) * 100n + (await held(robot)) - (money - 100n)
  return {
    name: 'the same payment 50 times, and its receipt shown 50 times',
    tries,
    refused: tries - served,
    gainedAtomic: gained,
    lostAtomic: before + 100n - (await held(honest)),
    bound: 'nothing',
  }
}

export const forked = async (scene: Scene, honest: Robot): Promise<Attack> => {
  const { key, robot } = await attacker(scene, 'forked')
  const accomplice = await scene.connect('accomplice', 0)
  const before = (await held(honest)) + (await held(accomplice))
  const requests = [honest, accomplice].map(({ address }) => signed(scene, key, { to: address, amount: money }))
  const receipts = (await Promise.all(requests.map((request) => send(scene, [request])))).flat()
  acknowledge(scene, receipts)
  const after = (await held(honest)) + (await held(accomplice))
  return {
    name: 'two payments of all it has at one total, to two payees at once',
    tries: 2,
    refused: 2 - receipts.length,
    gainedAtomic: after - before - money + (await held(robot)),
    lostAtomic: 0n,
    bound: 'nothing: one orderer a payer',
  }
}

export const beyond = async (scene: Scene, honest: Robot): Promise<Attack> => {
  const { key } = await attacker(scene, 'beyond')
  const before = await held(honest)
  const requests = [money + 1n, money * 1000n, (1n << 80n) - 1n].map((amount) =>
    signed(scene, key, { to: honest.address, amount }),
  )
  const receipts = (await Promise.all(requests.map((request) => send(scene, [request])))).flat()
  acknowledge(scene, receipts)
  return {
    name: 'spending more than its balance',
    tries: requests.length,
    refused: requests.length - receipts.length,
    gainedAtomic: 0n,
    lostAtomic: before + BigInt(receipts.length) - (await held(honest)),
    bound: 'nothing',
  }
}

export const replayed = async (scene: Scene, honest: Robot): Promise<Attack> => {
  const { key, robot } = await attacker(scene, 'replayed')
  const requests = [1, 8453, 10].map((chainId) => signed(scene, key, { to: honest.address, amount: 1000n, chainId }))
  const receipts = (await Promise.all(requests.map((request) => send(scene, [request])))).flat()
  acknowledge(scene, receipts)
  return {
    name: 'payments signed for another chain',
    tries: requests.length,
    refused: requests.length - receipts.length,
    gainedAtomic: 0n,
    lostAtomic: money - (await held(robot)),
    bound: 'nothing: chain and contract are in what is signed',
  }
}

export const leaving = async (scene: Scene, honest: Robot): Promise<Attack> => {
  const { robot } = await attacker(scene, 'leaving')
  const before = await held(honest)
  const paid = 600_000n
  await scene.pay(robot, { to: honest.address, amount: paid, for: 'leaving/before' })
  await robot.exit({ deadline: scene.options.validUntilSeconds })
  const late = await scene.pay(robot, { to: honest.address, amount: 1n, for: 'leaving/after' })
  await scene.settle()
  const lost = before + paid - (await held(honest))
  const { balance } = await accountOnChain(scene, robot.address)
  return {
    name: 'leaving right after paying, before it is settled',
    tries: 2,
    refused: late === undefined ? 1 : 0,
    gainedAtomic: balance - (money - paid),
    lostAtomic: lost,
    bound: 'nothing: an exit has a window in which debits are settled',
  }
}

export const accountOnChain = async (scene: Scene, account: Address) => {
  const { chain, status } = scene.options
  const [slot] = await House.slots(
    chain,
    status.clearingHouse,
    status.dollar.asset,
    [account],
    await chain.getBlockNumber(),
  )
  return slot as House.Slot
}

export const stolen = async (scene: Scene, honest: Robot): Promise<Attack> => {
  const owner = await scene.connect('owner', 0)
  const { robot, key } = await attacker(scene, 'stolen')
  await robot.bindOwner(owner.address)
  const perDay = 50_000n
  await owner.setBudget(robot.address, { perPayment: 10_000n, perDay })
  const thief = await scene.connect('thief', 0)
  const withKey = await scene.connect('attacker stolen', 0, { account: key })
  let refused = 0
  const attempts = [
    () => withKey.withdraw(money, { to: thief.address, deadline: scene.options.validUntilSeconds }),
    () => withKey.exit({ to: thief.address, deadline: scene.options.validUntilSeconds }),
  ]
  for (const attempt of attempts)
    await attempt().catch(() => {
      refused++
    })
  const payments = 12
  for (let i = 0; i < payments; i++) {
    const receipt = await scene.pay(withKey, { to: thief.address, amount: 10_000n, for: `stolen/${i}` })
    if (receipt === undefined) refused++
  }
  void honest
  const gained = await held(thief)
  return {
    name: 'a robot’s key is stolen: withdraw, leave, pay the thief',
    tries: payments + attempts.length,
    refused,
    gainedAtomic: gained,
    lostAtomic: gained,
    bound: `what the owner lets it spend a day: ${perDay}`,
  }
}

/** Junk at full speed while honest payments go on. */
export const flood = async (scene: Scene, honest: Robot): Promise<Attack & { readonly tookMs: readonly number[] }> => {
  const { network, signal } = scene.options
  const payer = await scene.connect('honest payer', 0)
  await scene.deposit(payer, money)
  const before = await held(honest)
  const junk = ['{', '[]', '{"asset":"0x00"}', JSON.stringify({ a: 'x'.repeat(50_000) }), '[1,2,3]']
  const tries = 3000
  let refused = 0
  const bodies = Array.from({ length: tries }, (_, i) => junk[i % junk.length] as string)
  const flooding = each(bodies, 48, async (body) => {
    const answer = await fetch(`${network.url}/v1/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal,
    }).catch(() => undefined)
    if (answer === undefined || (answer.status >= 400 && answer.status < 500) || answer.status === 503) refused++
    await answer?.arrayBuffer().catch(() => {})
  })
  const tookMs: number[] = []
  let paid = 0n
  let isOver = false
  void flooding.then(() => {
    isOver = true
  })
  for (let i = 0; !isOver && i < 500; i++) {
    const began = performance.now()
    if ((await scene.pay(payer, { to: honest.address, amount: 10n, for: `flood/${i}` })) !== undefined) paid += 10n
    tookMs.push(performance.now() - began)
  }
  await flooding
  return {
    name: `a flood of ${tries} broken requests, 48 at a time`,
    tries,
    refused,
    gainedAtomic: 0n,
    lostAtomic: before + paid - (await held(honest)),
    bound: 'nothing but time',
    tookMs,
  }
}
