/**
 * A compute cluster that grows from 1 to 1.5 GW buys its power from thousands of producers and pays each of them every second, every minute or every
 * quarter of an hour; what it owes is settled once a block at most. All payments are real, for a stretch of each; what a day of them comes to is worked out from that.
 */
import * as Energy from '../../core/Energy.ts'
import type { Address } from '../../core/Payment.ts'
import * as Signature from '../../crypto/Signature.ts'
import type { Finding } from '../../report/Answer.ts'
import * as Format from '../../report/Format.ts'
import * as Assumptions from '../../sim/Assumptions.ts'
import * as Random from '../../sim/Random.ts'
import type { Context, Definition } from './Definition.ts'
import type { Scene } from './Scene.ts'
import * as Show from './Show.ts'

const { energyCostAtomicPerKwh: energyAtomicPerKwh } = Assumptions.values
const watts = { from: 1_000_000_000n, to: 1_500_000_000n }
const producers = 2000

/** Ways to pay: how long each interval is, and how many of them are really paid. */
const ways = [
  { name: 'second', seconds: 1, rounds: 8 },
  { name: 'minute', seconds: 60, rounds: 5 },
  { name: 'slot', seconds: 900, rounds: 3 },
] as const

const day = 86_400

/** What was seen of each way, by its name. */
const seen = new Map<
  string,
  { paidMs: number; payments: number; accepted: number; gas: bigint; amountAtomic: bigint }
>()

/** Energy of a producer up to a moment of the run, mWh: an equal share of a cluster that grows evenly. */
const energyOf = (seconds: number, length: number): bigint => {
  const [t, all] = [BigInt(seconds), BigInt(length)]
  const wattSeconds = watts.from * t + ((watts.to - watts.from) * t * t) / (2n * all)
  return (wattSeconds * 10n) / 36n / BigInt(producers)
}

const payees = (scene: Scene): Address[] =>
  Array.from({ length: producers }, (_, i) => Signature.addressOf(Random.key(scene.options.seed, 'producer', i)))

const play = async (scene: Scene): Promise<void> => {
  const { say, signal } = scene.options
  const to = payees(scene)
  // Producers' accounts come into being with their first settlement; what that costs once is not what settling costs.
  const opener = await scene.connect('cluster', 0)
  await scene.deposit(opener, BigInt(producers))
  await Promise.all(to.map((address, i) => scene.pay(opener, { to: address, amount: 1n, for: `opening/${i}` })))
  const opened = await scene.settle()
  scene.note(`gas of settling with ${producers} producers for the first time`, Show.number(Number(opened.gas)))
  for (const { name, seconds, rounds } of ways) {
    const cluster = await scene.connect(`cluster ${name}`, 0)
    const length = seconds * rounds
    const total = Energy.price(Energy.from(energyOf(length, length) + 1n), energyAtomicPerKwh) * BigInt(producers)
    await scene.deposit(cluster, total)
    const before = scene.outcome.acceptMs.length
    let amountAtomic = 0n
    const began = performance.now()
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      const [from, until] = [round, round + 1].map((at) => Energy.from(energyOf(at * seconds, length))) as [
        Energy.EnergyMilliWh,
        Energy.EnergyMilliWh,
      ]
      const amount = Energy.charge(from, until, energyAtomicPerKwh)
      await scene.paying(() =>
        Promise.all(to.map((address, i) => scene.pay(cluster, { to: address, amount, for: `${name}/${round}/${i}` }))),
      )
      amountAtomic += amount * BigInt(producers)
    }
    const paidMs = performance.now() - began
    const { gas, members, tookMs } = await scene.settle()
    const accepted = scene.outcome.acceptMs.length - before
    seen.set(name, { paidMs, payments: rounds * producers, accepted, gas, amountAtomic })
    say(
      `every ${name}: ${rounds} × ${producers} payments in ${Show.seconds(paidMs)}, ${members} accounts settled in ${Show.seconds(tookMs)}`,
    )
  }
}

/** Networks that it could settle on: how much gas a block has, and how much of it is the target at which the price stays. */
const chains = [
  { network: 'ethereum', title: 'Ethereum', blockSeconds: 12, blockGas: 60e6, targetShare: 1 / 2 },
  { network: 'base', title: 'Base', blockSeconds: 2, blockGas: 400e6, targetShare: 1 / 6 },
] as const

/**
 * What the price of gas becomes when somebody takes a share of a network's target for good, which others filled before: they give way until it fits. With a
 * demand that falls as the price rises, by as much in per cent (unit elasticity, assumed), what is left to them is the target over the price's rise.
 * Undefined where it does not fit: the base fee then rises without end.
 */
export const priceTimes = (shareOfTarget: number): number | undefined =>
  shareOfTarget < 1 ? 1 / (1 - shareOfTarget) : undefined

/** What it costs to settle all producers every so many seconds, but never more than once a block. */
const settling = (
  { blockSeconds, blockGas, targetShare }: (typeof chains)[number],
  seconds: number,
  gas: number,
  usdPerGas: number,
) => {
  const every = Math.max(seconds, blockSeconds)
  const gasPerBlock = (gas * blockSeconds) / every
  const shareOfTarget = gasPerBlock / (blockGas * targetShare)
  const times = priceTimes(shareOfTarget)
  return {
    every,
    shareOfTarget,
    times,
    usdPerDay: times === undefined ? undefined : (gas * day * usdPerGas * times) / every,
  }
}

const atomicPerSecond = (power: bigint) => Number((power * energyAtomicPerKwh) / 3_600_000n) / 1e6

