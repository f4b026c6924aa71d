/**
 * What is wanted in a slot, before anybody knows whether there is energy for it: what robots do, which tasks customers order, which jobs robots
 * want computed. A task is ordered by a household that can pay for it, the richer ones more often, and is done and paid only where the robot has had
 * the energy.
 */
import * as Compute from '../Compute.ts'
import * as Random from '../Random.ts'
import { costAtomicPerKwh, demandShape, jobs, slotSeconds, startSeconds, type World } from '../Scenario.ts'
import { expectOneEach, expectPhase, type Role, type State, type Work } from './State.ts'

/** Length of the steps in which a robot rests or walks, seconds. A shorter slot is one step, of its own length. */
export const stepSeconds = 900

/** Money that everybody starts a first day with, atomic dollars, by index. All of it is there from then on: no more comes in, none goes out. */
export const funding = (world: World): { readonly [role in Role]: bigint[] } => {
  const { robots, producers, sites, stations, storages, customers } = world.scenario
  const { assumed } = world
  const each = (count: number, amount: bigint) => new Array<bigint>(count).fill(amount)
  return {
    customer: each(customers, (assumed.householdAtomicPerRobot * BigInt(robots)) / BigInt(customers)),
    robot: each(robots, assumed.robotCapitalAtomic),
    producer: each(producers + 1, 0n),
    site: each(sites, siteCapitalAtomic(world)),
    station: each(stations, 0n),
    storage: each(storages, storageCapitalAtomic(world)),
  }
}

/** What a site keeps for its energy, atomic dollars: as much as it takes on average for a while, at the price of imports. */
export const siteCapitalAtomic = ({ scenario, assumed }: World): bigint => {
  const watts = BigInt(Math.ceil((assumed.computeWattsPerRobot * scenario.robots) / scenario.sites))
  const milliWh = (watts * 1000n * BigInt(assumed.workingCapitalSeconds)) / 3600n
  return (milliWh * (assumed.importPriceAtomicPerKwh + assumed.gridFeeAtomicPerKwh)) / 1_000_000n
}

/** What a stationary battery keeps, atomic dollars: enough to fill it twice at what energy costs to make. */
export const storageCapitalAtomic = ({ storageMilliWh, assumed }: World): bigint =>
  (storageMilliWh * 2n * assumed.energyCostAtomicPerKwh) / 1_000_000n

/** What a robot does, drawn; `wages` is undefined where it has no task. */
interface Activity {
  walking: number
  tasks: number
  wageAtomicPerHour: number
}

/** What each robot would do with energy and customers enough. */
export function eachActivity(world: World, slot: number, visit: (robot: number, activity: Activity) => void): number {
  const { scenario, assumed } = world
  const random = Random.stream(scenario.seed, 'tasks', scenario.day, slot)
  const seconds = slotSeconds(scenario, slot)
  const steps = Math.max(1, Math.round(seconds / stepSeconds))
  const [low, high] = [Number(assumed.taskWageAtomicPerHourMin), Number(assumed.taskWageAtomicPerHourMax)]
  const from = startSeconds(scenario, slot)
  const activity: Activity = { walking: 0, tasks: 0, wageAtomicPerHour: 0 }
  const shares = Array.from({ length: steps }, (_, step) =>
    Math.min(1, assumed.walkShare * demandShape(assumed, from + ((step + 0.5) * seconds) / steps)),
  )
  for (let robot = 0; robot < scenario.robots; robot++) {
    activity.walking = activity.tasks = activity.wageAtomicPerHour = 0
    for (const share of shares) {
      if (!Random.chance(random, share)) continue
      activity.walking++
      if (!Random.chance(random, assumed.taskShare)) continue
      activity.tasks++
      activity.wageAtomicPerHour += Random.between(random, low, high)
    }
    visit(robot, activity)
  }
  return steps
}

/** What each site takes in the slot, atomic dollars for 1 000 units: its cost, with grid fee and losses, and its share on top. */
export function sitePrices(world: World, state: State): bigint[] {
  const made = costAtomicPerKwh(world.scenario, state.slot)
  const { gridLossPercent, gridFeeAtomicPerKwh } = world.assumed
  return world.sitePercent.map((percent, site) => {
    const bought = state.siteBoughtMilliWh[site] ?? 0n
    const paid = bought === 0n ? made : ((state.siteSpentAtomic[site] ?? 0n) * 1_000_000n) / bought
    const energy = ((paid + gridFeeAtomicPerKwh) * 100n) / BigInt(100 - gridLossPercent)
    return (Compute.costAtomicPer1000(energy) * BigInt(percent)) / 100n
  })
}

/**
 * Phase A of a slot: what is wanted. Nobody pays anything yet.
 * @param customersAtomic what each customer holds, atomic dollars, by index
 * @returns the state at phase B
 */
export function demand(world: World, state: State, customersAtomic: ArrayLike<bigint>): State {
  expectPhase(world, state, 'demand')
  const { scenario, assumed } = world
  const { robots, customers, seed, day } = scenario
  expectOneEach('customersAtomic', customersAtomic, customers)
  const { slot } = state
  const seconds = slotSeconds(scenario, slot)
  const steps = Math.max(1, Math.round(seconds / stepSeconds))
  const random = Random.stream(seed, 'customers', day, slot)
  const left = BigInt64Array.from(customersAtomic)
  const sums = new Float64Array(customers)
  for (let i = 0; i < customers; i++) sums[i] = (sums[i - 1] ?? 0) + Number(left[i])
  const work = {
    needMilliWh: new BigInt64Array(robots),
    restMilliWh: new BigInt64Array(robots),
    wageAtomic: new BigInt64Array(robots),
    tasks: new Uint8Array(robots),
    customer: new Int32Array(robots),
    done: new Uint8Array(robots),
    unaffordable: 0,
  }
  // W × s / 3.6 is mWh.
  const energy = (wattSteps: number) => (BigInt(wattSteps) * BigInt(seconds) * 10n) / (36n * BigInt(steps))
  const rest = energy(assumed.robotRestWatts * steps)
  eachActivity(world, slot, (robot, { walking, tasks, wageAtomicPerHour }) => {
    const customer = Random.weighted(random, sums)
    const wage = (BigInt(wageAtomicPerHour) * BigInt(seconds)) / BigInt(3600 * steps)
    const isOrdered = tasks > 0 && wage > 0n && (left[customer] ?? 0n) >= wage
    if (isOrdered) left[customer] = (left[customer] ?? 0n) - wage
    else work.unaffordable += tasks
    // Without an order it stays where it is for that long.
    const walked = isOrdered ? walking : walking - tasks
    work.needMilliWh[robot] = energy(assumed.robotRestWatts * (steps - walked) + assumed.robotWalkWatts * walked)
    work.restMilliWh[robot] = rest
    work.wageAtomic[robot] = isOrdered ? wage : 0n
    work.tasks[robot] = isOrdered ? tasks : 0
    work.customer[robot] = customer
  })
  const prices = sitePrices(world, state)
  const whole: Work = { ...work, jobs: jobs(world, slot, prices), sitePrices: prices }
  return { ...state, phase: 'market', work: whole }
}
