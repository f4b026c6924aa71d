/**
 * How far prices rest on what is assumed of bids: each assumption at half, once and twice its value, all else as it is. It is worked out on an economy of
 * the same shape with at most 200 robots, over two seeds and after two days, since it is the differences that count here.
 */
import type * as Assumptions from './Assumptions.ts'
import type { Scenario } from './Scenario.ts'
import * as Study from './Study.ts'

/** What is turned, together, and what it is called. */
const turned = {
  'bid of an empty robot': ['robotEmptyAtomicPerKwh'],
  'bid of a compute site': ['siteBidAtomicPerKwh'],
  'price of imports': ['importPriceAtomicPerKwh'],
  'what producers want at least': ['reservePercentMin', 'reservePercentMax'],
  'margin of batteries': ['storageMarginPercent'],
  'wage of a task': ['taskWageAtomicPerHourMin', 'taskWageAtomicPerHourMax'],
} as const satisfies { readonly [name: string]: readonly Assumptions.Name[] }

export interface Row {
  readonly assumption: string
  /** Half, once or twice. */
  readonly times: number
  readonly priceDawn: number | null
  readonly priceNoon: number | null
  readonly priceNight: number | null
  readonly unmetShare: number | null
}

const mostRobots = 200
const seeds = 2
const days = 2

/** The same economy with fewer of everybody. */
const smaller = (scenario: Scenario): Scenario => {
  const factor = Math.max(1, scenario.robots / mostRobots)
  const less = (count: number) => Math.max(1, Math.round(count / factor))
  const { robots, producers, sites, stations, storages, customers } = scenario
  return {
    ...scenario,
    robots: less(robots),
    producers: Math.min(producers, Math.max(20, less(producers))),
    sites: Math.min(sites, Math.max(4, less(sites))),
    stations: Math.min(stations, Math.max(4, less(stations))),
    storages: Math.min(storages, Math.max(2, less(storages))),
    customers: Math.min(customers, Math.max(10, less(customers))),
  }
}

const half = (value: number | bigint, times: number): number | bigint =>
  typeof value === 'bigint' ? (value * BigInt(times * 2)) / 2n : Math.round(value * times)

export const table = (options: Study.StudyOptions): Row[] => {
  const scenario = smaller(options.scenario)
  const row = (assumption: string, times: number, assumed: Partial<Assumptions.Assumed>): Row => {
    const found = Array.from({ length: seeds }, (_, i) => {
      const each = { ...options, days, scenario: { ...scenario, seed: scenario.seed + i, assumed } }
      return Study.figures(Study.worldOf(each), Study.play(each))
    })
    const mean = (name: Study.Figure) =>
      Study.estimate(
        name,
        found.map((day) => day[name]),
        Study.units[name],
      ).mean
    return {
      assumption,
      times,
      priceDawn: mean('priceDawn'),
      priceNoon: mean('priceNoon'),
      priceNight: mean('priceNight'),
      unmetShare: mean('unmetShare'),
    }
  }
  const { assumed } = Study.worldOf({ ...options, scenario })
  const once = row('', 1, {})
  return Object.entries(turned).flatMap(([assumption, names]) => {
    const at = (times: number) =>
      row(assumption, times, Object.fromEntries(names.map((name) => [name, half(assumed[name], times)])))
    return [at(0.5), { ...once, assumption }, at(2)]
  })
}
