import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Assumptions from '../../../src/sim/Assumptions.ts'
import * as JobTrace from '../../../src/sim/JobTrace.ts'
import * as Pvgis from '../../../src/sim/Pvgis.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'
import * as Weather from '../../../src/sim/Weather.ts'
import * as Fixtures from './Fixtures.ts'

const day = Weather.day(Pvgis.parse(Fixtures.pvgisText(['06-21']), 'tmy.csv'), '06-21')

describe('from', () => {
  test('behavior: the defaults', () => {
    expect(Scenario.from()).toEqual({
      azimuth: 180,
      customers: 50,
      date: '06-21',
      day: 0,
      place: '35.00° N, 0.00° E',
      tilt: 35,
      latitude: 35,
      longitude: 0,
      producers: 100,
      robots: 1000,
      seed: 1,
      sites: 20,
      slots: 96,
      stations: 20,
      storages: 10,
      lotMilliWh: 10_000,
      tickAtomicPerKwh: 100,
      cheaperTimes: 1,
      steadySun: false,
    })
    expect(Scenario.from({ robots: 5 }).customers).toBe(1)
    expect(Scenario.from({ robots: 250, sites: undefined as unknown as number })).toMatchObject({
      customers: 12,
      sites: 20,
    })
  })

  test('behavior: measured weather brings its day and place', () => {
    expect(Scenario.from({ solar: { ...day, date: '01-02' }, date: '06-21' })).toMatchObject({
      date: '01-02',
      latitude: 45,
      longitude: 8,
    })
  })

  test('error: out of bounds', () => {
    expect(() => Scenario.from({ robots: 0 })).toThrowErrorMatchingInlineSnapshot(`
      [ScenarioInvalidError: SL711: The scenario's robots is out of bounds.
        Expected: a whole number from 1 to 1000000
        Actual: 0]
    `)
    for (const given of [
      { slots: 1441 },
      { slots: 2.5 },
      { seed: -1 },
      { customers: 0 },
      { storages: 0 },
      { cheaperTimes: 0.5 },
      { producers: Number.NaN },
      { latitude: 91 },
      { longitude: -181 },
      { tilt: 91 },
      { azimuth: -1 },
      { day: -1 },
    ])
      expect(() => Scenario.from(given)).toThrow('SL711')
    expect(() => Scenario.from({ date: '13-01' })).toThrow('SL706')
    expect(() => Scenario.prepare(Scenario.from({ tickAtomicPerKwh: 99 }))).toThrow('SL713')
  })
})

