/**
 * What a run is of, and the world that follows from it: prices, sizes, sunlight and demand, all fixed before the first payment. The same
 * scenario gives the same world to the last digit, and nothing in it depends on a clock, a network or the order of anything.
 *
 * A run is always one day. `slots` says into how many parts it is divided, whatever their number: slot k goes from
 * ⌊86 400 k / slots⌋ to ⌊86 400 (k + 1) / slots⌋ seconds after midnight UTC. Energy and wages grow with the length of a slot while the
 * number of payments in a slot stays about the same, so a run of few slots is a short run, not a part of a day.
 */
import { createHash } from 'node:crypto'
import { SunledgerError } from '../core/Errors.ts'
import * as Spec from '../market/Spec.ts'
import * as Compute from './Compute.ts'
import * as JobTrace from './JobTrace.ts'
import * as Pvgis from './Pvgis.ts'
import * as Random from './Random.ts'
import { daySeconds, slotSeconds } from './Slots.ts'
import { yields } from './Sunlight.ts'
import type { Job, Scenario, World } from './World.ts'

export { daySeconds, slotSeconds, startSeconds } from './Slots.ts'
export { forecastMilliWh, potentialMilliWh, producedMilliWh, producersPerRegion } from './Sunlight.ts'
export type { Job, Scenario, World } from './World.ts'

/** What a run is of where nothing else is said. */
export const defaults: Omit<Scenario, 'customers'> = {
  seed: 1,
  robots: 1000,
  producers: 100,
  sites: 20,
  stations: 20,
  storages: 10,
  slots: 96,
  latitude: 35,
  longitude: 0,
  date: '06-21',
  lotMilliWh: Number(Spec.standard.lotMilliWh),
  tickAtomicPerKwh: Number(Spec.standard.tickAtomicPerKwh),
  cheaperTimes: 1,
  steadySun: false,
}

/** $0.043 a kWh: solar electricity's levelised cost in 2024 (IRENA, Renewable Power Generation Costs in 2024). */
export const energyAtomicPerKwh = 43_000n

/** Rated power of all producers together for each robot, W (assumed): in June somewhat more than robots use. */
export const producerWattsPerRobot = 1600

/** Jobs that a robot wants in a slot, on average, where no trace is given (assumed). */
export const jobsPerRobotSlot = 0.4

/** What stationary batteries hold together for each robot, mWh (assumed): about what a robot uses in three hours. */
export const storageMilliWhPerRobot = 1_000_000

/**
 * A whole scenario from what is given; the rest are the defaults, and customers one for every twenty robots.
 * @throws {ScenarioInvalidError} a count, place or seed out of bounds
 * @throws {Pvgis.DateInvalidError} no such day
 */
export function from(given: Partial<Scenario> = {}): Scenario {
  const robots = given.robots ?? defaults.robots
  const scenario = { ...defaults, customers: Math.max(1, Math.floor(robots / 20)), ...defined(given) }
  const { solar } = scenario
  for (const name of ['robots', 'producers', 'sites', 'stations', 'storages', 'customers'] as const)
    whole(name, scenario[name], 1, 1_000_000)
  whole('slots', scenario.slots, 1, 1440)
  if (!(scenario.cheaperTimes >= 1 && scenario.cheaperTimes <= 1e6))
    throw new ScenarioInvalidError('cheaperTimes', '1 to 1000000', scenario.cheaperTimes)
  whole('seed', scenario.seed, 0, Number.MAX_SAFE_INTEGER)
  if (!(Math.abs(scenario.latitude) <= 90)) throw new ScenarioInvalidError('latitude', '−90 to 90', scenario.latitude)
  if (!(Math.abs(scenario.longitude) <= 180))
    throw new ScenarioInvalidError('longitude', '−180 to 180', scenario.longitude)
  if (!Pvgis.isDate(scenario.date)) throw new Pvgis.DateInvalidError(scenario.date)
  if (solar === undefined) return scenario
  const { latitude = scenario.latitude, longitude = scenario.longitude, date } = solar
  return { ...scenario, latitude, longitude, date }
}

