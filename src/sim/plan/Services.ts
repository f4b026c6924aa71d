/**
 * What is done and paid once the market has said who has energy: customers pay for the tasks that were done, robots buy compute and help, and
 * stations and sites pay the grid's fee. Each spends at most what it held when the phase began, so that its payments may be made in any order, all at
 * once, and none is refused.
 *
 * A site posts its price for a slot, which follows what its energy has cost it. It applies to the site's *cumulative* total of units (PROTOCOL 2):
 * whatever the sizes of the jobs, all that it earned at a price is exactly the price of what its meter went on by.
 */
import * as Amount from '../../core/Amount.ts'
import * as Compute from '../Compute.ts'
import * as Random from '../Random.ts'
import type { World } from '../Scenario.ts'
import { payouts } from './Payouts.ts'
import { expectPhase, type Role, type Sink, type State, siteMilliWh, workOf } from './State.ts'

/** What became of the wish for compute. */
export interface JobCounts {
  readonly requested: number
  readonly bought: number
  /** The robot had not the money. */
  readonly unaffordable: number
  /** The site had not the energy. */
  readonly unpowered: number
  /** Energy of all that were requested and of those, mWh, without losses of the grid. */
  readonly neededMilliWh: bigint
  readonly missedMilliWh: bigint
}

/** What became of the wish for tasks; a robot may have several in a long slot. */
export interface TaskCounts {
  readonly wanted: number
  readonly done: number
  /** No customer had the money. */
  readonly unaffordable: number
  /** The robot had not the energy: not done, not paid. */
  readonly unpowered: number
}

/** What everybody may spend now, atomic dollars, by index. */
export type Balances = { readonly [role in Role]: ArrayLike<bigint> }

/** What a phase C comes to. */
export interface Services {
  readonly jobs: JobCounts
  readonly tasks: TaskCounts
  /** The state at phase D. */
  readonly state: State
}

/**
 * Phase C of a slot: what is done is paid.
 * @param balances available when phase B is done
 */
export function services(world: World, state: State, balances: Balances, pay: Sink): Services {
  expectPhase(world, state, 'services')
  const left = Object.fromEntries(
    Object.entries(balances).map(([role, amounts]) => [role, BigInt64Array.from(amounts)]),
  ) as { [role in Role]: BigInt64Array }
  const tasks = payTasks(state, pay)
  const { siteUnits, jobs } = buyCompute(world, state, left.robot, pay)
  help(world, state, left.robot, pay)
  const feeDue = payouts(world, state, left, pay)
  return { jobs, tasks, state: { ...state, phase: 'readings', siteUnits, feeDue } }
}

/** Customers ordered within their means, so each can pay for what was done. */
function payTasks(state: State, pay: Sink): TaskCounts {
  const { tasks, wageAtomic, customer, done: doneBy, unaffordable } = workOf(state)
  let [done, unpowered] = [0, 0]
  tasks.forEach((count, robot) => {
    const finished = doneBy[robot] ?? 0
    done += finished
    unpowered += count - finished
    const wage = count === 0 ? 0n : ((wageAtomic[robot] ?? 0n) * BigInt(finished)) / BigInt(count)
    if (wage === 0n) return
    pay({
      kind: 'task',
      index: robot,
      from: { role: 'customer', index: customer[robot] ?? 0 },
      to: { role: 'robot', index: robot },
      amountAtomic: Amount.from(wage),
    })
  })
  return { wanted: done + unpowered + unaffordable, done, unaffordable, unpowered }
}

/** Takes from `left` what is spent, as `help` does. */
function buyCompute(world: World, state: State, left: BigInt64Array, pay: Sink) {
  const totals = [...state.siteUnits]
  const { jobs, sitePrices } = workOf(state)
  let [bought, unaffordable, unpowered, needed, missed] = [0, 0, 0, 0n, 0n]
  jobs.forEach(({ robot, site, units }, index) => {
    const before = totals[site] ?? 0n
    needed += units
    if (siteMilliWh(world, before + units) > (state.siteBoughtMilliWh[site] ?? 0n)) {
      unpowered++
      missed += units
      return
    }
    const amountAtomic = Compute.charge(before, before + units, sitePrices[site] ?? 0n)
    if (!spend(left, robot, amountAtomic)) {
      unaffordable++
      return
    }
    totals[site] = before + units
    bought++
    pay({ kind: 'job', index, from: { role: 'robot', index: robot }, to: { role: 'site', index: site }, amountAtomic })
  })
  const energy = (units: bigint) => Compute.energyMicroWh(units) / 1000n
  const counts = { requested: jobs.length, bought, unaffordable, unpowered }
  return { siteUnits: totals, jobs: { ...counts, neededMilliWh: energy(needed), missedMilliWh: energy(missed) } }
}

function help(world: World, state: State, left: BigInt64Array, pay: Sink): void {
  const { seed, robots, day } = world.scenario
  const { helpShare, helpAtomicMin, helpAtomicMax } = world.assumed
  if (robots < 2) return
  const random = Random.stream(seed, 'help', day, state.slot)
  for (let robot = 0; robot < robots; robot++) {
    if (!Random.chance(random, helpShare)) continue
    const helper = (robot + Random.between(random, 1, robots - 1)) % robots
    const amountAtomic = Amount.from(BigInt(Random.between(random, Number(helpAtomicMin), Number(helpAtomicMax))))
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
