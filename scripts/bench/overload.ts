/**
 * `bench overload`: what the service takes when as many payments come as it can work on, and what becomes of its answers when four times as
 * many do: most are told to come back, and those that are accepted take about as long as before.
 */

import * as Usage from '../../src/cli/Usage.ts'
import * as Wire from '../../src/core/Wire.ts'
import * as Digest from '../../src/crypto/Digest.ts'
import * as Percentiles from '../../src/report/Percentiles.ts'
import * as Member from '../../test/src/support/Member.ts'
import * as Cores from './Cores.ts'
import { print, type Result, type RunOptions, resultsTable, say } from './Output.ts'
import * as Load from './overload/Load.ts'
import * as Place from './Place.ts'

export const help = `Usage: npm run -s bench -- overload [--seconds N] [--times N] [--stretches N] [--json]

  --seconds N   of each phase (default: 4)
  --times N     how many times its capacity is offered (default: 4)
  --stretches N of overload without a pause between them, after which the service's memory is read (default: 10)

Capacity and overload are measured three times in turn; the middle one is told. Then overload goes on, stretch by stretch, and memory must have
stopped growing in the second half of them. Nobody waits for an answer to send what is due next,
and latencies count from when a payment was due.

Exit code 1 where nothing is shed, an answer is neither a receipt nor a 503 with Retry-After, less than 0.6 of capacity is accepted, or what
is accepted takes longer than 500 ms (p99), or memory grows by more than 64 MiB in the second half of the stretches.
`

const payers = 4_000
/** Payments that each payer has signed beforehand. */
const each = 130
/** Payers at once when capacity is measured. */
const closedPayers = 192
const rounds = 3
/** p99 of what is accepted under overload, from when it was due. */
const mostMs = 500
/** Of capacity, accepted under overload: a refusal takes about a ninth of the time that a payment takes, mostly to read and write its socket. */
const leastShare = 0.6

/** What memory may differ by between two readings: the garbage collector comes when it comes, and the newest records' index is written away in turn. */
const mostGrowthBytes = 64 * 2 ** 20

const p99 = ({ latenciesMs }: Load.Phase): number => Percentiles.of(latenciesMs).p99 ?? Number.NaN

