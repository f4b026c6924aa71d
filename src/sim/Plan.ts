/**
 * What everybody in the robot economy wants to do, slot by slot: pure logic, which somebody else carries out through the SDK. In each slot:
 *
 * ```ts
 * const world = Scenario.prepare(Scenario.from({ robots: 1000 }))
 * Plan.funding(world)                                              // dollars that customers start with, by index
 * let state = Plan.start(world)
 * while (!Plan.isOver(world, state)) {
 *   const a = Plan.tasks(world, state)                             // A: pay all of a.payments, in any order
 *   const b = Plan.services(world, a.state, robotsAtomic)          // B: with balances after A; pay all of b.payments
 *   const c = Plan.trades(world, b.state, holdings)                // C: with balances after B; make all of c.trades
 *   const d = Plan.readings(world, c.state)                        // D: at the end of the slot submit d.readings
 *   state = d.state
 * }
 * ```
 *
 * Within a phase the order of payments does not matter: nobody spends more than it held when the phase began. Between phases it does:
 * each must be answered before the next is planned. Credits that a site or station bought lie in its clearing-house account, and
 * must be withdrawn to its wallet before its reading can retire them; those that are not there in time are owed and retired later.
 * The same scenario with the same balances always gives the same plan.
 */
import * as Energy from '../core/Energy.ts'
import { expectPhase, type Reading, type Role, type State } from './PlanState.ts'
import { siteMilliWh } from './PlanTrades.ts'
import { producedMilliWh, type World } from './Scenario.ts'

export type { JobCounts, Services } from './PlanServices.ts'
export { services } from './PlanServices.ts'
export type { Party, Payment, Phase, Reading, Role, State, Trade } from './PlanState.ts'
export { isOver, parse, StateInvalidError, start, stringify } from './PlanState.ts'
export { funding, tasks } from './PlanTasks.ts'
export type { Holdings } from './PlanTrades.ts'
export { trades } from './PlanTrades.ts'

/**
 * Phase D of a slot: what every meter shows at its end, producers first, then sites, then stations. All totals only rise; one that has
 * not changed since the last slot need not be submitted.
 * @returns the readings, and the state at phase A of the next slot
 */
export function readings(world: World, state: State): { readings: Reading[]; state: State } {
  expectPhase(world, state, 'readings')
  const reading = (role: Role, index: number, milliWh: bigint, computeUnits = 0n): Reading => ({
    meter: { role, index },
    energyMilliWh: Energy.from(milliWh),
    computeUnits,
  })
  return {
    readings: [
      ...world.producerWatts.map((_, index) =>
        reading('producer', index, producedMilliWh(world, index, state.slot + 1)),
      ),
      ...state.siteUnits.map((units, index) => reading('site', index, siteMilliWh(units), units)),
      ...state.stationMilliWh.map((milliWh, index) => reading('station', index, milliWh)),
    ],
    state: { ...state, slot: state.slot + 1, phase: 'tasks' },
  }
}