/** Everything that follows from a scenario. @throws {Spec.SpecInvalidError} */
export function prepare(scenario: Scenario): World {
  const { seed, robots, stations, sites, producers, storages } = scenario
  const random = Random.stream(seed, 'prices')
  const percents = (count: number, low: number, high: number) =>
    Array.from({ length: count }, () => Random.between(random, low, high))
  return {
    scenario,
    digest: createHash('sha256')
      .update(JSON.stringify(Object.entries(scenario).sort()))
      .digest('hex'),
    spec: Spec.from(BigInt(scenario.lotMilliWh), BigInt(scenario.tickAtomicPerKwh)),
    // Stations live on 3 to 7 % over what they pay, sites on 5 to 15 % over cost.
    stationPercent: percents(stations, 103, 107),
    sitePercent: percents(sites, 105, 115),
    producerWatts: producerWatts(scenario),
    reservePercent: percents(producers, 20, 100),
    storageMilliWh: BigInt(Math.ceil((storageMilliWhPerRobot * robots) / storages)),
    // Every robot at one station, flat, walking and filled up in the shortest slot.
    stationWatts: robots * Math.ceil(500 + 2300 * (3600 / Math.max(1, Math.floor(daySeconds / scenario.slots)))),
    ...yields(scenario),
    ...(scenario.jobs === undefined ? {} : { requests: bySlot(scenario, scenario.jobs) }),
  }
}

/** What making energy costs in a slot, atomic dollars a kWh; it falls by the same factor from slot to slot. */
export function costAtomicPerKwh({ cheaperTimes, slots }: Scenario, slot: number): bigint {
  const fallen = cheaperTimes ** (slot / Math.max(1, slots - 1))
  return BigInt(Math.max(1, Math.round(Number(energyAtomicPerKwh) / fallen)))
}

/**
 * The jobs that robots want in a slot, in the order in which they come: with a trace its requests, each by one robot from one site;
 * without, a number of them for each robot. Of two sites drawn the cheaper is asked.
 * @param prices posted by each site
 */
export function jobs(world: Pick<World, 'scenario' | 'requests'>, slot: number, prices: readonly bigint[]): Job[] {
  const { seed, robots, sites } = world.scenario
  const random = Random.stream(seed, 'jobs', slot)
  const site = () => cheaper(prices, Random.below(random, sites), Random.below(random, sites))
  if (world.requests !== undefined)
    return (world.requests[slot] ?? []).map((request) => ({
      robot: Random.below(random, robots),
      site: site(),
      units: Compute.units(request),
    }))
  return Array.from({ length: robots }, (_, robot) => robot).flatMap((robot) =>
    Array.from({ length: Random.poisson(random, jobsPerRobotSlot) }, () => ({
      robot,
      site: site(),
      units: Compute.units(Compute.request(random)),
    })),
  )
}

/** The index with the lower price; the first where they are equal. */
export const cheaper = (prices: ArrayLike<bigint | number>, a: number, b: number): number =>
  (prices[b] ?? 0) < (prices[a] ?? 0) ? b : a

/** Rated powers between half and one and a half of the mean, together what all robots need. */
function producerWatts({ seed, robots, producers }: Scenario): number[] {
  const random = Random.stream(seed, 'producers')
  const weights = Array.from({ length: producers }, () => Random.between(random, 50, 150))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => Math.max(1, Math.floor((producerWattsPerRobot * robots * weight) / sum)))
}

function bySlot(scenario: Scenario, requests: readonly JobTrace.Request[]): JobTrace.Request[][] {
  const found: JobTrace.Request[][] = Array.from({ length: scenario.slots }, () => [])
  for (const request of JobTrace.stretch(requests, daySeconds)) {
    const slot = Math.floor((request.offsetMs * scenario.slots) / (daySeconds * 1000))
    found[Math.min(slot, scenario.slots - 1)]?.push(request)
  }
  return found
}

/** Capacity of the meter of any site, W, so large that no run reaches it: all jobs of the busiest slot at one site, and at least 1 kW. */
export function siteWatts(world: Pick<World, 'scenario' | 'requests'>): number {
  const watts = Array.from({ length: world.scenario.slots }, (_, slot) => {
    const units = jobs(world, slot, []).reduce((sum, job) => sum + job.units, 0n)
    return (Number(Compute.energyMicroWh(units)) * 3600) / 1e6 / slotSeconds(world.scenario, slot)
  })
  return Math.ceil(Math.max(1000, ...watts))
}

/** The properties that have a value: an undefined one must not hide a default. */
const defined = (given: Partial<Scenario>): Partial<Scenario> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))

function whole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ScenarioInvalidError(name, `a whole number from ${min} to ${max}`, value)
}

/** A scenario that cannot be run. */
export class ScenarioInvalidError extends SunledgerError {
  override readonly name = 'ScenarioInvalidError'
  constructor(property: string, expected: string, actual: unknown) {
    super('SL711', `The scenario's ${property} is out of bounds.`, { expected, actual: String(actual) })
  }
}