/** What settling at an interval comes to on each network, and where it does not fit. */
const onChains = (context: Context, name: string, seconds: number, gas: number) => {
  const { fees, tally } = context
  const allGas = Number(tally.settlements.reduce((sum, { gasUsed }) => sum + gasUsed, 0n))
  const energyPerDay = atomicPerSecond(1_250_000_000n) * day
  return chains.map((chain) => {
    const row = fees.find(({ network, strategy }) => network === chain.network && strategy === 'clearing')
    const usdPerGas = (Number(row?.usdPerPayment ?? 0) * tally.settled) / allGas
    const { every, shareOfTarget, times, usdPerDay } = settling(chain, seconds, gas, usdPerGas)
    const taken = `${Format.percent(shareOfTarget)} of ${chain.title}’s target gas`
    return {
      fits: usdPerDay !== undefined,
      chain: chain.title,
      finding: {
        name: `every ${name}: settling all ${producers} producers on ${chain.title}, ${every === seconds ? `each ${name}` : `once a block of ${every} s`}`,
        value:
          usdPerDay === undefined || times === undefined
            ? `does not fit: ${taken}; the base fee would rise without end`
            : `${Show.about(usdPerDay)} a day, ${Format.percent(usdPerDay / energyPerDay)} of the energy; ${taken}, gas ${Format.number(times)} times its price`,
        basis: 'computed' as const,
      },
    }
  })
}

const answer = (context: Context) => {
  const findings: Finding[] = [
    {
      name: 'dollars per second at 1 GW / 1.5 GW',
      value: [watts.from, watts.to].map((power) => Show.about(atomicPerSecond(power))).join(' / '),
      basis: 'computed',
    },
    {
      name: 'energy per day at 1 GW',
      value: `${Format.grouped((watts.from * 24n) / 1_000_000_000n)} GWh`,
      basis: 'computed',
    },
    ...context.notes,
  ]
  const keepsUp: string[] = []
  const unfit: string[] = []
  for (const { name, seconds } of ways) {
    const found = seen.get(name)
    if (found === undefined) continue
    const rate = (found.accepted * 1000) / found.paidMs
    const needed = producers / seconds
    if (rate >= needed) keepsUp.push(name)
    findings.push(
      {
        name: `every ${name}: payments per second needed / reached`,
        value: `${Show.number(needed)} / ${Show.number(rate)}`,
        basis: 'measured',
      },
      {
        name: `every ${name}: a payment`,
        value: Show.dollars(found.amountAtomic / BigInt(Math.max(1, found.payments))),
        basis: 'measured',
      },
      {
        name: `every ${name}: unpaid at most (1.5 GW)`,
        value: Show.about(atomicPerSecond(watts.to) * seconds),
        basis: 'computed',
      },
      {
        name: `every ${name}: gas of settling all ${producers} producers`,
        value: Show.number(Number(found.gas)),
        basis: 'measured',
      },
    )
    for (const { fits, chain, finding } of onChains(context, name, seconds, Number(found.gas))) {
      findings.push(finding)
      if (!fits) unfit.push(`every ${name} on ${chain}`)
    }
  }
  return {
    findings,
    conclusion: `A cluster of 1 to 1.5 GW pays ${Show.about(atomicPerSecond(watts.from))} to ${Show.about(
      atomicPerSecond(watts.to),
    )} per second. One account, paying ${producers} producers one by one, ${
      keepsUp.length === 0
        ? 'keeps up with none of these intervals on this machine'
        : `keeps up on this machine with payment every ${keepsUp.join(', every ')}`
    }. How often it pays and how often that is settled are separate: a chain settles once a block at most, and paying more often than that bounds what producers have not been credited with. Settling ${
      unfit.length === 0 ? 'fits at each of these intervals' : `does not fit ${unfit.join(', ')}`
    }, with the gas that these networks have.`,
  }
}

export const gigawatt: Definition = {
  name: 'gigawatt',
  question:
    'Can a cluster of 1 to 1.5 GW pay thousands of producers every second, and what does each interval of payment cost and expose?',
  parameters: () => [
    {
      name: 'cluster',
      value: '1 GW, growing to 1.5 GW',
      basis: 'assumed',
      source: 'the size of announced AI campuses',
    },
    {
      name: 'producers',
      value: `${producers}, each with an equal share`,
      basis: 'assumed',
      source: 'half a megawatt each',
    },
    {
      name: 'price of energy',
      value: '$0.043/kWh',
      basis: 'published',
      source: 'IRENA, Renewable Power Generation Costs in 2024',
    },
    ...chains.map(({ title, blockSeconds, blockGas, targetShare }) => ({
      name: `gas of ${title}`,
      value: `${Format.grouped(blockGas / 1e6)} M a block of ${blockSeconds} s, target ${Format.percent(targetShare)}`,
      basis: title === 'Ethereum' ? ('published' as const) : ('assumed' as const),
      source: title === 'Ethereum' ? 'gas limit since November 2025; EIP-1559' : 'its operator changes it; 2026-11',
    })),
    {
      name: 'price of gas under this load',
      value: '1 / (1 − share of the target)',
      basis: 'assumed',
      source: 'the network is at its target, and others’ demand has unit elasticity',
    },
    {
      name: 'intervals',
      value: ways.map(({ name, rounds }) => `${rounds} × a ${name}`).join(', '),
      basis: 'assumed',
      source: 'really paid; a day is worked out from them',
    },
  ],
  play,
  answer,
}
