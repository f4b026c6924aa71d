/**
 * The energy market of a slot, from what everybody wants to what everybody gets: orders before the slot, one price for all, delivery by what the
 * sun really gives.
 *
 * - A robot that has stopped at a station bids for its charge; the station takes the credits and charges the robot the market's price, a
 *   posted share on top and the grid's fee. Sites bid for what they use, stationary batteries buy and sell, the grid connection sells imports.
 * - What stations and sites draw comes through the grid, which loses some on the way: a robot's battery gets what arrives.
 * - A producer sells what it expects. What it could produce and nobody bought is curtailed. What it sold and cannot deliver is taken from its
 *   last deals, and it pays the buyer half of the price for each kWh of it.
 *
 * Lots and ticks make every amount exact, so nothing here is rounded but the penalty, which is rounded up to an atomic dollar.
 */
import * as Amount from '../../core/Amount.ts'
import * as Spec from '../../market/Spec.ts'
import { potentialMilliWh, type World } from '../Scenario.ts'
import { type Match, type Pair, settle } from './Match.ts'
import { feeTicks } from './Offers.ts'
import {
  arriving,
  expectPhase,
  type Intent,
  type Party,
  type Payment,
  type Placed,
  type State,
  type Trade,
  withPurpose,
  workOf,
} from './State.ts'

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
  /** Of what was sold, what the grid connection imported. */
  readonly importedMilliWh: bigint
  /** What robots bid for and did not get. */
  readonly unservedMilliWh: bigint
  /** Energy that robots needed, and that of it which their batteries did not hold: they stood still instead. */
  readonly neededMilliWh: bigint
  readonly missedMilliWh: bigint
  readonly state: State
}

/**
 * Phase B of a slot: what came of the orders.
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
      amountAtomic: Amount.from((price * world.assumed.penaltyPercent + 99n) / 100n),
    })
  })
  const trades = sold.map(
    ({ seller, buyer, lots }, index): Trade => ({
      purpose: `slot/${slot}/trade/${index}`,
      slot,
      index,
      seller,
      buyer,
      energyMilliWh: energy(lots),
      priceAtomic: Spec.amountOf(spec, lots, priceTicks),
    }),
  )
  const imported = produced.at(-1) ?? 0
  const made = energy(produced.reduce((sum, lots) => sum + lots, 0) - imported)
  const price = priceTicks === 0 ? state.lastPriceAtomicPerKwh : Spec.priceOf(spec, priceTicks)
  return {
    payments: charged.intents.map(name),
    trades,
    penalties,
    priceAtomicPerKwh: priceTicks === 0 ? undefined : Spec.priceOf(spec, priceTicks),
    soldMilliWh: total(sold),
    missingMilliWh: total(missing),
    curtailedMilliWh: potential > made ? potential - made : 0n,
    importedMilliWh: energy(imported),
    unservedMilliWh: charged.unservedMilliWh,
    neededMilliWh: charged.neededMilliWh,
    missedMilliWh: charged.missedMilliWh,
    state: {
      ...state,
      phase: 'services',
      ...charged.state,
      producerMilliWh: state.producerMilliWh.map((total, index) => total + energy(produced[index] ?? 0)),
      ...traded(world, state, charged.state.feeDue, trades),
      lastPriceAtomicPerKwh: price,
      today: [...state.today, price],
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

/** What a station takes for a kWh, ticks: the market's price with its share on top, rounded up, and the grid's fee. */
export const stationTicks = (world: World, station: number, priceTicks: number): number =>
  Math.ceil((priceTicks * (world.stationPercent[station] ?? 100)) / 100) + feeTicks(world)

/** Robots are charged with what they got, and use what they need; one that has not enough stands still, and its tasks are not done. */
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
    gained.set(party.index, (gained.get(party.index) ?? 0n) + arriving(world, energyMilliWh))
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
  const { robots } = world.scenario
  const { robotBatteryMilliWh: capacity } = world.assumed
  const work = workOf(state)
  let [neededMilliWh, missedMilliWh] = [0n, 0n]
  const batteries = new BigInt64Array(robots)
  const done = new Uint8Array(robots)
  for (let robot = 0; robot < robots; robot++) {
    const held = (state.batteryMilliWh[robot] ?? 0n) + (gained.get(robot) ?? 0n)
    const [need, rest] = [work.needMilliWh[robot] ?? 0n, work.restMilliWh[robot] ?? 0n]
    const tasks = work.tasks[robot] ?? 0
    done[robot] = doable(tasks, held, need, rest)
    const used = usedBy(held, need, rest, BigInt(tasks), BigInt(done[robot] ?? 0), capacity)
    neededMilliWh += need
    missedMilliWh += need - used
    batteries[robot] = held - used
    if (held - used > capacity) throw new Error(`robot ${robot} is charged beyond its battery`)
  }
  const feeDue = {
    ...state.feeDue,
    station: stationMilliWh.map((all, station) => {
      const before = (state.feeDue.station[station] ?? 0n) - (state.stationMilliWh[station] ?? 0n)
      return before + all
    }),
  }
  return {
    ...{ intents, unservedMilliWh, neededMilliWh, missedMilliWh },
    state: { stationMilliWh, feeDue, batteryMilliWh: batteries, work: { ...work, done } },
  }
}

/** Tasks that a robot has the energy for: all where it has all that it needs, else its share of what is left beside standing still. */
const doable = (tasks: number, held: bigint, need: bigint, rest: bigint): number => {
  if (held >= need) return tasks
  return held <= rest ? 0 : Number((BigInt(tasks) * (held - rest)) / (need - rest))
}

/** What it uses then: it stands still, does those tasks, and walks about on what its battery cannot hold. */
const usedBy = (held: bigint, need: bigint, rest: bigint, tasks: bigint, done: bigint, capacity: bigint): bigint => {
  if (held >= need) return need
  if (held <= rest) return held
  const worked = tasks === 0n ? rest : rest + ((need - rest) * done) / tasks
  return held - worked > capacity ? held - capacity : worked
}

/** What sites and stationary batteries bought and sold. */
function traded(world: World, state: State, feeDue: State['feeDue'], trades: readonly Trade[]) {
  const siteFees = [...feeDue.site]
  const next = {
    feeDue: { ...feeDue, site: siteFees },
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
      add(siteFees, buyer.index, energyMilliWh)
    }
    if (buyer.role === 'storage') {
      const kept = (energyMilliWh * world.assumed.storageEfficiencyPercent) / 100n
      add(next.storageMilliWh, buyer.index, kept)
      add(next.storageLostMilliWh, buyer.index, energyMilliWh - kept)
      add(next.storageSpentAtomic, buyer.index, priceAtomic)
    }
  }
  return next
}
