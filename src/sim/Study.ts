/**
 * What a day is like when it is not the first: days are worked out one after the other in one process until batteries and balances have settled, over
 * several seeds, and each figure is given as the mean over the seeds with the interval that holds the true mean in 95 of 100 studies (Student's t).
 */
import { Engine, firstDay, type Opening } from './Engine.ts'
import * as Place from './Place.ts'
import type * as Plan from './plan/Plan.ts'
import * as Scenario from './Scenario.ts'

export interface StudyOptions {
  readonly scenario: Scenario.Scenario
  /** Days before the one that is reported. */
  readonly days: number
  readonly settleEvery: number
  readonly strategies?: Plan.Strategies
}

/** The reported day's scenario; those before it are without what a scenario changes in the course of its day. */
const dayOf = ({ scenario, days }: StudyOptions, day: number): Scenario.Scenario =>
  day === days ? { ...scenario, day } : { ...scenario, day, cheaperTimes: 1 }

/** The world of the reported day. */
export const worldOf = (options: StudyOptions): Scenario.World => Scenario.prepare(dayOf(options, options.days))

/** The reported day's world, and how that day starts after the days before it. */
export const warm = (options: StudyOptions): { world: Scenario.World; opening: Opening } => {
  const { days, settleEvery, strategies = [] } = options
  let world = Scenario.prepare(dayOf(options, 0))
  let opening = firstDay(world)
  for (let day = 0; day < days; day++) {
    const engine = new Engine(world, { strategies, settleEvery, opening })
    while (!engine.isOver) engine.step()
    world = Scenario.prepare(dayOf(options, day + 1))
    opening = engine.next(world)
  }
  return { world, opening }
}

/** A slot, as the engine and a run against the service both say it. */
export interface SlotFigures {
  readonly slot: number
  /** Undefined where nothing was sold. */
  readonly priceAtomicPerKwh: bigint | undefined
  readonly soldMilliWh: bigint
  readonly importedMilliWh: bigint
  readonly producedMilliWh: bigint
  readonly curtailedMilliWh: bigint
  readonly neededMilliWh: bigint
  readonly unmetMilliWh: bigint
  readonly computeMilliWh: bigint
  readonly valueAtomic: bigint
  /** Both legs of a sale count. */
  readonly payments: number
  readonly tasks: Plan.Services['tasks']
}

/** What a day came to. */
export interface DayFigures {
  readonly slots: readonly SlotFigures[]
  /** Dollars that everybody held at its end, by role. */
  readonly held: { readonly [role in Plan.Role]: readonly bigint[] }
}

/** The reported day in one process. */
export const play = (options: StudyOptions): DayFigures => {
  const { world, opening } = warm(options)
  const { settleEvery, strategies = [] } = options
  const engine = new Engine(world, { strategies, settleEvery, opening })
  const slots: SlotFigures[] = []
  while (!engine.isOver) {
    const {
      jobs,
      tasks,
      amountAtomic: valueAtomic,
      legs: payments,
      neededMilliWh,
      missedMilliWh,
      ...rest
    } = engine.step()
    const { slot, priceAtomicPerKwh, soldMilliWh, importedMilliWh, producedMilliWh, curtailedMilliWh } = rest
    slots.push({
      ...{ slot, priceAtomicPerKwh, soldMilliWh, importedMilliWh, producedMilliWh, curtailedMilliWh },
      neededMilliWh: neededMilliWh + jobs.neededMilliWh,
      unmetMilliWh: missedMilliWh + jobs.missedMilliWh,
      computeMilliWh: jobs.neededMilliWh,
      valueAtomic,
      payments,
      tasks,
    })
  }
  const held = Object.fromEntries(Object.entries(engine.dollars.of).map(([role, all]) => [role, [...all]]))
  return { slots, held: held as never }
}

const sum = <T>(list: readonly T[], of: (each: T) => bigint): bigint => list.reduce((all, each) => all + of(each), 0n)

const share = (part: bigint, whole: bigint): number | undefined =>
  whole === 0n ? undefined : Number(part) / Number(whole)

/** The mean price of a period, by energy sold, dollars per kWh; undefined where there is no such period or nothing was sold in it. */
export const priceIn = (
  world: Scenario.World,
  slots: readonly SlotFigures[],
  period: Place.Period,
): number | undefined => {
  const { scenario, sun } = world
  const inside = slots.filter(({ slot, priceAtomicPerKwh }) => {
    const [from, to] = [Scenario.startSeconds(scenario, slot), Scenario.startSeconds(scenario, slot + 1)]
    return priceAtomicPerKwh !== undefined && Place.isIn(sun, period, from, to)
  })
  const sold = sum(inside, ({ soldMilliWh }) => soldMilliWh)
  const paid = sum(inside, ({ soldMilliWh, priceAtomicPerKwh = 0n }) => soldMilliWh * priceAtomicPerKwh)
  return sold === 0n ? undefined : Number(paid) / Number(sold) / 1e6
}

/** The figures that a steady state is described by, with their units. */
export const units = {
  priceDawn: 'dollars per kWh',
  priceNoon: 'dollars per kWh',
  priceNight: 'dollars per kWh',
  priceMean: 'dollars per kWh',
  unmetShare: 'share of the energy that was needed',
  curtailedShare: 'share of the solar energy that could be had',
  importShare: 'share of the energy that was produced or imported',
  computeShare: 'share of the energy that was needed',
  tasksUnpoweredShare: 'share of the tasks that were ordered',
  velocity: 'turns per day',
  valuePaid: 'dollars per day',
  energySold: 'kWh per day',
} as const

