import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Energy from '../../../src/core/Energy.ts'
import * as Compute from '../../../src/sim/Compute.ts'
import * as JobTrace from '../../../src/sim/JobTrace.ts'
import * as Plan from '../../../src/sim/Plan.ts'
import { batteryMilliWh } from '../../../src/sim/PlanState.ts'
import { activities } from '../../../src/sim/PlanTasks.ts'
import { lotMilliWh } from '../../../src/sim/PlanTrades.ts'
import * as Pvgis from '../../../src/sim/Pvgis.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'
import * as Economy from './Economy.ts'
import * as Fixtures from './Fixtures.ts'

/** Small scenarios of every shape. */
const scenarios = fc
  .record({
    seed: fc.nat(1_000_000),
    robots: fc.integer({ min: 1, max: 25 }),
    producers: fc.integer({ min: 1, max: 6 }),
    sites: fc.integer({ min: 1, max: 3 }),
    stations: fc.integer({ min: 1, max: 3 }),
    customers: fc.integer({ min: 1, max: 4 }),
    slots: fc.integer({ min: 1, max: 30 }),
    jobs: fc.option(fc.array(fc.nat(3_600_000), { maxLength: 60 }), { nil: undefined }),
  })
  .map(({ jobs, ...counts }) => {
    const requests = jobs
      ?.sort((a, b) => a - b)
      .map((ms) => ({ offsetMs: ms, contextTokens: 1, generatedTokens: ms % 99 }))
    return Scenario.from({ ...counts, ...(requests === undefined ? {} : { jobs: requests }) })
  })
const worlds = scenarios.map(Scenario.prepare)
const { sum } = Economy
const runs = { numRuns: 60 }
const kindOf = ({ purpose }: Plan.Payment) => purpose.split('/')[2]

