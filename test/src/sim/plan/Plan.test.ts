/** Whole days, carried out in packed purses that refuse what a ledger refuses: whatever the economy's shape, nothing is lost and nobody overspends. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Engine, type EngineOptions, type Slot } from '../../../../src/sim/Engine.ts'
import * as JobTrace from '../../../../src/sim/JobTrace.ts'
import * as Pvgis from '../../../../src/sim/Pvgis.ts'
import * as Plan from '../../../../src/sim/plan/Plan.ts'
import { batteryMilliWh } from '../../../../src/sim/plan/State.ts'
import { eachActivity } from '../../../../src/sim/plan/Tasks.ts'
import * as Scenario from '../../../../src/sim/Scenario.ts'
import * as Fixtures from '../Fixtures.ts'

/** Small scenarios of every shape. */
const scenarios = fc
  .record({
    seed: fc.nat(1_000_000),
    robots: fc.integer({ min: 1, max: 25 }),
    producers: fc.integer({ min: 1, max: 6 }),
    sites: fc.integer({ min: 1, max: 3 }),
    stations: fc.integer({ min: 1, max: 3 }),
    storages: fc.integer({ min: 1, max: 3 }),
    customers: fc.integer({ min: 1, max: 4 }),
    slots: fc.integer({ min: 1, max: 30 }),
    cheaperTimes: fc.constantFrom(1, 1000),
    jobs: fc.option(fc.array(fc.nat(3_600_000), { maxLength: 60 }), { nil: undefined }),
  })
  .map(({ jobs, ...counts }) => {
    const requests = jobs
      ?.sort((a, b) => a - b)
      .map((ms) => ({ offsetMs: ms, contextTokens: 1, generatedTokens: ms % 99 }))
    return Scenario.from({ ...counts, ...(requests === undefined ? {} : { jobs: requests }) })
  })
const worlds = scenarios.map(Scenario.prepare)
const runs = { numRuns: 60 }
const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n)

interface Day {
  readonly engine: Engine
  readonly slots: readonly Slot[]
}

const live = (
  world: Scenario.World,
  options: EngineOptions = {},
  each: (engine: Engine, slot: Slot) => void = () => {},
): Day => {
  const engine = new Engine(world, options)
  const slots: Slot[] = []
  while (!engine.isOver) {
    const slot = engine.step()
    slots.push(slot)
    each(engine, slot)
  }
  return { engine, slots }
}

const total = (slots: readonly Slot[], of: (slot: Slot) => number): number =>
  slots.reduce((all, slot) => all + of(slot), 0)

