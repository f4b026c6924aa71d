/** Whole days, carried out in packed purses that refuse what a ledger refuses: whatever the economy's shape, nothing is lost and nobody overspends. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Assumptions from '../../../../src/sim/Assumptions.ts'
import { Engine } from '../../../../src/sim/Engine.ts'
import { importMilliWh } from '../../../../src/sim/plan/Offers.ts'
import * as Plan from '../../../../src/sim/plan/Plan.ts'
import * as Scenario from '../../../../src/sim/Scenario.ts'
import { live, sum, total } from './Live.ts'

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
const { robotBatteryMilliWh: batteryMilliWh } = Assumptions.values

describe('a day', () => {
  test('behavior: makes no money and no energy, loses none, and nothing that is planned is refused', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const funded = new Engine(world).dollars.sum
        const { engine, slots } = live(world)
        const { state, dollars, credits } = engine
        expect(dollars.sum).toBe(funded)
        // Credits are made by producers alone, and used ones lie with those who used them.
        const opening = sum(Plan.openingCredits(Plan.start(world)).map(({ energyMilliWh }) => energyMilliWh))
        expect(credits.sum).toBe(opening + sum(state.producerMilliWh))
        expect([...credits.of.producer]).toEqual(state.producerMilliWh.map(() => 0n))
        expect([...credits.of.station]).toEqual(state.stationMilliWh)
        expect([...credits.of.site]).toEqual(state.siteBoughtMilliWh)
        expect([...credits.of.storage]).toEqual(
          state.storageMilliWh.map((stored, i) => stored + (state.storageLostMilliWh[i] ?? 0n)),
        )
        for (const held of Object.values(dollars.of)) expect(held.every((amount) => amount >= 0n)).toBe(true)
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
        const used = sum(slots.map(({ neededMilliWh, missedMilliWh }) => neededMilliWh - missedMilliWh))
        // A lot is a multiple of what the grid loses of it, so nothing is rounded here.
        const arrived = (sum(engine.state.stationMilliWh) * BigInt(100 - world.assumed.gridLossPercent)) / 100n
        expect(held + arrived - used).toBe(sum(engine.state.batteryMilliWh))
      }),
      runs,
    )
  })

  test('behavior: what the sun gives is sold or curtailed; nobody produces more than it can; what is missing was sold', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        let before: readonly bigint[] = []
        live(world, {}, ({ state }, { slot, curtailedMilliWh, importedMilliWh }) => {
          const potential = world.producerWatts.map((_, index) => Scenario.potentialMilliWh(world, index, slot))
          const made = state.producerMilliWh.map((all, index) => all - (before[index] ?? 0n))
          made.forEach((energy, index) => {
            const most = index === world.producerWatts.length ? importMilliWh(world, slot) : potential[index]
            if (energy > (most ?? 0n)) throw new Error(`producer ${index} made ${energy} mWh`)
          })
          expect(made.at(-1)).toBe(importedMilliWh)
          expect(sum(made) - importedMilliWh + curtailedMilliWh).toBe(sum(potential))
          before = state.producerMilliWh
        })
      }),
      runs,
    )
  })

  test('behavior: every request becomes a job that is bought, unaffordable or without energy, and every task is counted once', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { slots } = live(world)
        const requested = total(slots, ({ jobs }) => jobs.requested)
        expect(total(slots, ({ jobs }) => jobs.bought + jobs.unaffordable + jobs.unpowered)).toBe(requested)
        const wanted = total(slots, ({ tasks }) => tasks.wanted)
        expect(total(slots, ({ tasks }) => tasks.done + tasks.unaffordable + tasks.unpowered)).toBe(wanted)
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
            const capacity = { producer: world.producerWatts[index] ?? world.importWatts, site: siteWatts }
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
      new Set(['task', 'job', 'help', 'charge', 'penalty', 'fee', 'upkeep', 'capital']),
    )
  })
})

describe('a site', () => {
  test('behavior: posts a price for compute that follows what its energy cost it', () => {
    const world = Scenario.prepare(Scenario.from({ robots: 2, sites: 1, slots: 4 }))
    const state = Plan.start(world)
    const [cheap] = Plan.sitePrices(world, state)
    // A hundred times dearer energy than what it costs to make: of its cost then more than two thirds are energy.
    const spent = { ...state, siteBoughtMilliWh: [10n ** 6n], siteSpentAtomic: [4_300_000n] }
    const [dear] = Plan.sitePrices(world, spent)
    expect(Number(dear) / Number(cheap)).toBeGreaterThan(3)
    expect(Number(dear) / Number(cheap)).toBeLessThan(4)
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
    const balances = Plan.funding(world)
    expect(() => Plan.services(world, state, balances, ignore)).toThrow(
      'phase services of slot 0 asked for, but demand is next',
    )
    expect(() => Plan.demand(world, { ...state, digest: 'other' }, balances.customer)).toThrow('another world')
    expect(() => Plan.demand(world, { ...state, slot: 1 }, balances.customer)).toThrow('phase demand of slot 1')
    expect(() => Plan.demand(world, state, [])).toThrow('1 balances expected, 0 given')
  })
})
