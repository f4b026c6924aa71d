/**
 * What a run is of, and the world that follows from it: prices, sizes, sunlight and demand, all fixed before the first payment. The same
 * scenario gives the same world to the last digit, and nothing in it depends on a clock, a network or the order of anything.
 *
 * A run is always one day. `slots` says into how many parts it is divided, whatever their number: slot k goes from
 * ⌊86 400 k / slots⌋ to ⌊86 400 (k + 1) / slots⌋ seconds after midnight at the place. Energy and wages grow with the length of a slot while the
 * number of payments in a slot stays about the same, so a run of few slots is a short run, not a part of a day.
 */
import { createHash } from 'node:crypto'
import { SunledgerError } from '../core/Errors.ts'
import * as Spec from '../market/Spec.ts'
import * as Assumptions from './Assumptions.ts'
import * as Compute from './Compute.ts'
import * as JobTrace from './JobTrace.ts'
import * as Place from './Place.ts'
import * as Random from './Random.ts'
import { daySeconds, slotSeconds, startSeconds } from './Slots.ts'
import { midnightMs, yields } from './Sunlight.ts'
import * as Weather from './Weather.ts'
import type { Job, Owners, Scenario, World } from './World.ts'

export { daySeconds, slotSeconds, startSeconds } from './Slots.ts'
export { forecastMilliWh, midnightMs, potentialMilliWh, producedMilliWh, producersPerRegion } from './Sunlight.ts'
export type { Job, Scenario, World } from './World.ts'

/** What a run is of where nothing else is said. */
export const defaults: Omit<Scenario, 'customers' | 'place' | 'tilt' | 'azimuth'> = {
  seed: 1,
  day: 0,
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

/**
 * A whole scenario from what is given; the rest are the defaults, and customers one for every twenty robots.
 * @throws {ScenarioInvalidError} a count, place or seed out of bounds
 * @throws {Pvgis.DateInvalidError} no such day
 */
export function from(given: Partial<Scenario> = {}): Scenario {
  const robots = given.robots ?? defaults.robots
  const own = defined(given)
  const { solar } = own
  const placed = { ...defaults, ...own, ...(solar === undefined ? {} : inputPlace(solar)) }
  const scenario: Scenario = {
    ...placed,
    customers: own.customers ?? Math.max(1, Math.floor(robots / Assumptions.values.robotsPerHousehold)),
    place: own.place ?? Place.describe(placed),
    tilt: solar?.mounting?.tilt ?? own.tilt ?? Math.abs(placed.latitude),
    azimuth: solar?.mounting?.azimuth ?? own.azimuth ?? (placed.latitude < 0 ? 0 : 180),
  }
  for (const name of ['robots', 'producers', 'sites', 'stations', 'storages', 'customers'] as const)
    whole(name, scenario[name], 1, 1_000_000)
  whole('slots', scenario.slots, 1, 1440)
  whole('seed', scenario.seed, 0, Number.MAX_SAFE_INTEGER)
  whole('day', scenario.day, 0, 1000)
  between('cheaperTimes', scenario.cheaperTimes, 1, 1e6)
  between('latitude', scenario.latitude, -90, 90)
  between('longitude', scenario.longitude, -180, 180)
  between('tilt', scenario.tilt, 0, 90)
  between('azimuth', scenario.azimuth, 0, 360)
  if (!Weather.isDate(scenario.date)) throw new Weather.DateInvalidError(scenario.date)
  return scenario
}

const inputPlace = ({ latitude, longitude, date, mounting }: Weather.Day) => ({
  date,
  ...mounting,
  ...(latitude === undefined ? {} : { latitude }),
  ...(longitude === undefined ? {} : { longitude }),
})

/** Bigints have no JSON of their own. */
const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)

/** Everything that follows from a scenario. @throws {Spec.SpecInvalidError} */
export function prepare(scenario: Scenario): World {
  const { seed, robots, stations, sites, producers, storages } = scenario
  const assumed: Assumptions.Assumed = { ...Assumptions.values, ...scenario.assumed }
  const random = Random.stream(seed, 'prices')
  const percents = (count: number, low: number, high: number) =>
    Array.from({ length: count }, () => Random.between(random, low, high))
  const shortest = Math.max(1, Math.floor(daySeconds / scenario.slots))
  const batteryWatts = Number(assumed.robotBatteryMilliWh) / 1000
  const world = {
    scenario,
    digest: createHash('sha256')
      .update(JSON.stringify(Object.entries(scenario).sort(), asText))
      .digest('hex'),
    assumed,
    zoneHours: Place.zoneHours(scenario.longitude),
    sun: Place.sunTimes(scenario, midnightMs(scenario)),
    spec: Spec.from(BigInt(scenario.lotMilliWh), BigInt(scenario.tickAtomicPerKwh)),
    stationPercent: percents(stations, assumed.stationPercentMin, assumed.stationPercentMax),
    sitePercent: percents(sites, assumed.sitePercentMin, assumed.sitePercentMax),
    producerWatts: producerWatts(scenario, assumed),
    importWatts: Math.ceil(assumed.importWattsPerRobot * robots),
    reservePercent: percents(producers, assumed.reservePercentMin, assumed.reservePercentMax),
    owners: ownersOf(scenario, assumed),
    storageMilliWh: (assumed.storageMilliWhPerRobot * BigInt(robots) + BigInt(storages - 1)) / BigInt(storages),
    // Every robot at one station, flat, walking and filled up in the shortest slot, losses included.
    stationWatts: robots * Math.ceil((assumed.robotWalkWatts + batteryWatts * (3600 / shortest)) * 1.2),
    ...yields(scenario),
    ...(scenario.jobs === undefined ? {} : { requests: bySlot(scenario, scenario.jobs) }),
  }
  return { ...world, unitsPerToken: unitsPerToken(world) }
}

