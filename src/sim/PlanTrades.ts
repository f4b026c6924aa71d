/**
 * Where sites and stations get the credits for the energy that they use: from producers, at the posted price, delivery versus payment.
 * Buyers and sellers meet in an order shuffled anew in each slot. Trades are in whole lots, so a buyer is up to a lot ahead of its
 * meter, and a producer keeps what does not fill one.
 */
import * as Energy from '../core/Energy.ts'
import * as Compute from './Compute.ts'
import { expectOneEach, expectPhase, type Party, type State, type Trade } from './PlanState.ts'
import * as Random from './Random.ts'
import type { World } from './Scenario.ts'

/** What may be sold and spent in a phase C: available balances when phase B is done, by index. */
export interface Holdings {
  /** Energy credits of each producer in its clearing-house account, mWh. */
  readonly producersMilliWh: readonly bigint[]
  /** Dollars of each site, atomic. */
  readonly sitesAtomic: readonly bigint[]
  /** Dollars of each station, atomic. */
  readonly stationsAtomic: readonly bigint[]
}

/** The lot at a price, mWh: 1 Wh, or what costs one atomic dollar where that is more. */
export function lotMilliWh(priceAtomicPerKwh: bigint): bigint {
  const unit = (Energy.perKwh + priceAtomicPerKwh - 1n) / priceAtomicPerKwh
  return unit > 1000n ? unit : 1000n
}

/** Energy that a site's meter shows, mWh: the floor of its units' energy. */
export const siteMilliWh = (units: bigint): bigint => Compute.energyMicroWh(units) / 1000n

interface Buyer {
  readonly party: Party
  readonly needMilliWh: bigint
  readonly boughtMilliWh: bigint
  readonly moneyAtomic: bigint
}

/**
 * Phase C of a slot: every site and station buys what its meter will show at the end of the slot less what it has bought so far, rounded up
 * to lots; as much of it as there is and as it can pay. No one sells or spends more than it holds.
 * @returns the trades, which may be made in any order, and the state at phase D
 */
export function trades(world: World, state: State, holdings: Holdings): { trades: Trade[]; state: State } {
  expectPhase(world, state, 'trades')
  expectOneEach('producersMilliWh', holdings.producersMilliWh, world.scenario.producers)
  expectOneEach('sitesAtomic', holdings.sitesAtomic, world.scenario.sites)
  expectOneEach('stationsAtomic', holdings.stationsAtomic, world.scenario.stations)
  const lot = lotMilliWh(world.energyAtomicPerKwh)
  const random = Random.stream(world.scenario.seed, 'trades', state.slot)
  const buyers = Random.shuffle(random, buyersOf(state, holdings))
  const sellers = Random.shuffle(random, [...holdings.producersMilliWh.entries()])
  const found: Trade[] = []
  const bought = { site: [...state.siteBoughtMilliWh], station: [...state.stationBoughtMilliWh] }
  let at = 0
  let offered = lots(sellers[0]?.[1] ?? 0n, lot)
  for (const { party, needMilliWh, boughtMilliWh, moneyAtomic } of buyers) {
    let total = boughtMilliWh
    let need = lots(needMilliWh + lot - 1n, lot)
    let money = moneyAtomic
    while (need > 0n && at < sellers.length) {
      const energy = need < offered ? need : offered
      const [seller = 0] = sellers[at] ?? []
      const affordable = mostFor(total, energy, money, world.energyAtomicPerKwh, lot)
      if (affordable > 0n) {
        const price = Energy.charge(Energy.from(total), Energy.from(total + affordable), world.energyAtomicPerKwh)
        found.push({
          purpose: `slot/${state.slot}/trade/${found.length}`,
          seller: { role: 'producer', index: seller },
          buyer: party,
          energyMilliWh: Energy.from(affordable),
          priceAtomic: price,
        })
        total += affordable
        need -= affordable
        money -= price
        offered -= affordable
      }
      if (affordable < energy) break
      if (offered === 0n) offered = lots(sellers[++at]?.[1] ?? 0n, lot)
    }
    bought[party.role as 'site' | 'station'][party.index] = total
  }
  return {
    trades: found,
    state: { ...state, phase: 'readings', siteBoughtMilliWh: bought.site, stationBoughtMilliWh: bought.station },
  }
}

function buyersOf(state: State, holdings: Holdings): Buyer[] {
  const buyer = (party: Party, used: bigint, bought: bigint, money: bigint): Buyer => ({
    party,
    needMilliWh: used > bought ? used - bought : 0n,
    boughtMilliWh: bought,
    moneyAtomic: money,
  })
  const at = (list: readonly bigint[], index: number) => list[index] ?? 0n
  const sites = state.siteUnits.map((units, index) =>
    buyer(
      { role: 'site', index },
      siteMilliWh(units),
      at(state.siteBoughtMilliWh, index),
      at(holdings.sitesAtomic, index),
    ),
  )
  const stations = state.stationMilliWh.map((used, index) =>
    buyer({ role: 'station', index }, used, at(state.stationBoughtMilliWh, index), at(holdings.stationsAtomic, index)),
  )
  return [...sites, ...stations]
}

/** The most lots up to an energy that the money buys. */
function mostFor(total: bigint, energy: bigint, money: bigint, priceAtomicPerKwh: bigint, lot: bigint): bigint {
  const priceOf = (milliWh: bigint) =>
    Energy.charge(Energy.from(total), Energy.from(total + milliWh), priceAtomicPerKwh)
  if (priceOf(energy) <= money) return energy
  const most = lots((money * Energy.perKwh) / priceAtomicPerKwh, lot)
  // Rounding of the cumulative price can make that one atomic unit dearer than the money.
  return priceOf(most) <= money ? most : most - lot
}

/** An energy rounded down to whole lots. */
const lots = (milliWh: bigint, lot: bigint): bigint => milliWh - (milliWh % lot)
