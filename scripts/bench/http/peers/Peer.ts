/** A peer: a server that others wrote, as a process, and requests that pay it in its own way, made beforehand. */
import type { Address } from '../../../../src/core/Payment.ts'
import * as X402 from '../../../../src/core/X402.ts'
import type * as Place from '../../Place.ts'
import type * as Shop from '../Shop.ts'

export interface Peer {
  /** As in `results`: `peer.…`. */
  readonly name: string
  /** What is measured, exactly. */
  readonly what: string
  /** Requests a sample. */
  readonly perSample: number
  open(place: Place.Place): Promise<Opened>
}

export interface Opened {
  readonly shop: Shop.Running
  /** Requests for so many connections, each of which sends every so-many-eth in order. */
  requests(count: number, connections: number): Promise<Buffer[]>
}

export const amount = 500n
export const path = '/charge'

/** What an x402 server asks. */
export const asked = async (shop: Shop.Running): Promise<X402.Required> => {
  const answer = await fetch(shop.url + path)
  const header = answer.headers.get(X402.headers.required)
  if (header === null) throw new Error(`${answer.status} and no price: ${await answer.text()}`)
  return X402.decode(header) as X402.Required
}

export const payee: Address = `0x${'ca'.repeat(20)}`