const request = (body: string): Buffer =>
  Buffer.from(
    `POST /v1/payments HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

/** One account deposits and pays everybody; what comes in can be spent at once. */
const prepare = async (place: Place.Place): Promise<Load.Payer[]> => {
  const { deployment } = place
  const of = { domain: Digest.domain(deployment.chainId, deployment.clearingHouse), asset: deployment.dollar.asset }
  const [bank, shop] = [Member.create('bank', of), Member.create('shop', of)]
  await (await Place.robot(place, bank.key, '1000')).close()
  const members = Array.from({ length: payers }, (_, i) => Member.create(`payer ${i}`, of))
  const gifts = members.map(({ address }) => bank.pay({ to: address, amount: 10_000n }))
  for (let i = 0; i < gifts.length; i += 500) await place.client.pay(gifts.slice(i, i + 500))
  say(`signing ${payers * each} payments`)
  const signed = members.map((member) =>
    Array.from({ length: each }, () => request(Wire.stringify(member.pay({ to: shop.address, amount: 1n })))),
  )
  return Load.open(place.url, signed)
}

const rows = (name: string, phase: Load.Phase, capacity: number): Result[] => [
  {
    name: `${name}.offered`,
    value: phase.offered,
    unit: 'payments/s',
    ratio: phase.offered / capacity,
    of: 'capacity',
  },
  {
    name: `${name}.accepted`,
    value: phase.accepted,
    unit: 'payments/s',
    ratio: phase.accepted / capacity,
    of: 'capacity',
  },
  {
    name: `${name}.shed`,
    value: phase.shed,
    unit: 'requests/s',
    ratio: phase.shed / phase.offered,
    of: `${name}.offered`,
  },
  ...(['p50', 'p99'] as const).map((each) => ({
    name: `${name}.${each}`,
    value: Percentiles.of(phase.latenciesMs)[each] ?? Number.NaN,
    unit: 'ms',
    samples: phase.latenciesMs.length,
  })),
]

const positive = (name: string, text: string): number => {
  if (!/^[1-9]\d?$/.test(text))
    throw new Usage.UsageError('value', `--${name} wants a whole number from 1 to 99, not '${text}'.`)
  return Number(text)
}

interface Round {
  readonly capacity: number
  readonly over: Load.Phase
  /** Processor time that the service had while it was overloaded, seconds a second: below 1, others had its core too. */
  readonly cpu: number
}

/** The machine is not equally fast from one minute to the next, so each overload is held against the capacity just before it. */
const round = async (
  place: Place.Place,
  load: readonly Load.Payer[],
  seconds: number,
  times: number,
): Promise<Round> => {
  const used = () => place.metric('process_cpu_seconds_total')
  const { accepted: capacity } = await Load.run(load, { payers: closedPayers }, seconds)
  const before = await used()
  const over = await Load.run(load, capacity * times, seconds)
  const cpu = ((await used()) - before) / over.seconds
  const share = (over.accepted / capacity).toFixed(2)
  say(
    `capacity ${Math.round(capacity)} payments/s; overloaded ${share} of it, p99 ${Math.round(p99(over))} ms, ${cpu.toFixed(2)} of its core`,
  )
  return { capacity, over, cpu }
}

const middle = (all: readonly Round[]): Round =>
  [...all].sort((a, b) => a.over.accepted / a.capacity - b.over.accepted / b.capacity)[all.length >> 1] as Round

const memory = (place: Place.Place): Promise<number> => place.metric('process_resident_memory_bytes')

/** Memory before and after each stretch of overload. */
const endure = async (
  place: Place.Place,
  load: readonly Load.Payer[],
  perSecond: number,
  seconds: number,
  stretches: number,
): Promise<number[]> => {
  const readings = [await memory(place)]
  for (let i = 1; i <= stretches; i++) {
    const { accepted } = await Load.run(load, perSecond, seconds)
    readings.push(await memory(place))
    say(`stretch ${i} of ${stretches}: ${Math.round(accepted)} payments/s accepted, ${mebibytes(readings[i])} MiB`)
  }
  return readings
}

const mebibytes = (bytes = Number.NaN): number => Math.round(bytes / 2 ** 20)

/** By how much the greatest reading of the second half is above that of the first. */
const growthOf = (readings: readonly number[]): number => {
  const half = Math.ceil(readings.length / 2)
  return Math.max(...readings.slice(half)) - Math.max(...readings.slice(0, half))
}

interface Options {
  readonly seconds: number
  readonly times: number
  readonly stretches: number
}

const measure = async (place: Place.Place, { seconds, times, stretches }: Options) => {
  const load = await prepare(place)
  await Load.run(load, { payers: closedPayers }, 2)
  const all: Round[] = []
  for (let i = 0; i < rounds; i++) all.push(await round(place, load, seconds, times))
  const { capacity, over, cpu } = middle(all)
  const calm = await Load.run(load, capacity / 4, seconds)
  const readings = await endure(place, load, capacity * times, seconds, stretches)
  Load.close(load)
  return { all, capacity, over, cpu, calm, readings }
}

const optionsOf = (args: readonly string[]): Options => {
  const option = (fallback: string) => ({ type: 'string', default: fallback }) as const
  const options = { seconds: option('4'), times: option('4'), stretches: option('10') }
  const { values } = Usage.parse({ args: [...args], options })
  return {
    seconds: positive('seconds', values.seconds),
    times: positive('times', values.times),
    stretches: positive('stretches', values.stretches),
  }
}

export const run = async ({ args, json }: RunOptions): Promise<number> => {
  const options = optionsOf(args)
  // Whoever sends must not take the time of whoever is measured.
  const cores = Cores.plan()
  say(cores.how)
  cores.forServers()
  const place = await Place.open(say)
  cores.forClients()
  cores.moveToClients(place.chainPid)
  try {
    const { all, capacity, over, cpu, calm, readings } = await measure(place, options)
    const growthBytes = growthOf(readings)
    const results: Result[] = [
      { name: 'capacity', value: capacity, unit: 'payments/s', samples: all.length },
      ...rows('overload', over, capacity),
      ...rows('calm', calm, capacity),
      { name: 'overload.cpu', value: cpu, unit: 'of a core that the service had' },
      { name: 'overload.retryAfter', value: over.withRetryAfter, unit: 'of what was shed' },
      { name: 'overload.otherAnswers', value: over.other, unit: 'answers' },
      { name: 'overload.memory', value: mebibytes(Math.max(...readings)), unit: 'MiB', samples: readings.length },
      { name: 'overload.memoryGrowth', value: mebibytes(growthBytes), unit: 'MiB in the second half' },
    ]
    print(json, { results, memoryBytes: readings, basis: 'measured' }, () => resultsTable(results))
    const isShed = over.shed > 0 && over.other === 0 && over.withRetryAfter === 1
    const isServed = p99(over) <= mostMs && over.accepted >= leastShare * capacity
    return isShed && isServed && growthBytes <= mostGrowthBytes ? 0 : 1
  } finally {
    await place.stop()
  }
}
