/**
 * What sunlight comes to in a scenario: how much each producer can produce, and how much it expects beforehand. Producers of a region share
 * a sky; what they expect of it is that it stays as it was.
 */
import * as Clouds from './Clouds.ts'
import * as Pvgis from './Pvgis.ts'
import { daySeconds, slotSeconds, startSeconds } from './Slots.ts'
import * as Sun from './Sun.ts'
import type { Scenario, World } from './World.ts'

/** Power is worked out in the middle of each of these steps and holds throughout it, seconds. */
const stepSeconds = 300

/** The year whose sun shines; a leap year, so that it has every day. It moves the sun by less than a degree. */
const year = 2032

/** Temperature of the air where no weather is given, °C (assumed). */
export const airTemperature = 20

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

/** Cumulative J for each rated W at each boundary of the slots. Measured weather has one sky for all, with its clouds in it. */
export function yields(scenario: Scenario): Pick<World, 'yields' | 'clear'> {
  const { seed, solar, date, producers, slots } = scenario
  const midnight = Date.parse(`${year}-${date}T00:00:00Z`)
  const steps = daySeconds / stepSeconds
  const clear = Array.from({ length: steps }, (_, step): Pvgis.Hour => {
    const altitude = Sun.position(scenario, midnight + (step + 0.5) * stepSeconds * 1000).altitude
    return { irradiance: Sun.clearSky(altitude) }
  })
  const weather =
    solar === undefined ? clear : clear.map((_, step) => Pvgis.at(solar, ((step + 0.5) * stepSeconds) / 60))
  const cumulative = (hours: readonly Pvgis.Hour[], sky: readonly number[]) => {
    const power = hours.map(({ irradiance, temperature = airTemperature }, step) => {
      const through = irradiance * (sky[Math.floor((step * stepSeconds) / Clouds.stepSeconds)] ?? 1)
      return Sun.acWatts(1, through, Sun.cellTemperature(temperature, through))
    })
    const sums = [0]
    for (const watts of power) sums.push((sums.at(-1) ?? 0) + watts * stepSeconds)
    return Array.from({ length: slots + 1 }, (_, slot) => {
      const at = startSeconds(scenario, slot)
      const step = Math.floor(at / stepSeconds)
      return (sums[step] ?? 0) + (power[step] ?? 0) * (at - step * stepSeconds)
    })
  }
  if (scenario.steadySun) {
    const all = cumulative(clear, []).at(-1) ?? 0
    const steady = Array.from({ length: slots + 1 }, (_, slot) => (all * startSeconds(scenario, slot)) / daySeconds)
    return { yields: [steady], clear: steady }
  }
  const regions = solar === undefined ? Math.ceil(producers / producersPerRegion) : 1
  const sky = (region: number) => (solar === undefined ? Clouds.sky(seed, region, daySeconds / Clouds.stepSeconds) : [])
  return {
    yields: Array.from({ length: regions }, (_, region) => cumulative(weather, sky(region))),
    clear: cumulative(clear, []),
  }
}
