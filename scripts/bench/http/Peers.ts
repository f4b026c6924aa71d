/** The official packages of others, run beside us: the same machine, the same client, the same cores. */
import { Session } from 'mppx/tempo'
import { createClient, custom } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { median } from '../../../src/report/Percentiles.ts'
import type { Cores } from '../Cores.ts'
import type { Result } from '../Output.ts'
import { say } from '../Output.ts'
import type * as Place from '../Place.ts'
import * as Line from './Line.ts'
import { batch } from './peers/Batch.ts'
import { exact } from './peers/Exact.ts'
import type { Opened, Peer } from './peers/Peer.ts'
import { session } from './peers/Session.ts'

const peers: readonly Peer[] = [exact, batch, session]

/** A row, and what exactly it is. */
export interface Row {
  readonly result: Result
  readonly what: string
}

const connections = 64

const sample = async ({ perSample }: Peer, { shop, requests }: Opened): Promise<number> => {
  const made = await requests(perSample, connections)
  const seconds = await Line.send(shop.url, made, {
    connections,
    onAnswer({ status, head, body }) {
      if (status !== 200) throw new Error(`a peer did not sell: ${status} ${body} ${head}`)
    },
  })
  return made.length / seconds
}

const { verifyVoucher, signVoucher } = Session.Precompile.Voucher
const verifications = 300

/** How many vouchers one core checks a second with mppx, and does nothing else. */
const verifying = async (samples: number): Promise<Row> => {
  const account = privateKeyToAccount(generatePrivateKey())
  const escrow = Session.Precompile.Constants.tip20ChannelEscrow
  const voucher = { channelId: `0x${'ab'.repeat(32)}` as const, cumulativeAmount: 500n as never }
  const offline = createClient({ transport: custom({ request: async () => null }) })
  const signature = await signVoucher(offline as never, account, voucher, escrow, 31337)
  const rates: number[] = []
  for (let i = 0; i <= samples; i++) {
    const began = performance.now()
    for (let j = 0; j < verifications; j++)
      if (!verifyVoucher(escrow, 31337, { ...voucher, signature }, account.address)) throw new Error('not verified')
    if (i > 0) rates.push((1000 * verifications) / (performance.now() - began))
  }
  const name = 'peer.mppx.verifyVoucher'
  const value = median(rates)
  return {
    result: { name, value, unit: 'vouchers/s', samples, basis: 'measured' },
    what: 'vouchers that mppx’s verifyVoucher checks a second on one core: no HTTP, no store (not what http.peers compares)',
  }
}

/** @param cores where their servers run, as ours did */
export const measure = async (place: Place.Place, cores: Cores, samples: number): Promise<Row[]> => {
  const rows: Row[] = []
  for (const peer of peers) {
    cores.forServers()
    const opened = await peer.open(place)
    cores.forClients()
    const rates: number[] = []
    for (let i = 0; i <= samples; i++) {
      const rate = await sample(peer, opened)
      // The first one warms up.
      if (i > 0) rates.push(rate)
    }
    await opened.shop.stop()
    const value = median(rates)
    say(`${peer.name}: ${Math.round(value)}/s`)
    rows.push({
      result: { name: peer.name, value, unit: 'requests/s', samples, basis: 'measured' },
      what: peer.what,
    })
  }
  return [...rows, await verifying(samples)]
}

/** The fastest of those that serve HTTP. */
export const best = (rows: readonly Row[]): Result =>
  rows
    .map(({ result }) => result)
    .filter(({ unit }) => unit === 'requests/s')
    .reduce((a, b) => (a.value > b.value ? a : b))