/**
 * How many units one generated token of a request stands for: so many that compute draws, over the day, what it is assumed to draw for each robot. Each
 * payment then pays for a stretch of calls like the one in the trace.
 */
function unitsPerToken({ scenario, assumed }: Pick<World, 'scenario' | 'assumed'>): number {
  const { robots, slots, jobs: trace } = scenario
  const tokens =
    trace === undefined
      ? Compute.meanGeneratedTokens * assumed.jobsPerRobotSlot * robots * slots
      : trace.reduce((sum, request) => sum + Number(Compute.units(request)), 0)
  const wanted = (assumed.computeWattsPerRobot * robots * 24 * 1e6) / Number(assumed.microWhPerUnit)
  return tokens === 0 ? 1 : Math.max(1, Math.round(wanted / tokens))
}

/** Which household owns what: shares after Pareto, so that few own much. */
function ownersOf(scenario: Scenario, { ownershipAlpha }: Assumptions.Assumed): Owners {
  const random = Random.stream(scenario.seed, 'owners')
  const weights = Array.from({ length: scenario.customers }, () => (1 - Random.float(random)) ** (-1 / ownershipAlpha))
  const sums: number[] = []
  for (const weight of weights) sums.push((sums.at(-1) ?? 0) + weight)
  const own = (count: number) => Array.from({ length: count }, () => Random.weighted(random, sums))
  const { robots, producers, sites, stations, storages } = scenario
  return {
    robot: own(robots),
    producer: own(producers + 1),
    site: own(sites),
    station: own(stations),
    storage: own(storages),
  }
}

/** What making energy costs in a slot, atomic dollars a kWh; it falls by the same factor from slot to slot. */
export function costAtomicPerKwh({ cheaperTimes, slots }: Scenario, slot: number): bigint {
  const fallen = cheaperTimes ** (slot / Math.max(1, slots - 1))
  return BigInt(Math.max(1, Math.round(Number(Assumptions.values.energyCostAtomicPerKwh) / fallen)))
}

/**
 * How much of a day's demand comes at an hour, against its mean: more in the afternoon, less before dawn. The mean over the day is 1.
 * @param seconds after midnight at the place
 */
export const demandShape = ({ demandSwing }: Assumptions.Assumed, seconds: number): number =>
  1 + demandSwing * Math.cos((2 * Math.PI * (seconds / 3600 - 15)) / 24)

type Demanding = Pick<World, 'scenario' | 'requests' | 'assumed' | 'unitsPerToken'>

/**
 * The jobs that robots want in a slot, in the order in which they come: with a trace its requests, each by one robot from one site;
 * without, a number of them for each robot. Of two sites drawn the cheaper is asked.
 * @param prices posted by each site
 */
export function jobs(world: Demanding, slot: number, prices: readonly bigint[]): Job[] {
  const { scenario, assumed } = world
  const { seed, robots, sites, day } = scenario
  const random = Random.stream(seed, 'jobs', day, slot)
  const site = () => cheaper(prices, Random.below(random, sites), Random.below(random, sites))
  const units = (request: Pick<JobTrace.Request, 'generatedTokens'>) =>
    Compute.units(request) * BigInt(world.unitsPerToken)
  if (world.requests !== undefined)
    return (world.requests[slot] ?? []).map((request) => ({
      robot: Random.below(random, robots),
      site: site(),
      units: units(request),
    }))
  const middle = (startSeconds(scenario, slot) + startSeconds(scenario, slot + 1)) / 2
  const mean = assumed.jobsPerRobotSlot * demandShape(assumed, middle)
  return Array.from({ length: robots }, (_, robot) => robot).flatMap((robot) =>
    Array.from({ length: Random.poisson(random, mean) }, () => ({
      robot,
      site: site(),
      units: units(Compute.request(random)),
    })),
  )
}

/** The index with the lower price; the first where they are equal. */
export const cheaper = (prices: ArrayLike<bigint | number>, a: number, b: number): number =>
  (prices[b] ?? 0) < (prices[a] ?? 0) ? b : a

/** Rated powers between half and one and a half of the mean, together what all robots need. */
function producerWatts({ seed, robots, producers }: Scenario, assumed: Assumptions.Assumed): number[] {
  const random = Random.stream(seed, 'producers')
  const weights = Array.from({ length: producers }, () => Random.between(random, 50, 150))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => Math.max(1, Math.floor((assumed.producerWattsPerRobot * robots * weight) / sum)))
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
export function siteWatts(world: Demanding): number {
  const watts = Array.from({ length: world.scenario.slots }, (_, slot) => {
    const units = jobs(world, slot, []).reduce((sum, job) => sum + job.units, 0n)
    // Losses of the grid are in a site's meter.
    return (Number(Compute.energyMicroWh(units)) * 1.2 * 3600) / 1e6 / slotSeconds(world.scenario, slot)
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

function between(name: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max))
    throw new ScenarioInvalidError(name, `${min} to ${max}`.replaceAll('-', '−'), value)
}

/** A scenario that cannot be run. */
export class ScenarioInvalidError extends SunledgerError {
  override readonly name = 'ScenarioInvalidError'
  constructor(property: string, expected: string, actual: unknown) {
    super('SL711', `The scenario's ${property} is out of bounds.`, { expected, actual: String(actual) })
  }
}
