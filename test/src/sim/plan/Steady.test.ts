/** What a day is like after others, and what scarcity does. */
import { describe, expect, test } from 'vitest'
import * as Assumptions from '../../../../src/sim/Assumptions.ts'
import * as JobTrace from '../../../../src/sim/JobTrace.ts'
import * as Place from '../../../../src/sim/Place.ts'
import * as Pvgis from '../../../../src/sim/Pvgis.ts'
import * as Plan from '../../../../src/sim/plan/Plan.ts'
import * as Scenario from '../../../../src/sim/Scenario.ts'
import * as Study from '../../../../src/sim/Study.ts'
import * as Weather from '../../../../src/sim/Weather.ts'
import * as Fixtures from '../Fixtures.ts'
import { live, sum, total } from './Live.ts'

/** The fourth day of the default economy. */
const steady: Study.StudyOptions = { scenario: Scenario.from(), days: 3, settleEvery: 4 }

describe('the default day, after three others', () => {
  const { world, opening } = Study.warm(steady)
  const { engine, slots } = live(world, { opening, settleEvery: 4 })
  const figures = Study.figures(Study.worldOf(steady), Study.play(steady))

  test('behavior: about 90 000 payments, few of the tasks without energy, and compute a third of demand at least', () => {
    const legs = total(slots, (slot) => slot.legs)
    expect(legs).toBeGreaterThan(80_000)
    expect(legs).toBeLessThan(100_000)
    expect(figures.tasksUnpoweredShare).toBeGreaterThan(0)
    expect(figures.tasksUnpoweredShare).toBeLessThan(0.1)
    expect(figures.computeShare).toBeGreaterThan(1 / 3)
    expect(total(slots, ({ refused }) => refused)).toBe(0)
  })

  test('behavior: energy is dear at dawn and at night, when it is imported or comes from batteries, and cheap at noon', () => {
    expect(figures.priceDawn).toBeGreaterThan(3 * (figures.priceNoon as number))
    expect(figures.priceNight).toBeGreaterThan(3 * (figures.priceNoon as number))
    // The sun is down at nine in the evening.
    expect(Scenario.potentialMilliWh(world, 0, 84)).toBe(0n)
  })

  test('behavior: the circuit is closed: in the mean nobody but households gains or loses much from one day to the next', () => {
    const before = sum(opening.dollars.robot as BigInt64Array)
    const after = sum(engine.dollars.of.robot)
    const all = engine.dollars.sum
    expect(all).toBe(sum(Object.values(Plan.funding(world)).flat()))
    expect(Math.abs(Number(after - before)) / Number(all)).toBeLessThan(0.03)
    for (const role of ['producer', 'site', 'station', 'storage'] as const)
      expect(Number(sum(engine.dollars.of[role])) / Number(all)).toBeLessThan(0.05)
  })

  test('behavior: the share of sunlight that found no buyer does not count energy that batteries resold', () => {
    const [curtailed, produced, imported, sold] = (
      ['curtailedMilliWh', 'producedMilliWh', 'importedMilliWh', 'soldMilliWh'] as const
    ).map((name) => Number(sum(slots.map((slot) => slot[name])))) as [number, number, number, number]
    const potential = world.producerWatts.reduce((all, _, i) => all + Number(Scenario.producedMilliWh(world, i, 96)), 0)
    expect(figures.curtailedShare).toBeCloseTo(curtailed / potential, 6)
    expect(curtailed + produced - imported).toBe(potential)
    expect(sold).toBeGreaterThan(produced)
  })

  test.skipIf(Fixtures.absent)('behavior: on real sun and real demand (skipped where ../shared/data is absent)', () => {
    const solar = Weather.day(Pvgis.read(Fixtures.pvgis), '06-21', Place.zoneHours(8))
    const real = live(Scenario.prepare(Scenario.from({ solar, jobs: JobTrace.read(Fixtures.trace) })))
    expect(total(real.slots, ({ jobs }) => jobs.requested)).toBe(8819)
    expect(total(real.slots, ({ refused }) => refused)).toBe(0)
    const compute = sum(real.slots.map(({ jobs }) => jobs.neededMilliWh))
    const needed = compute + sum(real.slots.map(({ neededMilliWh }) => neededMilliWh))
    expect(Number(compute) / Number(needed)).toBeGreaterThan(1 / 3)
  })
})

describe('scarcity', () => {
  test('behavior: without sun, stores and imports no task is done and no wage is paid once batteries are empty', () => {
    const scenario = Scenario.from({ robots: 40, slots: 24, assumed: { importWattsPerRobot: 0 }, producers: 1 })
    const dark = { ...Scenario.prepare(scenario), producerWatts: [0] }
    const start = Plan.start(dark)
    const flat = {
      ...start,
      batteryMilliWh: start.batteryMilliWh.map(() => 0n),
      storageMilliWh: start.storageMilliWh.map(() => 0n),
    }
    const kinds = new Set<string>()
    const order = (payments: Plan.Payment[]) => {
      for (const { purpose } of payments) kinds.add(purpose.split('/')[2] ?? '')
      return payments
    }
    const { slots } = live(dark, { opening: { state: flat, dollars: Plan.funding(dark) }, order })
    expect(total(slots, ({ tasks }) => tasks.done)).toBe(0)
    expect(total(slots, ({ tasks }) => tasks.unpowered)).toBeGreaterThan(100)
    expect(total(slots, ({ jobs }) => jobs.bought)).toBe(0)
    expect([kinds.has('task'), kinds.has('job')]).toEqual([false, false])
    const day = Study.figures(dark, {
      slots: slots.map(({ jobs, missedMilliWh, neededMilliWh, amountAtomic, ...slot }) => ({
        ...slot,
        ...{ valueAtomic: amountAtomic, computeMilliWh: jobs.neededMilliWh },
        neededMilliWh: neededMilliWh + jobs.neededMilliWh,
        unmetMilliWh: missedMilliWh + jobs.missedMilliWh,
      })),
      held: Plan.funding(dark),
    })
    expect(day.unmetShare).toBe(1)
  })

  test('behavior: the price of imports bounds what scarce energy costs where the connection is large enough', () => {
    const scenario = Scenario.from({ robots: 60, slots: 24, date: '12-21', assumed: { importWattsPerRobot: 5000 } })
    const { slots } = live(Scenario.prepare(scenario))
    const prices = slots.flatMap(({ priceAtomicPerKwh }) => priceAtomicPerKwh ?? [])
    expect(prices.every((price) => price <= Assumptions.values.importPriceAtomicPerKwh)).toBe(true)
    expect(Number(sum(slots.map(({ missedMilliWh }) => missedMilliWh)))).toBeLessThan(
      Number(sum(slots.map(({ neededMilliWh }) => neededMilliWh))) / 20,
    )
  })
})