describe('a day', () => {
  test('behavior: makes no money and no energy, loses none, and nothing that is planned is refused', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const funded = new Engine(world).dollars.sum
        const { engine, slots } = live(world)
        const { state, dollars, credits } = engine
        expect(dollars.sum).toBe(funded)
        // Credits are made by producers alone, and used ones lie with those who used them.
        expect(credits.sum).toBe(sum(state.producerMilliWh))
        expect([...credits.of.producer]).toEqual(state.producerMilliWh.map(() => 0n))
        expect([...credits.of.station]).toEqual(state.stationMilliWh)
        expect([...credits.of.site]).toEqual(state.siteBoughtMilliWh)
        expect([...credits.of.storage]).toEqual(
          state.storageMilliWh.map((stored, i) => stored + (state.storageLostMilliWh[i] ?? 0n)),
        )
        // Customers are funded for exactly what they pay.
        expect(sum(dollars.of.customer)).toBe(0n)
        expect(total(slots, ({ faults }) => faults)).toBe(0)
        expect(total(slots, ({ refused }) => refused)).toBe(0)
      }),
      runs,
    )
  })

  test('behavior: nobody plans to spend more than it held at the start of a phase, so any order of payments ends alike', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const backwards = live(world, { order: (payments) => [...payments].reverse() }).engine
        const forwards = live(world).engine
        expect(forwards.state).toEqual(backwards.state)
        expect(forwards.dollars.of).toEqual(backwards.dollars.of)
      }),
      runs,
    )
  })

  test('behavior: batteries stay between empty and full, and energy charged is energy used or held', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const held = sum(Plan.start(world).batteryMilliWh)
        const { engine, slots } = live(world, {}, ({ state }) => {
          for (const charge of state.batteryMilliWh)
            if (charge < 0n || charge > batteryMilliWh) throw new Error(`a battery holds ${charge} mWh`)
          for (const stored of state.storageMilliWh)
            if (stored < 0n || stored > world.storageMilliWh) throw new Error(`a storage holds ${stored} mWh`)
        })
        let needed = 0n
        for (let slot = 0; slot < world.scenario.slots; slot++)
          eachActivity(world.scenario, slot, (_, { needMilliWh }) => {
            needed += needMilliWh
          })
        const used = needed - sum(slots.map(({ missedMilliWh }) => missedMilliWh))
        expect(held + sum(engine.state.stationMilliWh) - used).toBe(sum(engine.state.batteryMilliWh))
      }),
      runs,
    )
  })

  test('behavior: what the sun gives is sold or curtailed; nobody produces more than it can; what is missing was sold', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        let before: readonly bigint[] = world.producerWatts.map(() => 0n)
        live(world, {}, ({ state }, { slot, curtailedMilliWh }) => {
          const potential = world.producerWatts.map((_, index) => Scenario.potentialMilliWh(world, index, slot))
          const made = state.producerMilliWh.map((all, index) => all - (before[index] ?? 0n))
          made.forEach((energy, index) => {
            if (energy > (potential[index] ?? 0n)) throw new Error(`producer ${index} made ${energy} mWh`)
          })
          expect(sum(made) + curtailedMilliWh).toBe(sum(potential))
          before = state.producerMilliWh
        })
      }),
      runs,
    )
  })

  test('behavior: every request becomes a job that is bought or unaffordable', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { slots } = live(world)
        const requested = total(slots, ({ jobs }) => jobs.requested)
        expect(total(slots, ({ jobs }) => jobs.bought + jobs.unaffordable)).toBe(requested)
        if (world.scenario.jobs !== undefined) expect(requested).toBe(world.scenario.jobs.length)
      }),
      runs,
    )
  })

  test('behavior: meters only rise, and stay within the capacity that they are approved for', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const siteWatts = Scenario.siteWatts(world)
        let before: readonly Plan.Reading[] = []
        live(world, {}, (_, { slot, readings }) => {
          const hours = Scenario.slotSeconds(world.scenario, slot) / 3600
          readings.forEach(({ meter, energyMilliWh, computeUnits }, at) => {
            const gained = energyMilliWh - (before[at]?.energyMilliWh ?? 0n)
            const { role, index } = meter
            const capacity = { producer: world.producerWatts[index] ?? 0, site: siteWatts }
            const watts = role === 'producer' || role === 'site' ? capacity[role] : world.stationWatts
            // One mWh may be a fraction left over from the slot before.
            if (gained < 0n || Number(gained) > watts * hours * 1000 + 1) throw new Error(`${role} ${index}: ${gained}`)
            expect(computeUnits).toBeGreaterThanOrEqual(before[at]?.computeUnits ?? 0n)
          })
          before = readings
        })
      }),
      runs,
    )
  })

  test('behavior: every payment of a day has a purpose of its own', () => {
    const purposes: string[] = []
    const order = (payments: Plan.Payment[]) => {
      purposes.push(...payments.map(({ purpose }) => purpose))
      return payments
    }
    live(Scenario.prepare(Scenario.from({ robots: 60, slots: 24 })), { order })
    expect(new Set(purposes).size).toBe(purposes.length)
    expect(new Set(purposes.map((purpose) => purpose.split('/')[2]))).toEqual(
      new Set(['task', 'job', 'help', 'charge', 'penalty']),
    )
  })
})

