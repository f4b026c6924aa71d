/**
 * `bench reads`: how long payments take while others read as fast as they can (I8). Every route that anybody may read, catching up on a stream,
 * and a thousand listeners; beside the same clients asking whether the process is alive.
 */
import * as Usage from '../../src/cli/Usage.ts'
import * as Wire from '../../src/core/Wire.ts'
import * as Percentiles from '../../src/report/Percentiles.ts'
import * as Member from '../../test/src/support/Member.ts'
import * as Cores from './Cores.ts'
import * as Line from './http/Line.ts'
import * as Payers from './http/Payers.ts'
import { print, type Result, type RunOptions, resultsTable, say } from './Output.ts'
import * as Place from './Place.ts'
import type { Told } from './reads/clients.ts'
import * as Floods from './reads/Floods.ts'
import { Reader } from './reads/Reader.ts'

export const help = `Usage: npm run -s bench -- reads [--samples N] [--only NAME,…] [--json]

  --samples N   of each row (default: 3), the middle one of which is told
  --only NAME   rows by name, such as statement,catchUp,listeners (default: all)

alone         payments' p99 while ${Floods.readers} clients of another process ask /healthz over and over
reads.ROUTE   the same while they read that route; ratio: as a multiple of the p99 alone that was measured just before
reads.catchUp, reads.listeners, reads.listenersSpread, reads.pages
              event streams: read from the start over and over; a thousand on one account that is being paid, and on many; a thousand pages

Payments are made as in bench http: 64 connections, each with one payment under way, signed beforehand. Exit code 1 where a payment is refused, or
a ratio is above 3. Where there are two cores, the service has one to itself, and readers and payers the other.
`

const connections = 64
const payments = 3_200
/** Payments that the account has which is read, and of how many of them receipts are read. */
const shopPayments = 20_000
const perRequest = 200
const warmups = 3
const mostRatio = 3

const parse = (args: string[]): { samples: number; only: readonly string[] | undefined } => {
  const { values } = Usage.parse({
    args,
    options: { samples: { type: 'string', default: '3' }, only: { type: 'string' } },
  })
  if (!/^[1-9]\d?$/.test(values.samples))
    throw new Usage.UsageError('value', `--samples takes a whole number from 1 to 99, not '${values.samples}'.`)
  return { samples: Number(values.samples), only: values.only?.split(',') }
}

interface At {
  readonly place: Place.Place
  readonly payers: Payers.Payers
  readonly reader: Reader
}

/** Fills the account that is read; ids of some of its payments. */
const fill = async ({ place, payers }: Omit<At, 'reader'>, shop: Floods.Known['shop']): Promise<string[]> => {
  say(`paying ${shopPayments} times`)
  const signed = payers.sign(shopPayments, () => ({ to: shop }))
  const ids: string[] = []
  for (let i = 0; i < signed.length; i += perRequest)
    for (const answer of await place.client.pay(signed.slice(i, i + perRequest))) {
      if (!('payment' in answer)) throw answer
      ids.push(answer.payment.id)
    }
  // Neighbours share a group: whoever reads those reads one group after the other.
  return ids.map((_, i) => ids[(i * 7919) % ids.length] as string)
}

/** Latencies of payments, milliseconds: from when each was sent, which is when the one before it on its connection was answered. */
const pay = async ({ place, payers }: At, payee: Floods.Flood['payee']): Promise<number[]> => {
  const requests = payers
    .sign(payments, (i) => ({ to: payee(i) }))
    .map((payment) => Line.post('/v1/payments', Wire.stringify(payment)))
  const latencies: number[] = []
  const sentMs = new Float64Array(connections).fill(performance.now())
  await Line.send(place.url, requests, {
    connections,
    onAnswer({ status, body }, request) {
      if (status !== 200) throw new Error(`not accepted: ${status} ${body}`)
      const nowMs = performance.now()
      // The first on each connection waited until all were open.
      if (request >= connections) latencies.push(nowMs - (sentMs[request % connections] as number))
      sentMs[request % connections] = nowMs
    },
  })
  return latencies
}

const p99 = (latencies: readonly number[]): number => Percentiles.of(latencies).p99 ?? Number.NaN

const under = async (at: At, task: Floods.Flood['task'], payee: Floods.Flood['payee']) => {
  await at.reader.begin({ ...task, url: at.place.url })
  const p = p99(await pay(at, payee))
  return { p99: p, told: await at.reader.stop() }
}

const alive: Floods.Flood['task'] = { kind: 'ask', clients: Floods.readers, paths: ['/healthz'] }

interface Measured {
  readonly result: Result
  readonly alone: readonly number[]
  readonly told: Told
}

const measure = async (at: At, flood: Floods.Flood, samples: number): Promise<Measured> => {
  const [own, alone, ratios]: number[][] = [[], [], []]
  let told: Told = { answers: 0, refused: 0, bytes: 0 }
  for (let i = 0; i < samples; i++) {
    const before = (await under(at, alive, flood.payee)).p99
    const during = await under(at, flood.task, flood.payee)
    ;({ told } = during)
    own?.push(during.p99)
    alone?.push(before)
    ratios?.push(during.p99 / before)
  }
  const [value, ratio] = [Percentiles.median(own ?? []), Percentiles.median(ratios ?? [])]
  say(
    `reads.${flood.name}: p99 ${value.toFixed(1)} ms, ${ratio.toFixed(2)} times alone; ${told.answers} answers, ${told.refused} of them refusals`,
  )
  return {
    result: { name: `reads.${flood.name}`, value, unit: 'ms', ratio, of: 'alone', samples, basis: 'measured' },
    alone: alone ?? [],
    told,
  }
}

export const run = async ({ args, json }: RunOptions): Promise<number> => {
  const { samples, only } = parse(args)
  const cores = Cores.plan()
  say(cores.how)
  cores.forServers()
  const place = await Place.open(say, ['--payments-per-account', '0', '--most-wait', '10000'])
  try {
    cores.moveToClients(place.chainPid)
    cores.forClients()
    const payers = await Payers.create(place)
    const shop = Member.create('shop that is read').address
    const known = { shop, ids: await fill({ place, payers }, shop) }
    const reader = new Reader()
    try {
      const at = { place, payers, reader }
      const floods = Floods.all(known).filter(({ name }) => only === undefined || only.includes(name))
      if (floods.length === 0) throw new Usage.UsageError('value', '--only names no row.')
      for (let i = 0; i < warmups; i++) await under(at, alive, () => shop)
      const measured: Measured[] = []
      for (const flood of floods) measured.push(await measure(at, flood, samples))
      const alone = measured.flatMap((each) => each.alone)
      const results: Result[] = [
        { name: 'alone', value: Percentiles.median(alone), unit: 'ms', samples: alone.length, basis: 'measured' },
        ...measured.map(({ result }) => result),
      ]
      const readers = Object.fromEntries(measured.map(({ result, told }) => [result.name, told]))
      print(json, { results, conditions: { cores: cores.how, connections, payments, shopPayments, readers } }, () =>
        [resultsTable(results), '', cores.how].join('\n'),
      )
      return measured.some(({ result }) => (result.ratio ?? 0) > mostRatio) ? 1 : 0
    } finally {
      reader.end()
    }
  } finally {
    await place.stop()
  }
}
