/**
 * What sunlight comes to in a scenario: how much each producer can produce, and how much it expects beforehand. Producers of a region share
 * a sky; what they expect of it is that it stays as it was.
 */
import * as Assumptions from './Assumptions.ts'
import * as Clouds from './Clouds.ts'
import { zoneHours } from './Place.ts'
import { daySeconds, slotSeconds, startSeconds } from './Slots.ts'
import * as Sun from './Sun.ts'
import * as Weather from './Weather.ts'
import type { Scenario, World } from './World.ts'

/** Power is worked out in the middle of each of these steps and holds throughout it, seconds. */
const stepSeconds = 300

/** The year whose sun shines; a leap year, so that it has every day. It moves the sun by less than a degree. */
const year = 2032

/**
 * Temperature of the air where no weather is given, °C: warmest a month after midsummer and three hours after noon, colder and more seasonal towards the
 * poles. All its figures are assumed.
 * @param dayOfYear from 0
 * @param hour after midnight at the place
 */
export const airTemperature = (latitude: number, dayOfYear: number, hour: number): number => {
  const { meanTemperature, temperaturePerDegree, seasonPerDegree, dailySwing } = Assumptions.values
  const from = Math.abs(latitude)
  // 21 July is day 202 of a leap year; January in the south.
  const season = Math.cos((2 * Math.PI * (dayOfYear - 202)) / 366) * (latitude < 0 ? -1 : 1)
  const hourly = Math.cos((2 * Math.PI * (hour - 15)) / 24)
  return meanTemperature + temperaturePerDegree * from + seasonPerDegree * from * season + dailySwing * hourly
}

/** Producers under one sky. */
export const producersPerRegion = 10

/**
 * What a producer's meter shows at the start of a slot, or at the end of the day: the floor of all it has produced since midnight.
 * @returns mWh
 */
export function producedMilliWh(world: World, producer: number, slot: number): bigint {
  const joules = world.yields[Math.floor(producer / producersPerRegion) % world.yields.length]?.[slot] ?? 0
  return Sun.milliWh((world.producerWatts[producer] ?? 0) * joules)
}

/** What a producer can produce in a slot, mWh. */
export const potentialMilliWh = (world: World, producer: number, slot: number): bigint =>
  producedMilliWh(world, producer, slot + 1) - producedMilliWh(world, producer, slot)

/** The share of a clear sky's sunlight that a producer expects in a slot: what it had in the slot before; without sun then, 0.8 (assumed). */
export function expectedShare({ yields, clear }: World, producer: number, slot: number): number {
  const real = yields[Math.floor(producer / producersPerRegion) % yields.length] ?? []
  const of = (list: readonly number[]) => (list[slot] ?? 0) - (list[slot - 1] ?? 0)
  return slot > 0 && of(clear) > 0 ? of(real) / of(clear) : 0.8
}

/** What a producer expects to produce in a slot, mWh, at most what its power allows. */
export function forecastMilliWh(world: World, producer: number, slot: number): bigint {
  const joules = ((world.clear[slot + 1] ?? 0) - (world.clear[slot] ?? 0)) * expectedShare(world, producer, slot)
  const most = slotSeconds(world.scenario, slot)
  return Sun.milliWh((world.producerWatts[producer] ?? 0) * Math.min(joules, most))
}

/** The first instant of a scenario's day, ms since 1970. */
export const midnightMs = ({ date, longitude }: Pick<Scenario, 'date' | 'longitude'>): number =>
  Date.parse(`${year}-${date}T00:00:00Z`) - zoneHours(longitude) * 3_600_000

/** Irradiance in the plane of the modules, W/m², and the air's temperature, °C. */
interface Step {
  readonly plane: number
  readonly temperature: number
}

