/** The parts of a day: slot k of n goes from ⌊86 400 k / n⌋ to ⌊86 400 (k + 1) / n⌋ seconds after midnight. */
import type { Scenario } from './World.ts'

/** Seconds in the day that a run is of. */
export const daySeconds = 86_400

/** When a slot starts, seconds after midnight; for `slots` itself the end of the day. */
export const startSeconds = (scenario: Pick<Scenario, 'slots'>, slot: number): number =>
  Math.floor((daySeconds * slot) / scenario.slots)

/** How long a slot is, seconds. */
export const slotSeconds = (scenario: Pick<Scenario, 'slots'>, slot: number): number =>
  startSeconds(scenario, slot + 1) - startSeconds(scenario, slot)

/** True where a slot's end is settled: every so many slots, and the first and last. */
export const isSettled = ({ slots }: Pick<Scenario, 'slots'>, slot: number, every: number): boolean =>
  slot === 0 || slot + 1 === slots || (slot + 1) % every === 0