describe('a day', () => {
  test('behavior: makes no money and no energy, and loses none', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const end = Economy.run(world)
        expect(sum(Object.values(end.dollars).flat())).toBe(end.funded)
        const produced = end.readings.filter(({ meter }) => meter.role === 'producer')
        expect(sum(Object.values(end.credits).flat())).toBe(sum(produced.map(({ energyMilliWh }) => energyMilliWh)))
        // Customers are funded for exactly what they pay.
        expect(sum(end.dollars.customer)).toBe(0n)
      }),
      runs,
    )
  })

  test('behavior: nobody plans to spend more than it held at the start of a phase, so any order of payments ends alike', () => {
    // The economy refuses a plan that spends too much.
    fc.assert(
      fc.property(worlds, (world) => {
        const backwards = Economy.run(world, { order: (items) => [...items].reverse() })
        expect(Economy.run(world)).toEqual(backwards)
      }),
      runs,
    )
  })

  test('behavior: what a seller has earned is exactly the price of what its meter shows', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { payments, state, trades } = Economy.run(world)
        const earned = (role: Plan.Role, index: number) =>
          sum(
            payments.filter(({ to }) => to.role === role && to.index === index).map(({ amountAtomic }) => amountAtomic),
          )
        state.stationMilliWh.forEach((total, index) => {
          expect(earned('station', index)).toBe(
            Energy.price(Energy.from(total), world.stationAtomicPerKwh[index] as bigint),
          )
        })
        state.siteUnits.forEach((total, index) => {
          expect(earned('site', index)).toBe(Compute.price(total, world.siteAtomicPer1000[index] as bigint))
        })
        const paid = (role: Plan.Role, index: number) =>
          sum(
            trades
              .filter(({ buyer }) => buyer.role === role && buyer.index === index)
              .map(({ priceAtomic }) => priceAtomic),
          )
        state.stationBoughtMilliWh.forEach((total, index) => {
          expect(paid('station', index)).toBe(Energy.price(Energy.from(total), world.energyAtomicPerKwh))
        })
      }),
      runs,
    )
  })

  test('behavior: batteries stay between empty and full, and energy charged is energy used or held', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const held = sum(Plan.start(world).batteryMilliWh)
        const end = Economy.run(world, {
          each: ({ state }) => {
            for (const charge of state.batteryMilliWh)
              if (charge < 0n || charge > batteryMilliWh) throw new Error(`a battery holds ${charge} mWh`)
          },
        })
        const needed = Array.from({ length: world.scenario.slots }, (_, slot) =>
          activities(world.scenario, slot),
        ).flat()
        const used = sum(needed.map(({ needMilliWh }) => needMilliWh)) - end.counts.missedMilliWh
        expect(held + sum(end.state.stationMilliWh) - used).toBe(sum(end.state.batteryMilliWh))
      }),
      runs,
    )
  })

  test('behavior: every request becomes a job that is bought or unaffordable, and every purpose is its own', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { counts, payments, trades } = Economy.run(world)
        expect(counts.bought + counts.unaffordable).toBe(counts.requested)
        if (world.scenario.jobs !== undefined) expect(counts.requested).toBe(world.scenario.jobs.length)
        expect(payments.filter((payment) => kindOf(payment) === 'job')).toHaveLength(counts.bought)
        const purposes = [...payments, ...trades].map(({ purpose }) => purpose)
        expect(new Set(purposes).size).toBe(purposes.length)
      }),
      runs,
    )
  })

  test('behavior: meters only rise, and stay within the capacity that they are approved for', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        let before: readonly Plan.Reading[] = []
        Economy.run(world, {
          each: ({ readings, state }) => {
            const hours = Scenario.slotSeconds(world.scenario, state.slot - 1) / 3600
            readings.forEach(({ meter, energyMilliWh, computeUnits }, at) => {
              const gained = energyMilliWh - (before[at]?.energyMilliWh ?? 0n)
              const { role, index } = meter
              const watts =
                role === 'producer'
                  ? (world.producerWatts[index] ?? 0)
                  : role === 'site'
                    ? world.siteWatts
                    : world.stationWatts
              // One mWh may be a fraction left over from the slot before.
              if (gained < 0n || Number(gained) > watts * hours * 1000 + 1)
                throw new Error(`${role} ${index}: ${gained}`)
              expect(computeUnits).toBeGreaterThanOrEqual(before[at]?.computeUnits ?? 0n)
            })
            before = readings
          },
        })
      }),
      runs,
    )
  })

  test('behavior: can be put away as text at any point and taken up again', () => {
    fc.assert(
      fc.property(worlds, fc.nat(200), (world, robotAtomic) => {
        const again = (state: Plan.State) => Plan.parse(world, Plan.stringify(state))
        let state = Plan.start(world)
        const money = new Array<bigint>(world.scenario.robots).fill(BigInt(robotAtomic) * 1000n)
        while (!Plan.isOver(world, state)) {
          const a = Plan.tasks(world, again(state))
          expect(a).toEqual(Plan.tasks(world, state))
          const b = Plan.services(world, again(a.state), money)
          expect(b).toEqual(Plan.services(world, a.state, money))
          const holdings = {
            producersMilliWh: new Array<bigint>(world.scenario.producers).fill(10n ** 6n),
            sitesAtomic: new Array<bigint>(world.scenario.sites).fill(50n),
            stationsAtomic: new Array<bigint>(world.scenario.stations).fill(10n ** 5n),
          }
          const c = Plan.trades(world, again(b.state), holdings)
          expect(c).toEqual(Plan.trades(world, b.state, holdings))
          state = Plan.readings(world, again(c.state)).state
        }
        expect(again(state)).toEqual(state)
      }),
      { numRuns: 20 },
    )
  })
})

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

