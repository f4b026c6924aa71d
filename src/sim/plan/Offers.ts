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
  batteryMilliWh,
  efficiencyPercent,
  expectOneEach,
  expectPhase,
  meanPriceAtomicPerKwh,
  type Placed,
  type State,
  siteMilliWh,
} from './State.ts'
import { eachActivity } from './Tasks.ts'

/** How often a robot stops at a station, seconds (assumed); in longer slots once each. One whose battery would not last stops at once. */
export const visitSeconds = 3600

/** How fast a stationary battery can be filled or emptied at most: in this time, seconds (assumed). */
export const storageSeconds = 4 * 3600

/** What may be spent now: available balances when phase B is done, atomic dollars, by index. */
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
        placed.push({ ...bid, party: { role, index }, ...(station === undefined ? {} : { station }) })
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
  inTurn(scenario.sites, (index) => {
    const needMilliWh = siteMilliWh(state.siteUnits[index] ?? 0n) - (state.siteBoughtMilliWh[index] ?? 0n)
    const moneyAtomic = holdings.sitesAtomic[index] ?? 0n
    if (needMilliWh > 0n) ask('site', index, scenario.sites, { ...common, needMilliWh, moneyAtomic })
  })
  eachStop(world, state, holdings.robotsAtomic, common, (robot, view, station) =>
    ask('robot', robot, scenario.robots, view, station),
  )
  return { placed, faults }
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
  const power = (world.storageMilliWh * BigInt(common.slotSeconds)) / BigInt(storageSeconds)
  const room = ((world.storageMilliWh - stored) * 100n) / efficiencyPercent
  return {
    ...common,
    moneyAtomic,
    storedMilliWh: Strategy.least(stored, power),
    roomMilliWh: room < 0n ? 0n : Strategy.least(room, power),
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
  const { scenario, stationPercent, spec } = world
  const random = Random.stream(scenario.seed, 'stations', state.slot)
  const every = Math.max(1, Math.round(visitSeconds / common.slotSeconds))
  const drawn = () => Random.below(random, scenario.stations)
  eachActivity(scenario, state.slot, (robot, { needMilliWh }) => {
    const held = state.batteryMilliWh[robot] ?? 0n
    // Drawn for everybody, visit or not, so that one robot's battery does not change where the next one goes.
    const station = cheaper(stationPercent, drawn(), drawn())
    if ((state.slot + robot) % every !== 0 && held >= needMilliWh) return
    const room = batteryMilliWh - held + needMilliWh
    const roomLots = Spec.lots(spec, room)
    if (roomLots === 0) return
    // The station's share is rounded up to a tick, so a tick a lot is kept for it.
    const kept = Spec.amountOf(spec, roomLots, 1)
    const money = (((robotsAtomic[robot] ?? 0n) - kept) * 100n) / BigInt(stationPercent[station] ?? 100)
    if (money <= 0n) return
    const view = {
      batteryMilliWh: held,
      capacityMilliWh: batteryMilliWh,
      needMilliWh,
      roomMilliWh: room,
      moneyAtomic: money,
    }
    visit(robot, { ...common, ...view }, station)
  })
}
