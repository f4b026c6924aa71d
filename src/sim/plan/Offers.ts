/**
 * What everybody wants in a slot's energy market: each participant's view, its strategy's answer, and all orders in the order of arrival. Who
 * comes first is drawn anew for each slot, since of equal limits the first is served first.
 */
import * as Spec from '../../market/Spec.ts'
import * as Strategy from '../../market/Strategy.ts'
import { defaults } from '../../market/strategies/index.ts'
import * as Random from '../Random.ts'
import { cheaper, costAtomicPerKwh, forecastMilliWh, slotSeconds, startSeconds, type World } from '../Scenario.ts'
import {
  drawn,
  expectOneEach,
  expectPhase,
  meanPriceAtomicPerKwh,
  type Party,
  type Placed,
  type State,
  siteMilliWh,
  workOf,
} from './State.ts'

/** What may be spent now: available balances, atomic dollars, by index. */
export interface Holdings {
  readonly robotsAtomic: ArrayLike<bigint>
  readonly sitesAtomic: ArrayLike<bigint>
  readonly storagesAtomic: ArrayLike<bigint>
}

/** Strategies that somebody brought, in the place of the defaults. */
export type Strategies = readonly Strategy.Strategy[]

export interface Offers {
  readonly placed: readonly Placed[]
  /** Strategies that could not be followed; their participants sit the slot out. */
  readonly faults: readonly Strategy.StrategyFaultError[]
}

/** The strategy that a participant follows. */
export function strategyOf<R extends Strategy.Role>(
  own: Strategies,
  role: R,
  index: number,
  count: number,
): Strategy.Strategy<R> {
  const found = own.find((each) => each.role === role && index * 100 < count * (each.percent ?? 100))
  return (found ?? defaults[role]) as Strategy.Strategy<R>
}

/** The orders of a slot. */
export function offers(world: World, state: State, holdings: Holdings, own: Strategies = []): Offers {
  expectPhase(world, state, 'market')
  const { scenario } = world
  expectOneEach('robotsAtomic', holdings.robotsAtomic, scenario.robots)
  expectOneEach('sitesAtomic', holdings.sitesAtomic, scenario.sites)
  expectOneEach('storagesAtomic', holdings.storagesAtomic, scenario.storages)
  const faults: Strategy.StrategyFaultError[] = []
  const placed: Placed[] = []
  const ask = <R extends Strategy.Role>(
    role: R,
    index: number,
    count: number,
    view: Strategy.Views[R],
    station?: number,
  ) => {
    try {
      for (const bid of Strategy.ask(strategyOf(own, role, index, count), view))
        placed.push({ ...bid, party: partyOf(world, role, index), ...(station === undefined ? {} : { station }) })
    } catch (error) {
      if (!(error instanceof Strategy.StrategyFaultError)) throw error
      faults.push(error)
    }
  }
  const forecasts = world.producerWatts.map((_, index) => forecastMilliWh(world, index, state.slot))
  const common = commonOf(world, state, forecasts)
  const random = Random.stream(scenario.seed, 'arrival', state.slot)
  const inTurn = (count: number, visit: (index: number) => void) => {
    const first = Random.below(random, count)
    for (let i = 0; i < count; i++) visit((first + i) % count)
  }
  inTurn(scenario.producers, (index) => {
    const forecast = forecasts[index] ?? 0n
    if (forecast > 0n) ask('producer', index, scenario.producers, producerView(world, index, common, forecast))
  })
  inTurn(scenario.storages, (index) =>
    ask(
      'storage',
      index,
      scenario.storages,
      storageView(world, state, index, common, holdings.storagesAtomic[index] ?? 0n),
    ),
  )
  ask('grid', 0, 1, {
    ...common,
    capacityMilliWh: importMilliWh(world, state.slot),
    priceAtomicPerKwh: world.assumed.importPriceAtomicPerKwh,
  })
  const units = unitsWanted(world, state)
  inTurn(scenario.sites, (index) => {
    const total = (state.siteUnits[index] ?? 0n) + (units[index] ?? 0n)
    const needMilliWh = siteMilliWh(world, total) - (state.siteBoughtMilliWh[index] ?? 0n)
    const moneyAtomic = holdings.sitesAtomic[index] ?? 0n
    if (needMilliWh > 0n) ask('site', index, scenario.sites, { ...common, needMilliWh, moneyAtomic })
  })
  eachStop(world, state, holdings.robotsAtomic, common, (robot, view, station) =>
    ask('robot', robot, scenario.robots, view, station),
  )
  return { placed, faults }
}

/** The grid connection is the last of the producers. */
const partyOf = ({ scenario }: World, role: Strategy.Role, index: number): Party =>
  role === 'grid' ? { role: 'producer', index: scenario.producers } : { role, index }

/** The most that the grid connection can bring in a slot, mWh. */
export const importMilliWh = ({ scenario, importWatts }: World, slot: number): bigint =>
  (BigInt(importWatts) * BigInt(slotSeconds(scenario, slot)) * 10n) / 36n