describe('the default day', () => {
  test('behavior: about 100 000 payments, more sun than use, $0.31 to $0.33 of energy for a robot, nearly all paid for', () => {
    const world = Scenario.prepare(Scenario.from())
    const { counts, payments, readings, state } = Economy.run(world)
    const kwh = (roles: readonly Plan.Role[]) =>
      Number(
        sum(readings.filter(({ meter }) => roles.includes(meter.role)).map(({ energyMilliWh }) => energyMilliWh)),
      ) / 1e6
    const bill = sum(payments.filter((payment) => kindOf(payment) === 'charge').map(({ amountAtomic }) => amountAtomic))
    const total = counts.tasks + counts.services + counts.legs
    expect({ tasks: counts.tasks, services: counts.services, legs: counts.legs, total }).toMatchInlineSnapshot(`
      {
        "legs": 9438,
        "services": 67313,
        "tasks": 24522,
        "total": 101273,
      }
    `)
    expect(total).toBeGreaterThan(95_000)
    expect(total).toBeLessThan(110_000)
    expect(kwh(['producer'])).toBeGreaterThan(kwh(['site', 'station']))
    expect(kwh(['producer'])).toBeLessThan(1.35 * kwh(['site', 'station']))
    expect(Number(bill) / 1e6 / 1000).toBeGreaterThan(0.31)
    expect(Number(bill) / 1e6 / 1000).toBeLessThan(0.33)
    expect(counts.unaffordable / counts.requested).toBeLessThan(0.01)
    expect(Number(counts.unaffordableMilliWh) / 1e6).toBeLessThan(0.01 * kwh(['station']))
    // At the end of the day everything used has been bought.
    state.stationMilliWh.forEach((used, index) => {
      expect(state.stationBoughtMilliWh[index]).toBeGreaterThanOrEqual(used)
    })
  }, 30_000)

  test.skipIf(Fixtures.absent)(
    'behavior: the same on real sun and real demand (skipped where ../shared/data is absent)',
    () => {
      const solar = Pvgis.day(Pvgis.read(Fixtures.pvgis), '06-21')
      const world = Scenario.prepare(Scenario.from({ solar, jobs: JobTrace.read(Fixtures.trace) }))
      const { counts, readings } = Economy.run(world)
      expect(counts.requested).toBe(8819)
      expect(counts.bought).toBeGreaterThan(8700)
      const of = (producer: boolean) =>
        sum(
          readings
            .filter(({ meter }) => (meter.role === 'producer') === producer)
            .map(({ energyMilliWh }) => energyMilliWh),
        )
      expect(of(true)).toBeGreaterThan(of(false))
    },
    30_000,
  )
})

describe('mistakes', () => {
  const world = Scenario.prepare(Scenario.from({ robots: 2, slots: 1, producers: 1, sites: 1, stations: 1 }))
  const state = Plan.start(world)

  test('error: phases out of order, a state of another world, a run that is over', () => {
    expect(() => Plan.services(world, state, [0n, 0n])).toThrow('phase services of slot 0 asked for, but tasks is next')
    expect(() => Plan.tasks(world, { ...state, digest: 'other' })).toThrow('another world')
    expect(() => Plan.tasks(world, { ...state, slot: 1 })).toThrow('phase tasks of slot 1')
    const { state: next } = Plan.tasks(world, state)
    expect(() => Plan.services(world, next, [0n])).toThrow('2 balances expected, 1 given')
  })

  test('error: a text that is no state of the scenario', () => {
    const other = Plan.stringify(Plan.start(Scenario.prepare(Scenario.from({ robots: 3 }))))
    expect(() => Plan.parse(world, other)).toThrow('SL712')
    expect(() => Plan.parse(world, '{')).toThrowErrorMatchingInlineSnapshot(`
      [StateInvalidError: SL712: Not a state of this scenario.
        Expected: the JSON text of a state
        Actual: "{"]
    `)
    const changed = (change: object) => JSON.stringify({ ...JSON.parse(Plan.stringify(state)), ...change })
    for (const change of [
      { slot: 2 },
      { slot: 0.5 },
      { phase: 'night' },
      { siteUnits: ['-1'] },
      { siteUnits: [] },
      { batteryMilliWh: 5 },
    ])
      expect(() => Plan.parse(world, changed(change))).toThrow('SL712')
  })
})
