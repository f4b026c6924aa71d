/**
 * Clouds where no measured weather is given: a Markov chain of three states, stepped every quarter of an hour and seeded for each
 * region, so that neighbours share their clouds and regions do not. The chances are **assumed** (2026-11), chosen for a mostly
 * clear summer day; measured irradiance (`Pvgis`) already has its clouds in it and needs none of this.
 */
import * as Assumptions from './Assumptions.ts'
import * as Random from './Random.ts'

/** States of the sky and the share of clear-sky irradiance that comes through. */
export const factors: readonly number[] = [
  Assumptions.values.cloudClear,
  Assumptions.values.cloudBroken,
  Assumptions.values.cloudOvercast,
]

/** Length of a step, seconds. */
export const stepSeconds = 900

/** From each state, the chance a step to go to each: clear, broken, overcast. */
export const transitions: readonly (readonly number[])[] = [
  [0.94, 0.06, 0],
  [0.12, 0.8, 0.08],
  [0, 0.16, 0.84],
]

/** Long-run share of time in each state: 4/7, 2/7, 1/7. With the factors, 77.9 % of clear-sky irradiance on average. */
export const stationary: readonly number[] = [4 / 7, 2 / 7, 1 / 7]

/**
 * The sky over a region for a run of steps, as factors of clear-sky irradiance. It starts in a state drawn from the long-run shares.
 * @param region any number; the same seed, region and day give the same sky
 * @returns `steps` values out of `factors`
 */
export function sky(seed: number, region: number, steps: number, day = 0): number[] {
  const random = Random.stream(seed, 'clouds', day, region)
  let state = draw(random, stationary)
  return Array.from({ length: steps }, () => {
    const factor = factors[state] ?? 1
    state = draw(random, transitions[state] ?? stationary)
    return factor
  })
}

/** An index drawn with the given chances. */
function draw(random: Random.Random, chances: readonly number[]): number {
  let left = Random.float(random)
  const index = chances.findIndex((share) => {
    left -= share
    return left < 0
  })
  return index < 0 ? chances.length - 1 : index
}
