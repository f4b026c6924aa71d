/** What is read over and over: every route that anybody may read, catch-up, and listeners. */
import type { Address } from '../../../src/core/Payment.ts'
import { routes } from '../../../src/http/Routes.ts'
import * as Member from '../../../test/src/support/Member.ts'
import type { Task } from './clients.ts'

export interface Flood {
  readonly name: string
  readonly task: Omit<Task, 'url'>
  /** Whom the payments pay that are measured meanwhile. */
  readonly payee: (i: number) => Address
}

/** As in the target: eight readers in one process. */
export const readers = 8
const listeners = 1_000
const spread = 500

/** What is asked for with `handle` is a stream or a probe, and has a row of its own or is what the others are held against. */
const others = new Set(['healthz', 'events', 'boardEvents'])

export interface Known {
  /** An account that was paid very often. */
  readonly shop: Address
  /** Payments that it received, of many groups. */
  readonly ids: readonly string[]
}

const accounts = Array.from({ length: spread }, (_, i) => Member.create(`listened to ${i}`).address)
const strangers = Array.from({ length: 4_096 }, (_, i) => Member.create(`stranger ${i}`).address)

const pathsOf = (id: string, path: string, { shop, ids }: Known): string[] => {
  if (id === 'statement') return [`${path.replace('{address}', shop)}?limit=1000`]
  if (id === 'account') return strangers.map((address) => path.replace('{address}', address))
  if (id === 'payment') return ids.map((payment) => path.replace('{id}', payment))
  return [path.replace('{file}', 'uplot.js')]
}

/** A route that is added tomorrow has a row here as well. */
export const all = (known: Known): Flood[] => {
  const payee = (i: number): Address => accounts[i % 10] as Address
  const reads = routes
    .filter(({ method, access, id }) => method === 'get' && access === 'anyone' && !others.has(id))
    .map(({ id, path }) => ({
      name: id,
      task: { kind: 'ask' as const, clients: readers, paths: pathsOf(id, path, known) },
      payee,
    }))
  const streamOf = (account: Address): string => `/v1/events?account=${account}`
  return [
    ...reads,
    { name: 'catchUp', task: { kind: 'catchUp', clients: readers, paths: [`${streamOf(known.shop)}&after=0`] }, payee },
    {
      name: 'listeners',
      task: { kind: 'listen', clients: listeners, paths: [streamOf(known.shop)] },
      payee: () => known.shop,
    },
    {
      name: 'listenersSpread',
      task: { kind: 'listen', clients: listeners, paths: accounts.map(streamOf) },
      payee: (i) => accounts[i % accounts.length] as Address,
    },
    { name: 'pages', task: { kind: 'listen', clients: listeners, paths: ['/v1/board/events'] }, payee },
  ]
}
