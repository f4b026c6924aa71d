/** Lives of a program with liars, each from one seed, and what the judge has to say of them. */
import type { Address } from '../../../src/core/Payment.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import * as Keep from '../../../src/sdk/Keep.ts'
import type { Robot as RobotClass } from '../../../src/sdk/Robot.ts'
import { Chance } from './Chance.ts'
import { dollar, energyCredit, key, trust } from './FakeService.ts'
import { type Ask, type Judge, Watched } from './Judge.ts'
import { LyingService } from './LyingService.ts'

export interface Outcome {
  readonly seed: number
  readonly violations: readonly string[]
  /** Rejections without a code of ours. */
  readonly untyped: readonly string[]
  readonly signatures: number
}

const untypedOf = (error: unknown): string[] =>
  /^SL\d{3}$|^$/.test((error as { code?: string })?.code ?? 'none') && (error as Error).name.endsWith('Error')
    ? []
    : [`${(error as Error)?.stack ?? String(error)}`]

const payee: Address = Signature.addressOf(key(2))

/** What got no answer stays open. */
const answered = async (ask: Ask, paid: Promise<unknown>): Promise<unknown> => {
  const close = (error?: { code?: string }): void => {
    ask.isOpen = error?.code === 'SL649'
  }
  return paid.then(
    () => close(),
    (error) => {
      close(error)
      throw error
    },
  )
}

/** One thing that a program does, told to the judge first. */
const act = async (robot: RobotClass, by: Chance, judge: Judge): Promise<unknown> => {
  const { address } = robot
  const what = by.below(10)
  const amount = BigInt(1 + by.below(100))
  if (what <= 5) {
    const asset = by.is(0.9) ? dollar : energyCredit
    const text = asset === dollar && by.is(0.3)
    const ask = judge.ask(asset, amount)
    const paid = robot.pay({
      to: payee,
      asset,
      amount: text ? `0.0000${String(amount).padStart(2, '0').slice(-2)}` : amount,
      for: 'x',
      key: `${by.below(6)}`,
    })
    return answered(ask, paid)
  }
  if (what === 6) {
    judge.words.push({ from: address, to: trust.clearingHouse, value: amount, validAfter: 0n })
    return robot.deposit(amount, { faucet: false })
  }
  if (what === 7) {
    const to = by.one([payee, address])
    judge.words.push({ asset: dollar, account: address, to, amount }, { asset: dollar, account: address, to })
    return by.is(0.5) ? robot.withdraw(amount, { to }) : robot.exit({ to })
  }
  if (what === 8) {
    judge.words.push({ account: address, owner: payee }, { account: payee, asset: dollar, perPayment: amount })
    return by.is(0.5) ? robot.bindOwner(payee) : robot.setBudget(payee, { perPayment: amount })
  }
  const terms = robot.saleTerms({ seller: payee, buyer: address, credits: 5n, price: amount })
  return answered(judge.ask(dollar, amount), robot.buy(terms))
}

/** One program's life with a liar. @param Robot the SDK's, or a copy with a bound taken away */
export const run = async (seed: number, Robot: typeof RobotClass): Promise<Outcome> => {
  const by = new Chance(seed)
  const account = new Watched(key(1))
  const { judge, address } = account
  const liar = new LyingService(by, judge, address)
  const keep = by.is(0.5) ? Keep.memory() : false
  const untyped: string[] = []
  const connect = () =>
    Robot.connect('http://fake.example', {
      ...{ account, keep, fetch: liar.fetch, retryForMs: 0, timeoutMs: 1_000 },
      ...{ ...trust, dollar, energyCredit },
    })
  for (let life = 0; life <= by.below(3); life++) {
    const robot = await connect().catch((error) => void untyped.push(...untypedOf(error)))
    if (robot === undefined) continue
    for (let step = 1 + by.below(4); step > 0; step--) {
      const acts = Array.from({ length: by.one([1, 1, 3, 10]) }, () => act(robot, by, judge))
      for (const result of await Promise.allSettled(acts))
        if (result.status === 'rejected') untyped.push(...untypedOf(result.reason))
    }
  }
  return { seed, violations: judge.violations, untyped, signatures: account.seen.length }
}

/** A program that buys at a lying server, through an honest service or a lying one. The global `fetch` has to be `lyingServer`'s. */
export const shop = async (seed: number, Robot: typeof RobotClass): Promise<Outcome> => {
  const by = new Chance(seed)
  const account = new Watched(key(1))
  const { judge, address } = account
  const liar = new LyingService(by, judge, address)
  const untyped: string[] = []
  const total = 500n
  const violations: string[] = []
  const isHonest = by.is(0.5)
  const robot = await Robot.connect('http://fake.example', {
    ...{ account, keep: false, retryForMs: 0, timeoutMs: 1_000, spend: { perRequest: 100n, total } },
    ...{ fetch: isHonest ? liar.service.fetch : liar.fetch, ...trust, dollar, energyCredit },
  }).catch((error) => void untyped.push(...untypedOf(error)))
  if (robot === undefined) return { seed, violations, untyped, signatures: 0 }
  let allowed = 0n
  for (let step = 2 + by.below(10); step > 0; step--) {
    const maxAmount = by.one([undefined, 10n, 50n, 100n])
    allowed += maxAmount ?? 100n
    const options = {
      maxAmount,
      key: by.is(0.5) ? `k${by.below(2)}` : undefined,
      retryForMs: 0,
      method: by.one(['GET', 'POST']),
    }
    judge.ask(dollar, maxAmount ?? 100n)
    await robot
      .fetch(`https://shop.example/${by.one(['a', 'b', 'c?x=1'])}`, options)
      .then((answer) => answer.text())
      .catch((error) => untyped.push(...untypedOf(error)))
  }
  const exact = new Map(
    account.of('TransferWithAuthorization').map(({ message }) => [message['nonce'], message['value'] as bigint]),
  )
  const spent = account.highest(dollar) + [...exact.values()].reduce((a, b) => a + b, 0n)
  if (spent > total || spent > allowed)
    violations.push(`${spent} was signed where ${total} and ${allowed} were allowed`)
  for (const { message } of account.of('TransferWithAuthorization'))
    if ((message['validBefore'] as bigint) > liar.service.nowSeconds + 604_900n && isHonest) violations.push('for ever')
  return { seed, violations: [...violations, ...judge.violations], untyped, signatures: account.seen.length }
}

/** Many runs, some at a time, since most of their time is waiting. */
export const many = async (
  from: number,
  count: number,
  one: (seed: number) => Promise<Outcome>,
): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  let next = from
  const worker = async (): Promise<void> => {
    while (next < from + count) outcomes.push(await one(next++))
  }
  await Promise.all(Array.from({ length: 200 }, worker))
  return outcomes
}
