/** The phases of a plan in which money is spent, each alone: what is bought when there is too little of something. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Plan from '../../../src/sim/Plan.ts'
import { activities } from '../../../src/sim/PlanTasks.ts'
import { lotMilliWh } from '../../../src/sim/PlanTrades.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'
import * as Economy from './Economy.ts'

const { sum } = Economy
const runs = { numRuns: 60 }
const kindOf = ({ purpose }: Plan.Payment) => purpose.split('/')[2]

describe('services', () => {
  const world = Scenario.prepare(Scenario.from({ robots: 50, stations: 3, sites: 2 }))
  /** The first slot in which robots are hungry: they stop once an hour. */
  const state = Plan.tasks(world, Plan.start(world)).state
  const rich = new Array<bigint>(50).fill(10n ** 9n)

  test('behavior: a robot without money buys nothing, and its wishes are counted', () => {
    const wanted = Plan.services(world, state, rich)
    const none = Plan.services(world, state, new Array<bigint>(50).fill(0n))
    expect(none.payments).toEqual([])
    expect(none.jobs).toEqual({ requested: wanted.jobs.requested, bought: 0, unaffordable: wanted.jobs.requested })
    expect(none.unaffordableMilliWh).toBe(sum(wanted.state.stationMilliWh))
    expect(none.state.stationMilliWh).toEqual([0n, 0n, 0n])
  })

  test('behavior: a robot that cannot fill up buys all that its money buys', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 20_000n }), { minLength: 50, maxLength: 50 }), (money) => {
        const { payments, state: after, unaffordableMilliWh } = Plan.services(world, state, money)
        const charges = payments.filter((payment) => kindOf(payment) === 'charge')
        expect(sum(after.stationMilliWh) + unaffordableMilliWh).toBe(
          sum(Plan.services(world, state, rich).state.stationMilliWh),
        )
        for (const charge of charges) {
          const mine = payments.filter(
            ({ from, purpose }) => from.index === charge.from.index && !purpose.includes('help'),
          )
          const left = (money[charge.from.index] ?? 0n) - sum(mine.map(({ amountAtomic }) => amountAtomic))
          expect(left).toBeGreaterThanOrEqual(0n)
        }
        if (unaffordableMilliWh > 0n) {
          // Whoever went without the rest had spent to the last unit, or had nothing: 1 mWh costs less than one.
          const poor = money.filter((held, robot) => {
            const spent = payments.filter(({ from }) => from.index === robot).map(({ amountAtomic }) => amountAtomic)
            return held === sum(spent)
          })
          expect(poor.length).toBeGreaterThan(0)
        }
      }),
      runs,
    )
  })

  test('behavior: a flat battery leaves a robot standing and is counted', () => {
    const flat = { ...state, batteryMilliWh: new Array<bigint>(50).fill(0n) }
    const { missedMilliWh, state: after } = Plan.services(world, flat, new Array<bigint>(50).fill(0n))
    expect(missedMilliWh).toBe(sum(activities(world.scenario, 0).map(({ needMilliWh }) => needMilliWh)))
    expect(sum(after.batteryMilliWh)).toBe(0n)
  })
})

describe('trades', () => {
  const world = Scenario.prepare(Scenario.from({ robots: 50, stations: 3, sites: 2, producers: 5 }))
  const money = new Array<bigint>(50).fill(10n ** 9n)
  const { state } = Plan.services(world, Plan.tasks(world, Plan.start(world)).state, money)
  const list = (length: number, max: bigint) =>
    fc.array(fc.bigInt({ min: 0n, max }), { minLength: length, maxLength: length })

  test('behavior: sells no more than there is and than can be paid, in whole lots', () => {
    const holdings = fc.record({
      producersMilliWh: list(5, 400_000n),
      sitesAtomic: list(2, 200n),
      stationsAtomic: list(3, 60_000n),
    })
    fc.assert(
      fc.property(holdings, (held) => {
        const { trades } = Plan.trades(world, state, held)
        const of = (role: Plan.Role, index: number) =>
          trades.filter(({ buyer }) => buyer.role === role && buyer.index === index)
        for (const [role, purses] of [
          ['site', held.sitesAtomic],
          ['station', held.stationsAtomic],
        ] as const)
          purses.forEach((purse, index) => {
            expect(sum(of(role, index).map(({ priceAtomic }) => priceAtomic))).toBeLessThanOrEqual(purse)
          })
        held.producersMilliWh.forEach((credits, index) => {
          const sold = trades.filter(({ seller }) => seller.index === index).map(({ energyMilliWh }) => energyMilliWh)
          expect(sum(sold)).toBeLessThanOrEqual(credits)
        })
        for (const { energyMilliWh, priceAtomic, seller } of trades) {
          expect(energyMilliWh % 1000n).toBe(0n)
          expect(priceAtomic).toBeGreaterThan(0n)
          expect(seller.role).toBe('producer')
        }
      }),
    )
  })

  test('behavior: where there is enough of both, everybody is covered, and at most a lot ahead', () => {
    const held = {
      producersMilliWh: new Array<bigint>(5).fill(10n ** 9n),
      sitesAtomic: new Array<bigint>(2).fill(10n ** 9n),
      stationsAtomic: new Array<bigint>(3).fill(10n ** 9n),
    }
    const { state: after } = Plan.trades(world, state, held)
    after.stationMilliWh.forEach((used, index) => {
      const ahead = (after.stationBoughtMilliWh[index] ?? 0n) - used
      expect(ahead).toBeGreaterThanOrEqual(0n)
      expect(ahead).toBeLessThan(1000n)
    })
  })

  test('behavior: a lot is a watt-hour, or what costs one atomic unit where energy is nearly free', () => {
    expect(lotMilliWh(43_000n)).toBe(1000n)
    expect(lotMilliWh(1000n)).toBe(1000n)
    expect(lotMilliWh(43n)).toBe(23_256n)
  })
})
