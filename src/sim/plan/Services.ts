/**
 * What robots buy of each other and of sites in a slot: compute and help. Each spends at most what it held when the phase began, so that its
 * payments may be made in any order, all at once, and none is refused.
 *
 * A site posts its price for a slot, which follows what its energy has cost it. It applies to the site's *cumulative* total of units (PROTOCOL 2):
 * whatever the sizes of the jobs, all that it earned at a price is exactly the price of what its meter went on by.
 */
import * as Amount from '../../core/Amount.ts'
import * as Compute from '../Compute.ts'
import * as Random from '../Random.ts'
import { costAtomicPerKwh, jobs, type World } from '../Scenario.ts'
import { siteEnergyCost } from './Market.ts'
import { expectOneEach, expectPhase, type Sink, type State } from './State.ts'

/** Chance that a robot asks another for help in a slot (assumed). */
export const helpShare = 0.05

/** What help costs, atomic dollars, least and most (assumed). */
export const helpAtomic = { min: 200, max: 2000 } as const

/** What became of the wish for compute. */
export interface JobCounts {
  readonly requested: number
  readonly bought: number
  /** The robot had not the money. */
  readonly unaffordable: number
}

/** What a phase B comes to. */
export interface Services {
  readonly jobs: JobCounts
  /** The state at phase C. */
  readonly state: State
}

/** What each site takes in the slot, atomic dollars for 1 000 units. */
export function sitePrices(world: World, state: State): bigint[] {
  const made = costAtomicPerKwh(world.scenario, state.slot)
  return world.sitePercent.map((percent, site) => {
    const cost = Compute.costAtomicPer1000(siteEnergyCost(state, site, made))
    return (cost * BigInt(percent)) / 100n
  })
}

/**
 * Phase B of a slot: robots buy. Compute comes first, as it is cheap and a robot is of little use without; help only from what is left.
 * @param robotsAtomic what each robot may spend now, atomic dollars, by index: its available balance when phase A is done
 */
export function services(world: World, state: State, robotsAtomic: ArrayLike<bigint>, pay: Sink): Services {
  expectPhase(world, state, 'services')
  expectOneEach('robotsAtomic', robotsAtomic, world.scenario.robots)
  const left = BigInt64Array.from(robotsAtomic)
  const [siteUnits, counts] = buyCompute(world, state, left, pay)
  help(world, state, left, pay)
  return { jobs: counts, state: { ...state, phase: 'market', siteUnits } }
}

/** Takes from `left` what is spent, as `help` does. */
function buyCompute(world: World, state: State, left: BigInt64Array, pay: Sink): [bigint[], JobCounts] {
  const totals = [...state.siteUnits]
  const prices = sitePrices(world, state)
  const wanted = jobs(world, state.slot, prices)
  let bought = 0
  wanted.forEach(({ robot, site, units }, index) => {
    const before = totals[site] ?? 0n
    const amountAtomic = Compute.charge(before, before + units, prices[site] ?? 0n)
    if (!spend(left, robot, amountAtomic)) return
    totals[site] = before + units
    bought++
    pay({ kind: 'job', index, from: { role: 'robot', index: robot }, to: { role: 'site', index: site }, amountAtomic })
  })
  return [totals, { requested: wanted.length, bought, unaffordable: wanted.length - bought }]
}

function help(world: World, state: State, left: BigInt64Array, pay: Sink): void {
  const { seed, robots } = world.scenario
  if (robots < 2) return
  const random = Random.stream(seed, 'help', state.slot)
  for (let robot = 0; robot < robots; robot++) {
    if (!Random.chance(random, helpShare)) continue
    const helper = (robot + Random.between(random, 1, robots - 1)) % robots
    const amountAtomic = Amount.from(BigInt(Random.between(random, helpAtomic.min, helpAtomic.max)))
    if (spend(left, robot, amountAtomic))
      pay({
        kind: 'help',
        index: robot,
        from: { role: 'robot', index: robot },
        to: { role: 'robot', index: helper },
        amountAtomic,
      })
  }
}

/** Takes an amount above zero from a robot's money, if it has that much. */
function spend(left: BigInt64Array, robot: number, amount: bigint): boolean {
  const held = left[robot] ?? 0n
  if (amount === 0n || held < amount) return false
  left[robot] = held - amount
  return true
}
