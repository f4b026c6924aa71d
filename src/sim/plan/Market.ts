/**
 * The energy market of a slot, from what everybody wants to what everybody gets: orders before the slot, one price for all, delivery by what the
 * sun really gives.
 *
 * - A robot that has stopped at a station bids for its charge; the station takes the credits and charges the robot the market's price and a
 *   posted share on top. Sites bid for what they use, stationary batteries buy and sell.
 * - A producer sells what it expects. What it could produce and nobody bought is curtailed. What it sold and cannot deliver is taken from its
 *   last deals, and it pays the buyer half of the price for each kWh of it.
 *
 * Lots and ticks make every amount exact, so nothing here is rounded but the penalty, which is rounded up to an atomic dollar.
 */
import * as Amount from '../../core/Amount.ts'
import * as Energy from '../../core/Energy.ts'
import * as Spec from '../../market/Spec.ts'
import { potentialMilliWh, type World } from '../Scenario.ts'
import { type Match, type Pair, settle } from './Match.ts'
import {
  batteryMilliWh,
  efficiencyPercent,
  expectPhase,
  type Intent,
  type Party,
  type Payment,
  type Placed,
  type State,
  type Trade,
  withPurpose,
} from './State.ts'
import { eachActivity } from './Tasks.ts'

/** What a producer pays for energy that it sold and did not deliver, % of the price. */
export const penaltyPercent = 50n

/** What a slot's market comes to. */
export interface Delivered {
  /** By robots to stations, for energy (`…/charge/…`). */
  readonly payments: Payment[]
  /** Sales of credits, in an order in which every seller has what it sells. */
  readonly trades: Trade[]
  /** By producers to buyers, for what was sold and not delivered (`…/penalty/…`). */
  readonly penalties: Payment[]
  /** Left out where nothing traded. */
  readonly priceAtomicPerKwh: bigint | undefined
  readonly soldMilliWh: bigint
  /** Sold and not delivered, mWh. */
  readonly missingMilliWh: bigint
  /** What the sun would have given and nobody bought. */
  readonly curtailedMilliWh: bigint
  /** What robots bid for and did not get. */
  readonly unservedMilliWh: bigint
  /** Energy that robots needed and their batteries did not hold: they stood still instead. */
  readonly missedMilliWh: bigint
  readonly state: State
}

/**
 * Phase C of a slot: what came of the orders.
 * @param placed as `offers` gave them
 */
export function deliver(
  world: World,
  state: State,
  placed: readonly Placed[],
  { priceTicks = 0, filled }: Match,
): Delivered {
  expectPhase(world, state, 'market')
  const { spec } = world
  const { slot } = state
  const name = withPurpose(slot)
  const { got, sold, missing, produced } = settle(world, slot, placed, filled)
  const charged = charge(world, state, placed, got, priceTicks)
  const energy = (lots: number) => Spec.energyOf(spec, lots)
  const total = (pairs: readonly Pair[]) => energy(pairs.reduce((sum, { lots }) => sum + lots, 0))
  const potential = world.producerWatts.reduce((sum, _, index) => sum + potentialMilliWh(world, index, slot), 0n)
  const penalties = missing.map(({ seller, buyer, lots }, index): Payment => {
    const price = Spec.amountOf(spec, lots, priceTicks)
    return name({
      kind: 'penalty',
      index,
      from: seller,
      to: buyer,
      amountAtomic: Amount.from((price * penaltyPercent + 99n) / 100n),
    })
  })
  const trades = sold.map(
    ({ seller, buyer, lots }, index): Trade => ({
      purpose: `slot/${slot}/trade/${index}`,
      seller,
      buyer,
      energyMilliWh: energy(lots),
      priceAtomic: Spec.amountOf(spec, lots, priceTicks),
    }),
  )
  const made = energy(produced.reduce((sum, lots) => sum + lots, 0))
  return {
    payments: charged.intents.map(name),
    trades,
    penalties,
    priceAtomicPerKwh: priceTicks === 0 ? undefined : Spec.priceOf(spec, priceTicks),
    soldMilliWh: total(sold),
    missingMilliWh: total(missing),
    curtailedMilliWh: potential > made ? potential - made : 0n,
    unservedMilliWh: charged.unservedMilliWh,
    missedMilliWh: charged.missedMilliWh,
    state: {
      ...state,
      phase: 'readings',
      ...charged.state,
      producerMilliWh: state.producerMilliWh.map((total, index) => total + energy(produced[index] ?? 0)),
      ...traded(state, trades),
      ...(priceTicks === 0
        ? {}
        : {
            lastPriceAtomicPerKwh: Spec.priceOf(spec, priceTicks),
            priceSumAtomicPerKwh: state.priceSumAtomicPerKwh + Spec.priceOf(spec, priceTicks),
            pricedSlots: state.pricedSlots + 1,
          }),
    },
  }
}

