/**
 * `bench http`: what the service takes over HTTP, and what a route behind the paywall serves, each beside `R` (what one core recovers and does
 * nothing else, measured in turn with them), and beside the official packages of x402 and MPP, run on the same machine in the same run.
 */

import * as Usage from '../../src/cli/Usage.ts'
import { median } from '../../src/report/Percentiles.ts'
import * as Cores from './Cores.ts'
import * as Own from './http/Own.ts'
import * as Payers from './http/Payers.ts'
import * as Peers from './http/Peers.ts'
import * as Route from './http/Route.ts'
import { print, type Result, type RunOptions, resultsTable, say } from './Output.ts'
import * as Place from './Place.ts'

export const help = `Usage: npm run -s bench -- http [--no-peers] [--samples N] [--json]

  --no-peers    only our own rows
  --samples N   of each row (default: 5), after three that warm up

http.single        payments a second, one a request; ${Own.connections} connections kept alive, each with one request under way
http.batch         the same, ${Own.paymentsABatch} a request, ${Own.batchConnections} connections
paid.route         requests a second of an Express route behind the paywall, ${Own.connections} connections; every request brings a receipt of its own
paid.route.alone   the same where no two receipts share a root, so that each brings a signature that was never seen
peer.…             the official packages, with the same client and on the same cores
http.peers         http.single as a multiple of the fastest peer over HTTP

R is what one core recovers and does nothing else; it is measured before and after every sample, on the servers’ core, and a row’s ratio is
the median of its samples’ own. Payments are signed, and requests made, beforehand. Where there are two cores, what answers has one to itself and who asks the other.
`

const parse = (args: string[]): { samples: number; isWithPeers: boolean } => {
  const { values } = Usage.parse({
    args,
    options: { samples: { type: 'string', default: '5' }, 'no-peers': { type: 'boolean', default: false } },
  })
  if (!/^[1-9]\d?$/.test(values.samples))
    throw new Usage.UsageError('value', `--samples wants a whole number from 1 to 99, not '${values.samples}'.`)
  return { samples: Number(values.samples), isWithPeers: !values['no-peers'] }
}

interface Measured {
  readonly results: Result[]
  readonly receiptsARoot: number
  /** The median of `http.single`. */
  readonly single: number
}

const measureOwn = async (place: Place.Place, cores: Cores.Cores, samples: number): Promise<Measured> => {
  const payers = await Payers.create(place)
  const paid = await Route.open(place, payers)
  cores.forClients()
  const at: Own.Bench = { place, payers, samples, cores }
  const single = await Own.single(at)
  const batch = await Own.batch(at)
  const together = await Own.route(at, 'paid.route', paid, Own.connections)
  const alone = await Own.route(at, 'paid.route.alone', paid, 1)
  await paid.shop.stop()
  const recoveries = [single, batch, together, alone].flatMap((each) => each.recoveries)
  const row = (name: string, { rates, ratios }: Own.Sampled, unit: string): Result => {
    const [value, ratio] = [median(rates), median(ratios)]
    return { name, value, unit, ratio, of: 'R', samples, basis: 'measured' }
  }
  const r = median(recoveries)
  const results: Result[] = [
    { name: 'R', value: r, unit: 'recoveries/s', samples: recoveries.length, basis: 'measured' },
    row('http.single', single, 'payments/s'),
    row('http.batch', batch, 'payments/s'),
    row('paid.route', together, 'requests/s'),
    row('paid.route.alone', alone, 'requests/s'),
  ]
  return { results, receiptsARoot: together.receiptsARoot, single: median(single.rates) }
}

const against = (single: number, best: Result): Result => ({
  ...{ name: 'http.peers', value: single / best.value, unit: 'times', ratio: single / best.value, of: best.name },
  basis: 'computed',
})

export const run = async ({ args, json }: RunOptions): Promise<number> => {
  const { samples, isWithPeers } = parse(args)
  const cores = Cores.plan()
  say(cores.how)
  cores.forServers()
  const place = await Place.open(say, ['--payments-per-account', '0', '--most-wait', '10000'])
  try {
    cores.moveToClients(place.chainPid)
    const { results, receiptsARoot, single } = await measureOwn(place, cores, samples)
    const peers = isWithPeers ? await Peers.measure(place, cores, samples) : []
    if (isWithPeers) results.push(against(single, Peers.best(peers)), ...peers.map(({ result }) => result))
    const rows = Object.fromEntries(peers.map(({ result, what }) => [result.name, what]))
    const { connections, batchConnections, paymentsABatch } = Own
    const conditions = { cores: cores.how, connections, batchConnections, paymentsABatch, receiptsARoot, ...rows }
    print(json, { results, conditions }, () =>
      [
        resultsTable(results),
        '',
        `${cores.how}; in paid.route ${receiptsARoot.toFixed(1)} receipts share a root`,
        ...Object.entries(rows).map(([name, what]) => `${name}: ${what}`),
      ].join('\n'),
    )
    return 0
  } finally {
    await place.stop()
  }
}
