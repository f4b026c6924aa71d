/**
 * What robots buy in a slot: compute from sites, energy from stations, help from each other. Each spends at most what it held when the
 * phase began, so that its payments may be made in any order, all at once, and none is refused.
 *
 * Prices apply to the *seller's* cumulative meter total (PROTOCOL 2): whatever the sizes of the parts, all that a station or site has
 * earned is exactly the price of what its meter shows.
 */
import type { AmountAtomic } from '../core/Amount.ts'
import * as Amount from '../core/Amount.ts'
import * as Energy from '../core/Energy.ts'
import * as Compute from './Compute.ts'
import { batteryMilliWh, expectOneEach, expectPhase, type Party, type Payment, type State } from './PlanState.ts'
import { type Activity, activities } from './PlanTasks.ts'
import * as Random from './Random.ts'
import { cheaper, jobs, slotSeconds, type World } from './Scenario.ts'

/** Chance that a robot asks another for help in a slot (assumed). */
export const helpShare = 0.05

/** What help costs, atomic dollars, least and most (assumed). */
export const helpAtomic = { min: 200, max: 2000 } as const

/** How often a robot stops at a station, seconds (assumed); in longer slots once each, drawing what it needs all along. */
export const visitSeconds = 3600

/** A robot does not stop for less, mWh: 1 Wh. */
export const leastChargeMilliWh = 1000n

/** What became of the wish for compute. */
export interface JobCounts {
  readonly requested: number
  readonly bought: number
  /** The robot had not the money. */
  readonly unaffordable: number
}

/** What a phase B comes to. */
export interface Services {
  /** For compute (`…/job/…`), energy (`…/charge/…`) and help (`…/help/…`). */
  readonly payments: Payment[]
  readonly jobs: JobCounts
  /** Energy that robots wanted and could not pay, mWh. */
  readonly unaffordableMilliWh: bigint
  /** Energy that robots needed and their batteries did not hold, mWh: they stood still instead. */
  readonly missedMilliWh: bigint
  /** The state at phase C. */
  readonly state: State
}

/**
 * Phase B of a slot: robots buy. Compute comes first, as it is cheap and a robot is of little use without; then as much energy as the
 * money buys; help only from what is left.
 * @param robotsAtomic what each robot may spend now, atomic dollars, by index: its available balance when phase A is done
 */
export function services(world: World, state: State, robotsAtomic: readonly bigint[]): Services {
  expectPhase(world, state, 'services')
  expectOneEach('robotsAtomic', robotsAtomic, world.scenario.robots)
  const left = [...robotsAtomic]
  const [bought, siteUnits, counts] = buyCompute(world, state, left)
  const charged = charge(world, state, left)
  const helped = help(world, state, left)
  return {
    payments: [...bought, ...charged.payments, ...helped],
    jobs: counts,
    unaffordableMilliWh: charged.unaffordableMilliWh,
    missedMilliWh: charged.missedMilliWh,
    state: {
      ...state,
      phase: 'trades',
      siteUnits,
      stationMilliWh: charged.stationMilliWh,
      batteryMilliWh: charged.batteryMilliWh,
    },
  }
}

/** Takes from `left` what is spent, as the following ones do. */
function buyCompute(world: World, state: State, left: bigint[]): [Payment[], bigint[], JobCounts] {
  const totals = [...state.siteUnits]
  const wanted = jobs(world, state.slot)
  const payments = wanted.flatMap(({ robot, site, units }, index): Payment[] => {
    const before = totals[site] ?? 0n
    const price = Compute.charge(before, before + units, world.siteAtomicPer1000[site] ?? 0n)
    if (!spend(left, robot, price)) return []
    totals[site] = before + units
    return [payment(`slot/${state.slot}/job/${index}`, robot, { role: 'site', index: site }, price)]
  })
  const counts = { requested: wanted.length, bought: payments.length }
  return [payments, totals, { ...counts, unaffordable: counts.requested - counts.bought }]
}