describe('slots', () => {
  test('behavior: divide the day without gaps, in parts that differ by a second at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1440 }), (slots) => {
        const scenario = Scenario.from({ slots })
        const lengths = Array.from({ length: slots }, (_, slot) => Scenario.slotSeconds(scenario, slot))
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(Scenario.daySeconds)
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('prepare', () => {
  test('behavior: the same scenario gives the same world, another seed another one', () => {
    const world = Scenario.prepare(Scenario.from())
    expect(Scenario.prepare(Scenario.from())).toEqual(world)
    expect(Scenario.prepare(Scenario.from({ seed: 2 })).digest).not.toBe(world.digest)
    expect(Scenario.prepare(Scenario.from({ jobs: [] })).digest).not.toBe(world.digest)
  })

  test('behavior: the cost of energy falls by the same factor from slot to slot', () => {
    const scenario = Scenario.from({ slots: 4, cheaperTimes: 1000 })
    const costs = [0, 1, 2, 3].map((slot) => Scenario.costAtomicPerKwh(scenario, slot))
    expect(costs).toEqual([43_000n, 4300n, 430n, 43n])
    expect(Scenario.costAtomicPerKwh(Scenario.from(), 95)).toBe(43_000n)
  })

  test('behavior: producers expect that the sky stays as it was, and never more than they can', () => {
    const world = Scenario.prepare(Scenario.from())
    let [forecast, real] = [0n, 0n]
    for (let slot = 0; slot < 96; slot++)
      world.producerWatts.forEach((watts, producer) => {
        const expected = Scenario.forecastMilliWh(world, producer, slot)
        if (Number(expected) > watts * 250) throw new Error(`producer ${producer} expects ${expected} mWh`)
        forecast += expected
        real += Scenario.potentialMilliWh(world, producer, slot)
      })
    expect(Number(forecast) / Number(real)).toBeCloseTo(1, 1)
    expect(Scenario.forecastMilliWh(world, 0, 0)).toBe(0n)
  })

  test('behavior: producers follow the sun: nothing at night, never above their rating, and half of the yield by noon', () => {
    const world = Scenario.prepare(Scenario.from())
    for (let producer = 0; producer < 100; producer++) {
      const watts = world.producerWatts[producer] ?? 0
      expect(Scenario.producedMilliWh(world, producer, 16)).toBe(0n)
      for (let slot = 0; slot < 96; slot++) {
        const gained =
          Scenario.producedMilliWh(world, producer, slot + 1) - Scenario.producedMilliWh(world, producer, slot)
        if (gained < 0n || Number(gained) > watts * 250)
          throw new Error(`producer ${producer} in slot ${slot}: ${gained} mWh`)
      }
    }
    const at = (slot: number) =>
      world.producerWatts.reduce((sum, _, i) => sum + Number(Scenario.producedMilliWh(world, i, slot)), 0)
    expect(at(48) / at(96)).toBeGreaterThan(0.35)
    expect(at(48) / at(96)).toBeLessThan(0.65)
    expect(at(80)).toBe(at(96))
  })

  test('behavior: the number of slots does not change what is produced in a day', () => {
    const total = (slots: number) => Scenario.producedMilliWh(Scenario.prepare(Scenario.from({ slots })), 3, slots)
    for (const slots of [1, 4, 7, 1440]) expect(total(slots)).toBe(total(96))
  })

  test('behavior: a steady sun gives the same in every slot, and a clear day’s energy in all', () => {
    const [steady, clear] = [true, false].map((steadySun) => Scenario.prepare(Scenario.from({ steadySun })))
    expect(steady?.yields[0]?.[96]).toBeCloseTo(clear?.clear[96] ?? 0, 0)
    expect(steady?.yields[0]?.[24]).toBeCloseTo((clear?.clear[96] ?? 0) / 4, 0)
  })

  test('behavior: measured weather is one sky for all and has no clouds added', () => {
    const world = Scenario.prepare(Scenario.from({ solar: day, tilt: 0 }))
    expect(world.yields).toHaveLength(1)
    // A half sine of 1000 W/m² is 7.6 kWh/m² in a day; heat takes some of what losses and inverter leave.
    const kwhPerKwp = (world.yields[0]?.at(-1) ?? 0) / 3600
    expect(kwhPerKwp).toBeGreaterThan(7.6 * 0.859 * 0.96 * 0.9)
    expect(kwhPerKwp).toBeLessThan(7.6 * 0.859 * 0.96)
  })
})

describe('jobs', () => {
  const requests = (count: number): JobTrace.Request[] =>
    Array.from({ length: count }, (_, index) => ({
      offsetMs: index * 390,
      contextTokens: 1,
      generatedTokens: index % 50,
    }))

  test('behavior: each request of a trace becomes exactly one job, whatever the slots', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 200 }), (count, slots) => {
        const world = Scenario.prepare(Scenario.from({ robots: 30, sites: 3, slots, jobs: requests(count) }))
        const all = Array.from({ length: slots }, (_, slot) => Scenario.jobs(world, slot, [])).flat()
        expect(all).toHaveLength(count)
        expect(all.map(({ units }) => units)).toEqual(
          requests(count).map((r) => BigInt(Math.max(1, r.generatedTokens) * world.unitsPerToken)),
        )
        for (const job of all) if (job.robot >= 30 || job.site >= 3) throw new Error('nobody there')
      }),
      { numRuns: 30 },
    )
  })

  test('behavior: without a trace robots ask for the stated number on average', () => {
    const world = Scenario.prepare(Scenario.from())
    const count = Array.from({ length: 96 }, (_, slot) => Scenario.jobs(world, slot, []).length).reduce(
      (a, b) => a + b,
      0,
    )
    expect(count / 96_000).toBeCloseTo(Assumptions.values.jobsPerRobotSlot, 2)
  })

  test.skipIf(Fixtures.absent)(
    'behavior: the real trace is 8 819 jobs (skipped where ../shared/data is absent)',
    () => {
      const world = Scenario.prepare(Scenario.from({ jobs: JobTrace.read(Fixtures.trace) }))
      const perSlot = Array.from({ length: 96 }, (_, slot) => Scenario.jobs(world, slot, []).length)
      expect(perSlot.reduce((a, b) => a + b, 0)).toBe(8819)
      // Real demand comes in bursts: a third of the quarters of an hour has none.
      expect(perSlot.filter((count) => count > 0).length).toBeGreaterThan(60)
    },
  )
})
