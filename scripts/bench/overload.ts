/**
 * `bench overload`: what the service takes when as many payments come as it can work on, and what becomes of its answers when four times as
 * many do: most are told to come back, and those that are accepted take about as long as before.
 */
import { parseArgs } from 'node:util'
import * as Wire from '../../src/core/Wire.ts'
import * as Digest from '../../src/crypto/Digest.ts'
import * as Member from '../../test/src/support/Member.ts'
import * as Cores from './Cores.ts'
import { print, type Result, type RunOptions, resultsTable, say } from './Output.ts'
import * as Load from './overload/Load.ts'
import * as Place from './Place.ts'

export const help = `Usage: npm run -s bench -- overload [--seconds N] [--times N] [--json]

  --seconds N   of each phase (default: 8)
  --times N     how many times its capacity is offered (default: 4)

Exit code 1 where nothing is shed, an answer is neither a receipt nor a 503 with Retry-After, or accepted payments take longer than 500 ms (p99).
`

const payers = 2_000
/** Payments that each payer has signed beforehand. */
const each = 120
/** Payers at once when capacity is measured. */
const closedPayers = 192
/** p99 of what is accepted under overload. */
const mostMs = 500

const at = (sorted: Float64Array, share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN

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
  ...([0.5, 0.99] as const).map((share) => ({
    name: `${name}.p${share * 100}`,
    value: at(phase.latenciesMs, share),
    unit: 'ms',
    samples: phase.latenciesMs.length,
  })),
]

const positive = (name: string, text: string): number => {
  if (!/^[1-9]\d?$/.test(text))
    throw new TypeError(`--${name} wants a whole number from 1 to 99, not '${text}'.\n\n${help}`)
  return Number(text)
}

export const run = async ({ args, json }: RunOptions): Promise<number> => {
  const options = { seconds: { type: 'string', default: '8' }, times: { type: 'string', default: '4' } } as const
  const { values } = parseArgs({ args, options })
  const [seconds, times] = [positive('seconds', values.seconds), positive('times', values.times)]
  // Whoever sends must not take the time of whoever is measured.
  const cores = Cores.count()
  Cores.use(0)
  const place = await Place.open(say)
  if (cores > 1) Cores.use(cores - 1)
  try {
    const load = await prepare(place)
    await Load.run(load, { payers: closedPayers }, 2)
    const full = await Load.run(load, { payers: closedPayers }, seconds)
    const capacity = full.accepted
    say(`capacity: ${Math.round(capacity)} payments/s`)
    const calm = await Load.run(load, capacity / 4, seconds)
    const before = await place.metric('process_resident_memory_bytes')
    const over = await Load.run(load, capacity * times, seconds)
    const after = await place.metric('process_resident_memory_bytes')
    const again = await Load.run(load, capacity / 4, 3)
    Load.close(load)
    const results: Result[] = [
      { name: 'capacity', value: capacity, unit: 'payments/s', samples: full.latenciesMs.length },
      ...rows('calm', calm, capacity),
      ...rows('overload', over, capacity),
      ...rows('afterwards', again, capacity),
      { name: 'overload.retryAfter', value: over.withRetryAfter, unit: 'of what was shed' },
      { name: 'overload.otherAnswers', value: over.other, unit: 'answers' },
      { name: 'overload.memoryGrowth', value: Math.round((after - before) / 2 ** 20), unit: 'MiB' },
    ]
    print(json, { results, basis: 'measured' }, () => resultsTable(results))
    const holds = over.shed > 0 && over.other === 0 && over.withRetryAfter === 1 && at(over.latenciesMs, 0.99) <= mostMs
    return holds ? 0 : 1
  } finally {
    await place.stop()
  }
}