function charge(world: World, state: State, left: bigint[]) {
  const { scenario, stationAtomicPerKwh } = world
  const random = Random.stream(scenario.seed, 'stations', state.slot)
  const stationMilliWh = [...state.stationMilliWh]
  const every = Math.max(1, Math.round(visitSeconds / slotSeconds(scenario, state.slot)))
  let unaffordableMilliWh = 0n
  let missedMilliWh = 0n
  const payments: Payment[] = []
  const drawn = () => Random.below(random, scenario.stations)
  const batteries = activities(scenario, state.slot).map(({ needMilliWh }: Activity, robot) => {
    const held = state.batteryMilliWh[robot] ?? 0n
    // Drawn for everybody, visit or not, so that one robot's battery does not change where the next one goes.
    const station = cheaper(stationAtomicPerKwh, drawn(), drawn())
    const room = batteryMilliWh - held + needMilliWh
    const due = (state.slot + robot) % every === 0 || held < needMilliWh
    const wanted = due && room >= leastChargeMilliWh ? room : 0n
    const before = stationMilliWh[station] ?? 0n
    const got = affordable(before, wanted, left[robot] ?? 0n, stationAtomicPerKwh[station] ?? 0n)
    unaffordableMilliWh += wanted - got.milliWh
    stationMilliWh[station] = before + got.milliWh
    if (spend(left, robot, got.price))
      payments.push({
        ...payment(`slot/${state.slot}/charge/${robot}`, robot, { role: 'station', index: station }, got.price),
        energyMilliWh: Energy.from(got.milliWh),
      })
    const used = needMilliWh < held + got.milliWh ? needMilliWh : held + got.milliWh
    missedMilliWh += needMilliWh - used
    return held + got.milliWh - used
  })
  return { payments, stationMilliWh, batteryMilliWh: batteries, unaffordableMilliWh, missedMilliWh }
}

/** The most energy up to what is wanted that the money buys at a station, and its price; none where it would cost nothing. */
function affordable(before: bigint, wanted: bigint, money: bigint, priceAtomicPerKwh: bigint) {
  const priceOf = (milliWh: bigint) =>
    Energy.charge(Energy.from(before), Energy.from(before + milliWh), priceAtomicPerKwh)
  let milliWh = wanted
  if (priceOf(milliWh) > money) {
    // The highest total whose price is no more than price(before) + money: ⌈(that + 1) × perKwh / price⌉ − 1.
    const limit = (Energy.price(Energy.from(before), priceAtomicPerKwh) + money + 1n) * Energy.perKwh
    milliWh = (limit + priceAtomicPerKwh - 1n) / priceAtomicPerKwh - 1n - before
  }
  const price = priceOf(milliWh)
  return price > 0n ? { milliWh, price } : { milliWh: 0n, price: Amount.zero }
}

function help(world: World, state: State, left: bigint[]): Payment[] {
  const { seed, robots } = world.scenario
  if (robots < 2) return []
  const random = Random.stream(seed, 'help', state.slot)
  return left.flatMap((_, robot): Payment[] => {
    if (!Random.chance(random, helpShare)) return []
    const helper = (robot + Random.between(random, 1, robots - 1)) % robots
    const amount = Amount.from(BigInt(Random.between(random, helpAtomic.min, helpAtomic.max)))
    if (!spend(left, robot, amount)) return []
    return [payment(`slot/${state.slot}/help/${robot}`, robot, { role: 'robot', index: helper }, amount)]
  })
}

/** Takes an amount above zero from a robot's money, if it has that much. */
function spend(left: bigint[], robot: number, amount: bigint): boolean {
  const held = left[robot] ?? 0n
  if (amount === 0n || held < amount) return false
  left[robot] = held - amount
  return true
}

const payment = (purpose: string, robot: number, to: Party, amountAtomic: AmountAtomic): Payment => ({
  purpose,
  from: { role: 'robot', index: robot },
  to,
  amountAtomic,
})