/** Penalties that can be paid: a producer that has sold too little to pay one is let off. @param held what a producer has, atomic dollars */
export function payable(penalties: readonly Payment[], held: (producer: Party) => bigint): Payment[] {
  const spent = new Map<number, bigint>()
  return penalties.filter(({ from, amountAtomic }) => {
    const all = (spent.get(from.index) ?? 0n) + amountAtomic
    if (all > held(from)) return false
    spent.set(from.index, all)
    return true
  })
}

/** What a station takes for a kWh, ticks: the market's price and its share on top, rounded up. */
export const stationTicks = (world: World, station: number, priceTicks: number): number =>
  Math.ceil((priceTicks * (world.stationPercent[station] ?? 100)) / 100)

/** Robots are charged with what they got, and use what they need. */
function charge(world: World, state: State, placed: readonly Placed[], got: readonly number[], priceTicks: number) {
  const { spec } = world
  const gained = new Map<number, bigint>()
  const stationMilliWh = [...state.stationMilliWh]
  let unservedMilliWh = 0n
  const intents: Intent[] = []
  placed.forEach(({ party, station, lots: wanted }, place) => {
    if (station === undefined) return
    const lots = got[place] ?? 0
    unservedMilliWh += Spec.energyOf(spec, wanted - lots)
    if (lots === 0) return
    const energyMilliWh = Spec.energyOf(spec, lots)
    const amountAtomic = Spec.amountOf(spec, lots, stationTicks(world, station, priceTicks))
    gained.set(party.index, (gained.get(party.index) ?? 0n) + energyMilliWh)
    stationMilliWh[station] = (stationMilliWh[station] ?? 0n) + energyMilliWh
    intents.push({
      kind: 'charge',
      index: place,
      from: party,
      to: { role: 'station', index: station },
      amountAtomic,
      energyMilliWh,
    })
  })
  let missedMilliWh = 0n
  const batteries = new BigInt64Array(world.scenario.robots)
  eachActivity(world.scenario, state.slot, (robot, { needMilliWh }) => {
    const held = (state.batteryMilliWh[robot] ?? 0n) + (gained.get(robot) ?? 0n)
    const used = needMilliWh < held ? needMilliWh : held
    missedMilliWh += needMilliWh - used
    batteries[robot] = held - used
    if (held - used > batteryMilliWh) throw new Error(`robot ${robot} is charged beyond its battery`)
  })
  return { intents, unservedMilliWh, missedMilliWh, state: { stationMilliWh, batteryMilliWh: batteries } }
}

/** What sites and stationary batteries bought and sold. */
function traded(state: State, trades: readonly Trade[]) {
  const next = {
    siteBoughtMilliWh: [...state.siteBoughtMilliWh],
    siteSpentAtomic: [...state.siteSpentAtomic],
    storageMilliWh: [...state.storageMilliWh],
    storageSpentAtomic: [...state.storageSpentAtomic],
    storageLostMilliWh: [...state.storageLostMilliWh],
  }
  const add = (list: bigint[], index: number, amount: bigint) => {
    list[index] = (list[index] ?? 0n) + amount
  }
  for (const { seller, buyer, energyMilliWh, priceAtomic } of trades) {
    if (seller.role === 'storage') {
      const held = next.storageMilliWh[seller.index] ?? 0n
      // What is sold takes its share of what was paid for it along.
      add(
        next.storageSpentAtomic,
        seller.index,
        -(((next.storageSpentAtomic[seller.index] ?? 0n) * energyMilliWh) / held),
      )
      add(next.storageMilliWh, seller.index, -energyMilliWh)
    }
    if (buyer.role === 'site') {
      add(next.siteBoughtMilliWh, buyer.index, energyMilliWh)
      add(next.siteSpentAtomic, buyer.index, priceAtomic)
    }
    if (buyer.role === 'storage') {
      const kept = (energyMilliWh * efficiencyPercent) / 100n
      add(next.storageMilliWh, buyer.index, kept)
      add(next.storageLostMilliWh, buyer.index, energyMilliWh - kept)
      add(next.storageSpentAtomic, buyer.index, priceAtomic)
    }
  }
  return next
}

/** What a mWh costs a site on average, as a price: what it paid over what it bought; before it bought any, what energy costs to make. */
export const siteEnergyCost = (state: State, site: number, otherwise: bigint): bigint => {
  const bought = state.siteBoughtMilliWh[site] ?? 0n
  return bought === 0n ? otherwise : ((state.siteSpentAtomic[site] ?? 0n) * Energy.perKwh) / bought
}