/** Units that are wanted of each site in the slot. */
function unitsWanted({ scenario }: World, state: State): bigint[] {
  const wanted = new Array<bigint>(scenario.sites).fill(0n)
  for (const { site, units } of workOf(state).jobs) wanted[site] = (wanted[site] ?? 0n) + units
  return wanted
}

function commonOf(world: World, state: State, forecasts: readonly bigint[]): Strategy.MarketView {
  const { scenario } = world
  const { slot } = state
  const slotLength = slotSeconds(scenario, slot)
  const most = world.producerWatts.reduce((sum, watts) => sum + (watts * slotLength) / 3.6, 0)
  return {
    slot,
    slots: scenario.slots,
    clockSeconds: startSeconds(scenario, slot),
    slotSeconds: slotLength,
    spec: world.spec,
    lastPriceAtomicPerKwh: state.lastPriceAtomicPerKwh,
    meanPriceAtomicPerKwh: meanPriceAtomicPerKwh(state),
    aheadAtomicPerKwh: [...state.yesterday.slice(slot), ...state.today.slice(0, slot)],
    assumed: world.assumed,
    sunPercent: Math.floor((Number(forecasts.reduce((sum, each) => sum + each, 0n)) * 100) / most),
    moneyAtomic: 0n,
  }
}

const producerView = (
  world: World,
  index: number,
  common: Strategy.MarketView,
  forecastMilliWh: bigint,
): Strategy.ProducerView => ({
  ...common,
  forecastMilliWh,
  capacityMilliWh: (BigInt(world.producerWatts[index] ?? 0) * BigInt(common.slotSeconds) * 10n) / 36n,
  reserveAtomicPerKwh:
    (costAtomicPerKwh(world.scenario, common.slot) * BigInt(world.reservePercent[index] ?? 100)) / 100n,
})

function storageView(
  world: World,
  state: State,
  index: number,
  common: Strategy.MarketView,
  moneyAtomic: bigint,
): Strategy.StorageView {
  const stored = state.storageMilliWh[index] ?? 0n
  const { storageEfficiencyPercent: efficiencyPercent } = world.assumed
  const power = (world.storageMilliWh * BigInt(common.slotSeconds)) / BigInt(world.assumed.storageSeconds)
  const room = ((world.storageMilliWh - stored) * 100n) / efficiencyPercent
  return {
    ...common,
    moneyAtomic,
    storedMilliWh: Strategy.least(stored, power),
    chargeMilliWh: stored,
    roomMilliWh: room < 0n ? 0n : Strategy.least(room, power),
    powerMilliWh: power,
    costAtomicPerKwh: stored === 0n ? 0n : ((state.storageSpentAtomic[index] ?? 0n) * 1_000_000n) / stored,
    efficiencyPercent,
  }
}

/** Every robot that stops at a station in this slot. Of two stations drawn it goes to the cheaper. */
function eachStop(
  world: World,
  state: State,
  robotsAtomic: ArrayLike<bigint>,
  common: Strategy.MarketView,
  visit: (robot: number, view: Strategy.RobotView, station: number) => void,
): void {
  const { scenario, stationPercent, spec, assumed } = world
  const { robotBatteryMilliWh: capacity } = assumed
  const { needMilliWh: needs } = workOf(state)
  const random = Random.stream(scenario.seed, 'stations', scenario.day, state.slot)
  const every = Math.max(1, Math.round(assumed.visitSeconds / common.slotSeconds))
  const draw = () => Random.below(random, scenario.stations)
  // The station's share is rounded up to a tick, so a tick a lot is kept for it, and the grid's fee.
  const keptTicks = 1 + feeTicks(world)
  for (let robot = 0; robot < scenario.robots; robot++) {
    const needMilliWh = needs[robot] ?? 0n
    const held = state.batteryMilliWh[robot] ?? 0n
    // Drawn for everybody, visit or not, so that one robot's battery does not change where the next one goes.
    const station = cheaper(stationPercent, draw(), draw())
    if ((state.slot + robot) % every !== 0 && held >= needMilliWh) continue
    const room = drawn(world, capacity - held + needMilliWh)
    const roomLots = Spec.lots(spec, room)
    if (roomLots === 0) continue
    const kept = Spec.amountOf(spec, roomLots, keptTicks)
    const money = (((robotsAtomic[robot] ?? 0n) - kept) * 100n) / BigInt(stationPercent[station] ?? 100)
    if (money <= 0n) continue
    const view = { batteryMilliWh: held, capacityMilliWh: capacity, needMilliWh, roomMilliWh: room, moneyAtomic: money }
    visit(robot, { ...common, ...view }, station)
  }
}

/** The grid's fee, ticks, rounded up. */
export const feeTicks = ({ spec, assumed }: World): number => Spec.ticksUp(spec, assumed.gridFeeAtomicPerKwh)
