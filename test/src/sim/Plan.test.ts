import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Energy from '../../../src/core/Energy.ts'
import * as Compute from '../../../src/sim/Compute.ts'
import * as JobTrace from '../../../src/sim/JobTrace.ts'
import * as Plan from '../../../src/sim/Plan.ts'
import { batteryMilliWh } from '../../../src/sim/PlanState.ts'
import { activities } from '../../../src/sim/PlanTasks.ts'
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
