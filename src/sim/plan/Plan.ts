/**
 * What everybody in the robot economy wants to do, slot by slot: pure logic, which somebody else carries out, through the SDK (`Economy`) or in
 * packed books (`Engine`). In each slot:
 *
 * ```ts
 * const world = Scenario.prepare(Scenario.from({ robots: 1000 }))
 * Plan.funding(world)                                              // dollars that everybody starts with, by role and index
 * let state = Plan.start(world)
 * while (!Plan.isOver(world, state)) {
 *   state = Plan.demand(world, state, customersAtomic)             // A: what is wanted
 *   const { placed } = Plan.offers(world, state, holdings)         // B: orders for energy …
 *   const b = Plan.deliver(world, state, placed, Plan.match(placed)) // … one price, and who is powered: pay b.payments
 *   const c = Plan.services(world, b.state, balances, pay)         // C: with balances after B, what is done is paid, and surplus paid out
 *   const d = Plan.readings(world, c.state)                        // D: at the end of the slot submit d.readings, make b.trades, pay b.penalties
 *   state = d.state
 * }
 * state = Plan.nextDay(nextWorld, state)
 * ```
 *
 * Within a phase the order of payments does not matter: nobody spends more than it held when the phase began. Between phases it does:
 * each must be answered before the next is planned. Trades are deliveries of energy that the slot's readings mint, so they follow them, in
 * their order. Credits that a site or station bought lie in its clearing-house account, and must be withdrawn to its wallet before a reading
 * can retire them; those that are not there in time are owed and retired later. A stationary battery's credits are what it has stored.
 * The same scenario with the same balances always gives the same plan.
 */
import * as Energy from '../../core/Energy.ts'
import type { World } from '../Scenario.ts'
import { expectPhase, type Reading, type Role, type State, siteMilliWh } from './State.ts'

export { demand, funding, sitePrices } from './Demand.ts'
export { type Delivered, deliver, payable } from './Market.ts'
export { type Match, match } from './Match.ts'
export { type Holdings, type Offers, offers, type Strategies } from './Offers.ts'
export { type Balances, type JobCounts, type Services, services, type TaskCounts } from './Services.ts'
export type { Intent, Party, Payment, Phase, Placed, Reading, Role, Sink, State, Trade } from './State.ts'
export { isOver, nextDay, openingCredits, start, withPurpose } from './State.ts'

/**
 * Phase D of a slot: what every meter shows at its end, producers first, then sites, stations and stationary batteries. All totals only rise; one
 * that has not changed since the last slot need not be submitted.
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
      ...state.producerMilliWh.map((milliWh, index) => reading('producer', index, milliWh)),
      ...state.siteUnits.map((units, index) => reading('site', index, siteMilliWh(world, units), units)),
      ...state.stationMilliWh.map((milliWh, index) => reading('station', index, milliWh)),
      ...state.storageLostMilliWh.map((milliWh, index) => reading('storage', index, milliWh)),
    ],
    state: { ...state, slot: state.slot + 1, phase: 'demand', work: undefined },
  }
}