describe('the default day', () => {
  const world = Scenario.prepare(Scenario.from())
  const { engine, slots } = live(world)
  const at = (hour: number) => Number(slots[hour * 4]?.priceAtomicPerKwh ?? 0n)

  test('behavior: about 100 000 payments, and hardly anything that robots need is missing', () => {
    const legs = total(slots, (slot) => slot.legs)
    expect(legs).toBeGreaterThan(85_000)
    expect(legs).toBeLessThan(115_000)
    const used = sum(engine.state.stationMilliWh)
    expect(sum(slots.map(({ missedMilliWh }) => missedMilliWh)) * 50n).toBeLessThan(used)
    expect(total(slots, ({ jobs }) => jobs.unaffordable)).toBeLessThan(total(slots, ({ jobs }) => jobs.requested) / 100)
  })

  test('behavior: energy is dear at dawn, cheap at noon, and in between at night, when stationary batteries sell it', () => {
    expect(at(6)).toBeGreaterThan(2 * at(21))
    expect(at(21)).toBeGreaterThan(2 * at(13))
    expect(sum(slots.map(({ curtailedMilliWh }) => curtailedMilliWh))).toBeGreaterThan(0n)
    // The sun is down at nine in the evening.
    expect(Scenario.potentialMilliWh(world, 0, 84)).toBe(0n)
  })

  test.skipIf(Fixtures.absent)('behavior: on real sun and real demand (skipped where ../shared/data is absent)', () => {
    const solar = Pvgis.day(Pvgis.read(Fixtures.pvgis), '06-21')
    const real = live(Scenario.prepare(Scenario.from({ solar, jobs: JobTrace.read(Fixtures.trace) })))
    expect(total(real.slots, ({ jobs }) => jobs.requested)).toBe(8819)
    expect(total(real.slots, ({ jobs }) => jobs.bought)).toBeGreaterThan(8700)
    expect(total(real.slots, ({ refused }) => refused)).toBe(0)
  })
})

describe('a site', () => {
  test('behavior: posts a price for compute that follows what its energy cost it', () => {
    const world = Scenario.prepare(Scenario.from({ robots: 2, sites: 1, slots: 4 }))
    const state = Plan.start(world)
    const [cheap] = Plan.sitePrices(world, state)
    // A thousand times dearer energy: 2.5 % of the cost become 25 times the rest.
    const spent = { ...state, siteBoughtMilliWh: [10n ** 6n], siteSpentAtomic: [43_000_000n] }
    const [dear] = Plan.sitePrices(world, spent)
    expect(Number(dear) / Number(cheap)).toBeGreaterThan(20)
    expect(Number(dear) / Number(cheap)).toBeLessThan(30)
  })
})

describe('strategies of one’s own', () => {
  const world = Scenario.prepare(Scenario.from({ robots: 20, slots: 12 }))

  test('behavior: stand in the place of the defaults, for as many as they say', () => {
    const asked = new Set<bigint>()
    const own = {
      name: 'never',
      role: 'producer' as const,
      percent: 50,
      wishes: (view: { capacityMilliWh: bigint }) => {
        asked.add(view.capacityMilliWh)
        return []
      },
    }
    const { engine } = live(world, { strategies: [own as never] })
    expect(engine.state.producerMilliWh.slice(0, 50).every((sold) => sold === 0n)).toBe(true)
    expect(sum(engine.state.producerMilliWh)).toBeGreaterThan(0n)
    expect(asked.size).toBeGreaterThan(10)
  })

  test('behavior: one that fails leaves its participants out, is counted, and the day goes on', () => {
    const wishes = () => [{ side: 'buy' as const, energyMilliWh: -1n, limitAtomicPerKwh: 1n }]
    const { slots, engine } = live(world, { strategies: [{ name: 'broken', role: 'robot', wishes }] })
    expect(total(slots, ({ faults }) => faults)).toBeGreaterThan(20)
    expect(sum(engine.state.stationMilliWh)).toBe(0n)
  })
})

describe('mistakes', () => {
  const world = Scenario.prepare(Scenario.from({ robots: 2, slots: 1, producers: 1, sites: 1, stations: 1 }))
  const state = Plan.start(world)
  const ignore = () => {}

  test('error: phases out of order, a state of another world, a run that is over', () => {
    expect(() => Plan.services(world, state, [0n, 0n], ignore)).toThrow(
      'phase services of slot 0 asked for, but tasks is next',
    )
    expect(() => Plan.tasks(world, { ...state, digest: 'other' }, ignore)).toThrow('another world')
    expect(() => Plan.tasks(world, { ...state, slot: 1 }, ignore)).toThrow('phase tasks of slot 1')
    expect(() => Plan.services(world, Plan.tasks(world, state, ignore), [0n], ignore)).toThrow(
      '2 balances expected, 1 given',
    )
  })
})
