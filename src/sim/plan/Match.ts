/**
 * The auction of a slot and who delivers to whom: orders are matched at one price; then each account's orders are taken together, and accounts are
 * brought together in few sales; then a producer that the sun lets down delivers less than it sold.
 */
import * as Clear from '../../market/Clear.ts'
import * as Spec from '../../market/Spec.ts'
import { potentialMilliWh, type World } from '../Scenario.ts'
import { importMilliWh } from './Offers.ts'
import type { Party, Placed } from './State.ts'

/** What came of a slot's orders. */
export interface Match {
  /** Undefined where nothing traded. */
  readonly priceTicks: number | undefined
  /** What each order got, lots, by its place. */
  readonly filled: readonly number[]
}

/** The auction of a slot. A market's book says the same of the same orders, signed (`market/Book`). */
export function match(placed: readonly Placed[]): Match {
  const places = (isBuying: boolean) => placed.flatMap((order, place) => (order.isBuying === isBuying ? [place] : []))
  const [buyers, sellers] = [places(true), places(false)]
  const side = (own: readonly number[]): Clear.Side => ({
    ticks: own.map((place) => placed[place]?.ticks ?? 0),
    lots: own.map((place) => placed[place]?.lots ?? 0),
  })
  const { priceTicks, bids, asks } = Clear.clear(side(buyers), side(sellers))
  const filled = new Array<number>(placed.length).fill(0)
  buyers.forEach((place, i) => {
    filled[place] = bids[i] ?? 0
  })
  sellers.forEach((place, i) => {
    filled[place] = asks[i] ?? 0
  })
  return { priceTicks, filled }
}

/** Whose account takes a buyer's credits. */
const takerOf = ({ party, station }: Placed): Party =>
  station === undefined ? party : { role: 'station', index: station }

/** A party's orders that got something, and how much together. */
interface Account {
  readonly party: Party
  readonly places: number[]
  lots: number
}

/** Orders by account, in the order in which accounts first come up. */
function accounts(placed: readonly Placed[], filled: readonly number[], isBuying: boolean): Account[] {
  const found = new Map<string, Account>()
  placed.forEach((order, place) => {
    const lots = filled[place] ?? 0
    if (order.isBuying !== isBuying || lots === 0) return
    const party = takerOf(order)
    const key = `${party.role} ${party.index}`
    const account = found.get(key) ?? { party, places: [], lots: 0 }
    found.set(key, account)
    account.places.push(place)
    account.lots += lots
  })
  return [...found.values()]
}

export interface Pair {
  readonly seller: Party
  readonly buyer: Party
  readonly lots: number
}

/**
 * Who sells what to whom, and what of it is really delivered: a producer that has less than it sold leaves its last buyers short, and a station that has
 * less than its robots were to get leaves those short that came last.
 */
export function settle(world: World, slot: number, placed: readonly Placed[], filled: readonly number[]) {
  const sun = world.producerWatts.map((_, index) => Spec.lots(world.spec, potentialMilliWh(world, index, slot)))
  const left = [...sun, Spec.lots(world.spec, importMilliWh(world, slot))]
  const got = [...filled]
  const [buyers, sellers] = [accounts(placed, filled, true), accounts(placed, filled, false)]
  const [sold, missing]: [Pair[], Pair[]] = [[], []]
  const produced = left.map(() => 0)
  const lotsOf = (list: readonly Account[]) => list.map(({ lots }) => lots)
  for (const { buyer: to, seller: from, lots } of Clear.deals(lotsOf(buyers), lotsOf(sellers))) {
    const [buyer, seller] = [buyers[to] as Account, (sellers[from] as Account).party]
    const isProducer = seller.role === 'producer'
    const given = isProducer ? Math.min(lots, left[seller.index] ?? 0) : lots
    if (isProducer) {
      left[seller.index] = (left[seller.index] ?? 0) - given
      produced[seller.index] = (produced[seller.index] ?? 0) + given
    }
    if (given > 0) sold.push({ seller, buyer: buyer.party, lots: given })
    if (given < lots) {
      missing.push({ seller, buyer: buyer.party, lots: lots - given })
      shorten(got, buyer.places, lots - given)
    }
  }
  return { got, sold, missing, produced }
}

/** Takes lots from an account's orders, the last ones first. */
function shorten(got: number[], places: readonly number[], lots: number): void {
  let left = lots
  for (let i = places.length - 1; left > 0 && i >= 0; i--) {
    const place = places[i] as number
    const less = Math.min(left, got[place] ?? 0)
    got[place] = (got[place] ?? 0) - less
    left -= less
  }
}
