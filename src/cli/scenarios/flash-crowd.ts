/**
 * A crowd of robots (ten thousand unless told) joins within a minute, beside a hundred that were there before and pay all the time. Arrivals do not wait for the service: they
 * come when they come. How far behind it falls, what those who were there feel of it, and how long it takes to catch up.
 */
import { each } from '../../sim/Participants.ts'
import type { Definition } from './Definition.ts'
import type { Scene } from './Scene.ts'
import * as Show from './Show.ts'

const [minuteMs, calmMs] = [60_000, 5_000]
const residents = 100
/** Payments that each newcomer makes as soon as it has money: for a charge, a job, and help. */
const purchases = 3
const customers = 50
const wageAtomic = 50_000n

interface Sample {
  readonly atMs: number
  readonly tookMs: number
}

const nothing = () => ({
  joined: 0,
  mostWaiting: 0,
  caughtUpMs: 0,
  joinMs: [] as number[],
  samples: [] as Sample[],
  settled: { members: 0, tookMs: 0, transactions: 0, gas: 0n },
})

let seen = nothing()

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, ms)))

const play = async (scene: Scene): Promise<void> => {
  seen = nothing()
  const { say, signal, robots: crowd } = scene.options
  const wage = (scene.options.robots / customers + 1) * Number(wageAtomic)
  const [payers, here] = (await Promise.all(
    [customers, residents].map((count, i) =>
      Promise.all(Array.from({ length: count }, (_, n) => scene.connect(i === 0 ? 'customer' : 'resident', n))),
    ),
  )) as [Awaited<ReturnType<Scene['connect']>>[], Awaited<ReturnType<Scene['connect']>>[]]
  await each([...payers, ...here], 32, (robot) => scene.deposit(robot, BigInt(Math.ceil(wage))))
  say(`${customers} customers and ${residents} residents are there`)
  let isOver = false
  const began = performance.now()
  /** Residents pay each other once a second, whatever else goes on. */
  const resident = async (index: number): Promise<void> => {
    for (let n = 0; !isOver && !signal.aborted; n++) {
      const atMs = performance.now() - began
      const to = here[(index + n + 1) % residents]?.address ?? ''
      const paid =
        to === here[index]?.address
          ? undefined
          : await scene.pay(here[index] as never, { to, amount: 100n, for: `resident/${index}/${n}` })
      if (paid !== undefined) seen.samples.push({ atMs, tookMs: performance.now() - began - atMs })
      await pause(1000 * (n + 1) + index * 10 - (performance.now() - began))
    }
  }
  const living = here.map((_, index) => resident(index))
  await pause(calmMs)
  let waiting = 0
  const join = async (index: number): Promise<void> => {
    const from = performance.now()
    seen.mostWaiting = Math.max(seen.mostWaiting, ++waiting)
    const robot = await scene.connect('robot', index)
    const customer = payers[index % customers]
    if (customer === undefined) return
    await scene.pay(customer, { to: robot.address, amount: wageAtomic, for: `join/${index}` })
    await Promise.all(
      Array.from({ length: purchases }, (_, n) => {
        const to = here[(index + n) % residents]?.address ?? ''
        return scene.pay(robot, { to, amount: 5000n, for: `join/${index}/${n}` })
      }),
    )
    waiting--
    seen.joined++
    seen.joinMs.push(performance.now() - from)
  }
  const joining: Promise<void>[] = []
  const startMs = performance.now()
  await scene.paying(async () => {
    while (joining.length < crowd && !signal.aborted) {
      const due = Math.min(crowd, Math.ceil(((performance.now() - startMs) / minuteMs) * crowd))
      while (joining.length < due) joining.push(join(joining.length))
      await pause(5)
      if (joining.length % 2000 < 5) say(`${joining.length} have come, ${waiting} of them are waiting`)
    }
    const lastCame = performance.now()
    await Promise.all(joining)
    seen.caughtUpMs = performance.now() - lastCame
  })
  say(`all ${seen.joined} are in; the last waited ${Show.seconds(seen.caughtUpMs)}`)
  await pause(calmMs)
  isOver = true
  await Promise.all(living)
  if (!signal.aborted) seen.settled = await scene.settle()
}

const latency = (samples: readonly number[]): string =>
  [50, 95, 99]
    .map((percentile) => `${Show.rank(samples, percentile).toFixed(0)}`)
    .join(' / ')
    .concat(` ms (${samples.length})`)

export const flashCrowd: Definition = {
  name: 'flash-crowd',
  question:
    'When a crowd of robots joins within a minute, how far behind does the service fall, who feels it, and how soon is it back?',
  parameters: ({ robots }) => [
    {
      name: 'newcomers',
      value: `${Show.number(robots)} within 60 s (--robots)`,
      basis: 'assumed',
      source: 'each connects, is paid, and pays three others at once',
    },
    {
      name: 'residents',
      value: `${residents}, a payment a second each`,
      basis: 'assumed',
      source: 'whose latency says what the crowd does to others',
    },
  ],
  simulation: { robots: 10_000 },
  play,
  answer({ outcome }) {
    const during = (from: number, to: number) =>
      seen.samples.filter(({ atMs }) => atMs >= from && atMs < to).map(({ tookMs }) => tookMs)
    const crowdEnds = calmMs + minuteMs + seen.caughtUpMs
    const [before, crowded, after] = [
      during(0, calmMs),
      during(calmMs, crowdEnds),
      during(crowdEnds, Number.POSITIVE_INFINITY),
    ] as const
    const refused =
      Object.entries(outcome.rejected)
        .map(([code, count]) => `${count} × ${code}`)
        .join(', ') || 'none'
    return {
      findings: [
        { name: 'robots that joined and paid', value: Show.number(seen.joined), basis: 'measured' },
        { name: 'most of them waiting at once', value: Show.number(seen.mostWaiting), basis: 'measured' },
        { name: 'caught up after the last had come', value: Show.seconds(seen.caughtUpMs), basis: 'measured' },
        {
          name: 'joining: from coming to having paid three times, p50 / p95 / p99',
          value: latency(seen.joinMs),
          basis: 'measured',
        },
        { name: 'residents’ payments before, p50 / p95 / p99', value: latency(before), basis: 'measured' },
        { name: 'residents’ payments during', value: latency(crowded), basis: 'measured' },
        { name: 'residents’ payments after', value: latency(after), basis: 'measured' },
        { name: 'payments refused', value: refused, basis: 'measured' },
        {
          name: 'settled afterwards',
          value: `${Show.number(seen.settled.members)} accounts in ${seen.settled.transactions} transactions, ${Show.seconds(seen.settled.tookMs)}, ${Show.number(Number(seen.settled.gas))} gas`,
          basis: 'measured',
        },
      ],
      conclusion: `${Show.number(seen.joined)} robots joined; at most ${Show.number(seen.mostWaiting)} waited at once, and the backlog was gone ${Show.seconds(
        seen.caughtUpMs,
      )} after the last had come. A resident’s payment took ${Show.rank(before, 50).toFixed(0)} ms before and ${Show.rank(
        crowded,
        50,
      ).toFixed(
        0,
      )} ms while they came (medians). Refused: ${refused}. Nobody opened a channel: the newcomers’ accounts went on chain with the next settlement.`,
    }
  },
}
