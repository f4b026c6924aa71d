/** Our own rows: payments over HTTP, one and many a request, and a route behind the paywall. */
import type { Address } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Member from '../../../test/src/support/Member.ts'
import type * as Cores from '../Cores.ts'
import { say } from '../Output.ts'
import type * as Place from '../Place.ts'
import * as Recovering from '../Recovering.ts'
import * as Line from './Line.ts'
import type * as Payers from './Payers.ts'
import * as Route from './Route.ts'

export const connections = 64
export const batchConnections = 8
export const paymentsABatch = 250
const singles = 6_400
const batched = 10_000
const bought = 4_000
/** Fewer, where each has to be paid for by itself. */
const boughtAlone = 2_000
const suppliers = 10
/** A service under load has been running for a while: its code is compiled by then. */
const warmups = 3

export interface Bench {
  readonly place: Place.Place
  readonly payers: Payers.Payers
  readonly samples: number
  readonly cores: Cores.Cores
}

/** What a row was measured as. */
export interface Sampled {
  /** Rates a second. */
  readonly rates: readonly number[]
  /** R on the servers' core, before and after each of them: what else the machine does falls on both. */
  readonly recoveries: readonly number[]
  readonly ratios: readonly number[]
}

/** R where the servers run, while they have nothing to do. */
const recovering = ({ cores }: Bench): number => {
  cores.forServers()
  const rate = Recovering.measure()
  cores.forClients()
  return rate
}

/** Samples that warm up, and then those that count: rates a second. */
const sampled = async (at: Bench, name: string, once: () => Promise<() => Promise<number>>): Promise<Sampled> => {
  const rates: number[] = []
  const recoveries: number[] = []
  const ratios: number[] = []
  for (let i = 0; i < warmups + at.samples; i++) {
    const measure = await once()
    const before = recovering(at)
    const rate = await measure()
    const r = (before + recovering(at)) / 2
    if (i < warmups) continue
    rates.push(rate)
    recoveries.push(r)
    ratios.push(rate / r)
    say(`${name}: ${Math.round(rate)}/s, R ${Math.round(r)}, ${(rate / r).toFixed(3)}`)
  }
  return { rates, recoveries, ratios }
}

const receiptStart = Buffer.from('{"payment":{')

const payees: readonly Address[] = Array.from({ length: suppliers }, (_, i) => Member.create(`supplier ${i}`).address)
const payee = (i: number): Address => payees[(i * 7) % payees.length] as Address

export const single = (at: Bench): Promise<Sampled> =>
  sampled(at, 'http.single', async () => {
    const signed = at.payers.sign(singles, (i) => ({ to: payee(i) }))
    const requests = signed.map((payment) => Line.post('/v1/payments', Wire.stringify(payment)))
    return async () => {
      const seconds = await Line.send(at.place.url, requests, {
        connections,
        onAnswer({ status, body }) {
          if (status !== 200 || body.indexOf(receiptStart) !== 0) throw new Error(`not accepted: ${status} ${body}`)
        },
      })
      return singles / seconds
    }
  })

const receiptsIn = (body: Buffer): number => {
  let count = 0
  for (let from = body.indexOf(receiptStart); from >= 0; from = body.indexOf(receiptStart, from + 1)) count++
  return count
}

export const batch = (at: Bench): Promise<Sampled> =>
  sampled(at, 'http.batch', async () => {
    const signed = at.payers.sign(batched, (i) => ({ to: payee(i) }))
    const requests = Array.from({ length: batched / paymentsABatch }, (_, i) =>
      Line.post('/v1/payments', Wire.stringify(signed.slice(i * paymentsABatch, (i + 1) * paymentsABatch))),
    )
    return async () => {
      let accepted = 0
      const seconds = await Line.send(at.place.url, requests, {
        connections: batchConnections,
        onAnswer: ({ body }) => {
          accepted += receiptsIn(body)
        },
      })
      if (accepted !== batched) throw new Error(`${accepted} of ${batched} payments were accepted`)
      return batched / seconds
    }
  })

/** @param paying how many pay at once: receipts that were made together share a root */
export const route = async (at: Bench, name: string, paid: Route.Route, paying: number) => {
  let receiptsARoot = 0
  const count = paying === 1 ? boughtAlone : bought
  const measured = await sampled(at, name, async () => {
    const made = await paid.requests(count, paying)
    receiptsARoot = made.receiptsARoot
    return async () => count / (await Route.buy(paid, made.requests, connections))
  })
  return { ...measured, receiptsARoot }
}
