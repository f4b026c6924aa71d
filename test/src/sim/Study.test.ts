import { describe, expect, test } from 'vitest'
import { Engine } from '../../../src/sim/Engine.ts'
import * as Plan from '../../../src/sim/plan/Plan.ts'
import * as Scenario from '../../../src/sim/Scenario.ts'
import * as Sensitivity from '../../../src/sim/Sensitivity.ts'
import * as Study from '../../../src/sim/Study.ts'

const small = (seed: number, days: number): Study.StudyOptions => ({
  scenario: Scenario.from({ seed, robots: 40, producers: 8, sites: 3, stations: 3, storages: 2, slots: 24 }),
  days,
  settleEvery: 4,
})

const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n)

describe('estimate', () => {
  test('behavior: mean and 95 % interval by Student’s t', () => {
    // scipy.stats.t.interval(0.95, 4, loc=mean, scale=sem) of these five.
    const { mean, low, high, samples } = Study.estimate('x', [4, 5, 6, 7, 8], 'dollars')
    expect([mean, samples]).toEqual([6, 5])
    expect(low).toBeCloseTo(4.0367, 3)
    expect(high).toBeCloseTo(7.9632, 3)
  })

  test('behavior: one seed has no interval, none has no mean, and those without the figure do not count', () => {
    expect(Study.estimate('x', [3, undefined], 'u')).toEqual({
      ...{ name: 'x', mean: 3, low: null, high: null, unit: 'u', samples: 1 },
    })
    expect(Study.estimate('x', [undefined], 'u')).toMatchObject({ mean: null, low: null, samples: 0 })
    expect(Study.estimate('x', [0, 1], 'u').low).toBe(0)
  })
})

describe('days one after the other', () => {
  test('behavior: keep all money and all stores, and start every meter anew', () => {
    const options = small(1, 2)
    const first = new Engine(Scenario.prepare(options.scenario), { settleEvery: 4 })
    while (!first.isOver) first.step()
    const world = Scenario.prepare({ ...options.scenario, day: 1 })
    const { state, dollars } = first.next(world)
    expect(sum(Object.values(dollars).flatMap((amounts) => [...(amounts as BigInt64Array)]))).toBe(first.dollars.sum)
    expect([...state.batteryMilliWh]).toEqual([...first.state.batteryMilliWh])
    expect(state.storageMilliWh).toEqual(first.state.storageMilliWh)
    expect(sum(state.producerMilliWh) + sum(state.stationMilliWh) + sum(state.siteUnits)).toBe(0n)
    expect(state.yesterday).toHaveLength(24)
    // Credits that the day opens with are what was left over: nothing is lost between two days.
    const left = sum(first.credits.of.storage) - sum(first.state.storageLostMilliWh)
    expect(
      sum(
        Plan.openingCredits(state)
          .filter(({ party }) => party.role === 'storage')
          .map((each) => each.energyMilliWh),
      ),
    ).toBe(left)
  })

  test('behavior: have weather, tasks and jobs of their own', () => {
    const [monday, tuesday] = [0, 1].map((day) => Scenario.prepare(Scenario.from({ day }))) as [
      Scenario.World,
      Scenario.World,
    ]
    expect(tuesday.yields).not.toEqual(monday.yields)
    expect(tuesday.producerWatts).toEqual(monday.producerWatts)
    expect(tuesday.owners).toEqual(monday.owners)
    expect(Scenario.jobs(tuesday, 3, [])).not.toEqual(Scenario.jobs(monday, 3, []))
  })

  test('behavior: the same seed gives the same study, another seed another one', () => {
    expect(Study.play(small(1, 1))).toEqual(Study.play(small(1, 1)))
    expect(Study.play(small(2, 1))).not.toEqual(Study.play(small(1, 1)))
  })

  test('behavior: a scenario’s fall of cost happens on the reported day alone', () => {
    const options = { ...small(1, 1), scenario: { ...small(1, 1).scenario, cheaperTimes: 1000 } }
    const { world, opening } = Study.warm(options)
    expect(Scenario.costAtomicPerKwh(world.scenario, 23)).toBe(43n)
    const plain = Study.warm(small(1, 1))
    expect(opening.state.yesterday).toEqual(plain.opening.state.yesterday)
  })
})

describe('velocity', () => {
  test('behavior: the value of all payments over the money that there is', () => {
    const options = small(1, 0)
    const day = Study.play(options)
    const money = Number(sum(Object.values(day.held).flat()))
    const value = Number(sum(day.slots.map(({ valueAtomic }) => valueAtomic)))
    expect(Study.figures(Study.worldOf(options), day).velocity).toBeCloseTo(value / money, 9)
  })
})

describe('sensitivity', () => {
  test('behavior: each bid at half, once and twice; dearer imports make nights dearer', () => {
    const rows = Sensitivity.table(small(1, 3))
    expect(rows).toHaveLength(18)
    expect(new Set(rows.filter(({ times }) => times === 1).map(({ priceNight }) => priceNight)).size).toBe(1)
    const imports = rows
      .filter(({ assumption }) => assumption === 'price of imports')
      .map(({ priceNight }) => priceNight)
    expect(imports[2]).toBeGreaterThan(imports[0] as number)
  })
})
