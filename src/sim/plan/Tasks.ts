/**
 * What robots do in a slot and what customers pay them for it. It depends on the seed alone, not on anybody's balance, so the whole
 * day's wages are known beforehand and customers can be funded for exactly that.
 */
import * as Amount from '../../core/Amount.ts'
import * as Random from '../Random.ts'
import { energyAtomicPerKwh, type Scenario, slotSeconds, type World } from '../Scenario.ts'
import { expectPhase, type Sink, type State } from './State.ts'

/** Power of a robot at rest and walking, W (Tesla AI Day 2022). Half of the time each makes 300 W. */
export const restWatts = 100
export const walkWatts = 500

/** Share of the time in which a robot walks (MEASURES 6: 300 W on average). */
export const walkShare = 0.5

/** Chance that a robot which walks for a quarter of an hour does so on a paid task (assumed). */
export const taskShare = 0.5

/** What a task of a quarter of an hour earns, atomic dollars, least and most (assumed): $1.00 an hour on average. */
export const taskAtomic = { min: 15_000, max: 35_000 } as const

/** What each robot is paid in the first slot on top, as it starts the day without money: three mean tasks (assumed). */
export const advanceAtomic = 75_000n

/** Length of the steps in which a robot rests or walks, seconds. A shorter slot is one step, of its own length. */
export const stepSeconds = 900

/** What a robot does in a slot. */
export interface Activity {
  /** Energy that it needs, mWh. */
  readonly needMilliWh: bigint
  /** The customer that it works for. */
  readonly customer: number
  /** What it earns there, atomic dollars; 0n where it has no task. */
  readonly wageAtomic: bigint
}

/** Tells what every robot does in a slot, by index. */
export function eachActivity(
  scenario: Scenario,
  slot: number,
  visit: (robot: number, activity: Activity) => void,
): void {
  const { seed, robots, customers } = scenario
  const random = Random.stream(seed, 'tasks', slot)
  const seconds = slotSeconds(scenario, slot)
  const steps = Math.max(1, Math.round(seconds / stepSeconds))
  // Wages are for steps of 900 s; here a step may be shorter or longer.
  const scaled = (atomic: number) => (BigInt(atomic) * BigInt(seconds)) / BigInt(stepSeconds * steps)
  const advance = slot === 0 ? advanceAtomic : 0n
  for (let robot = 0; robot < robots; robot++) {
    const customer = Random.below(random, customers)
    let walking = 0
    let wages = 0
    for (let step = 0; step < steps; step++) {
      if (!Random.chance(random, walkShare)) continue
      walking++
      if (Random.chance(random, taskShare)) wages += Random.between(random, taskAtomic.min, taskAtomic.max)
    }
    const wattSteps = BigInt(restWatts * (steps - walking) + walkWatts * walking)
    visit(robot, {
      // W × s / 3.6 is mWh.
      needMilliWh: (wattSteps * BigInt(seconds) * 10n) / (36n * BigInt(steps)),
      customer,
      wageAtomic: scaled(wages) + advance,
    })
  }
}

/**
 * Phase A of a slot: customers pay robots for tasks, at most one payment for each robot.
 * @returns the state at phase B
 */
export function tasks(world: World, state: State, pay: Sink): State {
  expectPhase(world, state, 'tasks')
  eachActivity(world.scenario, state.slot, (robot, { customer, wageAtomic }) => {
    if (wageAtomic === 0n) return
    pay({
      kind: 'task',
      index: robot,
      from: { role: 'customer', index: customer },
      to: { role: 'robot', index: robot },
      amountAtomic: Amount.from(wageAtomic),
    })
  })
  return { ...state, phase: 'services' }
}

/** The dollars that each customer will pay in the whole run, atomic, by index: what it must be funded with. */
export function funding(world: World): bigint[] {
  const sums = new Array<bigint>(world.scenario.customers).fill(0n)
  for (let slot = 0; slot < world.scenario.slots; slot++)
    eachActivity(world.scenario, slot, (_, { customer, wageAtomic }) => {
      sums[customer] = (sums[customer] ?? 0n) + wageAtomic
    })
  return sums
}

/** What each stationary battery starts with, atomic dollars: enough to fill it twice at what energy costs (assumed). */
export const storageFunding = (world: World): bigint[] =>
  new Array<bigint>(world.scenario.storages).fill((world.storageMilliWh * 2n * energyAtomicPerKwh) / 1_000_000n)