export type Figure = keyof typeof units
export type Figures = { readonly [name in Figure]: number | undefined }

/**
 * The figures of a day. The velocity of money is the transactions velocity of Fisher's equation of exchange: the value of all payments of the day over the
 * money that there is, which does not change in the day.
 */
export const figures = (world: Scenario.World, { slots, held }: DayFigures): Figures => {
  const total = (name: Exclude<keyof SlotFigures, 'slot' | 'priceAtomicPerKwh' | 'tasks' | 'payments'>) =>
    sum(slots, (slot) => slot[name])
  const sold = total('soldMilliWh')
  const solar = total('producedMilliWh') - total('importedMilliWh')
  const paid = sum(slots, ({ soldMilliWh, priceAtomicPerKwh = 0n }) => soldMilliWh * priceAtomicPerKwh)
  const money = Object.values(held).reduce((all, amounts) => all + sum(amounts, (amount) => amount), 0n)
  const [ordered, unpowered] = [
    slots.reduce((all, { tasks }) => all + tasks.done + tasks.unpowered, 0),
    slots.reduce((all, { tasks }) => all + tasks.unpowered, 0),
  ]
  return {
    priceDawn: priceIn(world, slots, 'dawn'),
    priceNoon: priceIn(world, slots, 'noon'),
    priceNight: priceIn(world, slots, 'night'),
    priceMean: sold === 0n ? undefined : Number(paid) / Number(sold) / 1e6,
    unmetShare: share(total('unmetMilliWh'), total('neededMilliWh')),
    curtailedShare: share(total('curtailedMilliWh'), total('curtailedMilliWh') + solar),
    importShare: share(total('importedMilliWh'), total('producedMilliWh')),
    computeShare: share(total('computeMilliWh'), total('neededMilliWh')),
    tasksUnpoweredShare: ordered === 0 ? undefined : unpowered / ordered,
    velocity: share(total('valueAtomic'), money),
    valuePaid: Number(total('valueAtomic')) / 1e6,
    energySold: Number(sold) / 1e6,
  }
}

/** A figure over several seeds. Null where no seed has it; no interval where only one has. */
export interface Estimate {
  readonly name: string
  readonly mean: number | null
  readonly low: number | null
  readonly high: number | null
  readonly unit: string
  /** Seeds that have it. */
  readonly samples: number
}

/** Student's t at 97.5 %, by degrees of freedom from 1; beyond 30 the normal distribution's. */
const student = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131],
  ...[2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042],
]

/** The mean of samples and its 95 % interval. */
export const estimate = (name: string, values: readonly (number | undefined)[], unit: string): Estimate => {
  const known = values.filter((value) => value !== undefined)
  const count = known.length
  if (count === 0) return { name, mean: null, low: null, high: null, unit, samples: 0 }
  const mean = known.reduce((all, value) => all + value, 0) / count
  if (count === 1) return { name, mean, low: null, high: null, unit, samples: 1 }
  const half = halfWidth(known, mean)
  // None of these figures can be below zero.
  return { name, mean, low: Math.max(0, mean - half), high: mean + half, unit, samples: count }
}

/** Half of the 95 % interval of the mean of at least two samples. */
const halfWidth = (values: readonly number[], mean: number): number => {
  const count = values.length
  const variance = values.reduce((all, value) => all + (value - mean) ** 2, 0) / (count - 1)
  return (student[count - 2] ?? 1.96) * Math.sqrt(variance / count)
}

/** What something changed: the mean over the seeds of the difference that each shows, and its 95 % interval. */
export interface Difference {
  /** Means without and with it. */
  readonly without: number
  readonly with: number
  readonly difference: number
  /** Undefined where one seed alone was worked out. */
  readonly low: number | undefined
  readonly high: number | undefined
}

/** Seeds are paired, so what they have in common falls out. Undefined where no seed has both. */
export const difference = (
  without: readonly (number | undefined)[],
  changed: readonly (number | undefined)[],
): Difference | undefined => {
  const pairs = without.flatMap((before, i): [number, number][] => {
    const after = changed[i]
    return before === undefined || after === undefined ? [] : [[before, after]]
  })
  if (pairs.length === 0) return undefined
  const mean = (of: (pair: [number, number]) => number) => pairs.reduce((all, pair) => all + of(pair), 0) / pairs.length
  const differences = pairs.map(([before, after]) => after - before)
  const middle = mean(([before, after]) => after - before)
  const half = pairs.length === 1 ? undefined : halfWidth(differences, middle)
  return {
    without: mean(([before]) => before),
    with: mean(([, after]) => after),
    difference: middle,
    low: half === undefined ? undefined : middle - half,
    high: half === undefined ? undefined : middle + half,
  }
}

/** Each figure over the days of several seeds. */
export const steady = (days: readonly Figures[]): Estimate[] =>
  (Object.keys(units) as Figure[]).map((name) =>
    estimate(
      name,
      days.map((day) => day[name]),
      units[name],
    ),
  )
