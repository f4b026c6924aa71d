/** A slot's auction as it is really held: every order signed by its owner, every signature checked by the book. */

import { buys, type Order, type SignedOrder, sells } from '../core/Order.ts'
import type { Address } from '../core/Payment.ts'
import { Book } from '../market/Book.ts'
import * as Spec from '../market/Spec.ts'
import type * as TypedData from '../sdk/TypedData.ts'
import type { Match, Party, Placed } from './plan/Plan.ts'
import type { World } from './Scenario.ts'

export interface AuctionOptions {
  readonly world: World
  readonly slot: number
  /** The clearing house's. */
  readonly domain: TypedData.Domain
  readonly addressOf: (party: Party) => Address
  readonly sign: (party: Party, order: Order) => SignedOrder
}

/** Orders signed and checked before whoever else is waiting gets a turn. */
const atOnce = 200

export interface Held {
  readonly match: Match
  /** As they were signed, by their place. */
  readonly orders: readonly SignedOrder[]
}

/** Holds the auction. The same orders always match alike, signed or not. */
export const hold = async (options: AuctionOptions, placed: readonly Placed[]): Promise<Held> => {
  const { world, slot, domain, addressOf, sign } = options
  const { spec } = world
  const book = new Book({ spec, slot: BigInt(slot), domain: domain.separator })
  const places = new Map<SignedOrder, number>()
  for (const [place, { party, station, isBuying, lots, ticks }] of placed.entries()) {
    const account = addressOf(party)
    const order = sign(party, {
      account,
      side: isBuying ? buys : sells,
      slot: BigInt(slot),
      energyMilliWh: Spec.energyOf(spec, lots),
      limitAtomicPerKwh: Spec.priceOf(spec, ticks),
      nonce: BigInt(place),
      via: station === undefined ? account : addressOf({ role: 'station', index: station }),
    })
    book.place(order)
    places.set(order, place)
    if (place % atOnce === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const { priceAtomicPerKwh, fills } = book.clear()
  const filled = new Array<number>(placed.length).fill(0)
  for (const { order, energyMilliWh } of fills) filled[places.get(order) as number] = Spec.lots(spec, energyMilliWh)
  const priceTicks = priceAtomicPerKwh === undefined ? undefined : Number(priceAtomicPerKwh / spec.tickAtomicPerKwh)
  return { match: { priceTicks, filled }, orders: [...places.keys()] }
}