/** Each step of the day under a clear sky, darkened by a factor. */
function modelled(scenario: Scenario, factorAt: (step: number) => number): Step[] {
  const midnight = midnightMs(scenario)
  const dayOfYear = Math.floor((midnight - Date.UTC(year, 0, 1)) / 86_400_000)
  return Array.from({ length: daySeconds / stepSeconds }, (_, step) => {
    const seconds = (step + 0.5) * stepSeconds
    const sun = Sun.position(scenario, midnight + seconds * 1000)
    const light = Sun.split(Sun.clearSky(sun.altitude) * factorAt(step), sun.altitude)
    return {
      plane: Sun.inPlane(light, sun, scenario),
      temperature: airTemperature(scenario.latitude, dayOfYear, seconds / 3600),
    }
  })
}

/** Direct and diffuse light as the file has them; where it has the diffuse alone, the rest is direct; where neither, by the clearness of the sky. */
function lightOf(global: number, direct: number | undefined, diffuse: number | undefined, altitude: number): Sun.Light {
  if (diffuse === undefined) return Sun.split(global, altitude)
  const cosine = Math.sin((altitude * Math.PI) / 180)
  const rest = cosine < 0.02 ? 0 : Math.min(1361, Math.max(0, global - diffuse) / cosine)
  return { global, direct: direct ?? rest, diffuse }
}

/** Measured weather: each sample in the plane of the modules by where the sun stood then, and straight lines between them. */
export function measured(scenario: Scenario, day: Weather.Day): Step[] {
  const midnight = midnightMs(scenario)
  const dayOfYear = Math.floor((midnight - Date.UTC(year, 0, 1)) / 86_400_000)
  const samples = day.samples.map((sample, index): Weather.Sample => {
    const minutes = index * day.stepMinutes + day.offsetMinutes
    const sun = Sun.position(scenario, midnight + minutes * 60_000)
    const { global, direct, diffuse } = sample
    const light = lightOf(global, direct, diffuse, sun.altitude)
    return { plane: Sun.inPlane(light, sun, scenario), ...sample }
  })
  return Array.from({ length: daySeconds / stepSeconds }, (_, step) => {
    const minutes = ((step + 0.5) * stepSeconds) / 60
    const { plane = 0, temperature = airTemperature(scenario.latitude, dayOfYear, minutes / 60) } = Weather.at(
      { ...day, samples },
      minutes,
    )
    return { plane, temperature }
  })
}

/** J for each rated W from midnight to each boundary of the slots. */
function cumulative(scenario: Scenario, steps: readonly Step[]): number[] {
  const power = steps.map(({ plane, temperature }) => Sun.acWatts(1, plane, Sun.cellTemperature(temperature, plane)))
  const sums = [0]
  for (const watts of power) sums.push((sums.at(-1) ?? 0) + watts * stepSeconds)
  return Array.from({ length: scenario.slots + 1 }, (_, slot) => {
    const at = startSeconds(scenario, slot)
    const step = Math.floor(at / stepSeconds)
    return (sums[step] ?? 0) + (power[step] ?? 0) * (at - step * stepSeconds)
  })
}

/** Cumulative J for each rated W at each boundary of the slots. Measured weather has one sky for all, with its clouds in it. */
export function yields(scenario: Scenario): Pick<World, 'yields' | 'clear'> {
  const { seed, solar, producers, slots, day } = scenario
  const clear = cumulative(
    scenario,
    modelled(scenario, () => 1),
  )
  if (scenario.steadySun) {
    const all = clear.at(-1) ?? 0
    const steady = Array.from({ length: slots + 1 }, (_, slot) => (all * startSeconds(scenario, slot)) / daySeconds)
    return { yields: [steady], clear: steady }
  }
  if (solar !== undefined) return { yields: [cumulative(scenario, measured(scenario, solar))], clear }
  const regions = Math.ceil(producers / producersPerRegion)
  const perSky = Clouds.stepSeconds / stepSeconds
  return {
    yields: Array.from({ length: regions }, (_, region) => {
      const sky = Clouds.sky(seed, region, daySeconds / Clouds.stepSeconds, day)
      return cumulative(
        scenario,
        modelled(scenario, (step) => sky[Math.floor(step / perSky)] ?? 1),
      )
    }),
    clear,
  }
}
