/** What the simulated economy takes as given (`AssumptionTable` has every figure once), as values for the code, as rows for reports, and what follows. */
import { type Assumption, table } from './AssumptionTable.ts'

export { type Assumption, table } from './AssumptionTable.ts'

export type Name = keyof typeof table

/** The values alone. */
export type Assumed = { readonly [N in Name]: (typeof table)[N]['value'] }

export const values: Assumed = Object.fromEntries(
  Object.entries(table).map(([name, { value }]) => [name, value]),
) as never

/** What follows from the table; the report prints these too. */
export const derived = (a: Assumed) => ({
  /** W; a robot's mean power. */
  robotMeanWatts: a.robotRestWatts + (a.robotWalkWatts - a.robotRestWatts) * a.walkShare,
  /** Mean wage of an hour on a task, atomic dollars. */
  meanWageAtomicPerHour: (a.taskWageAtomicPerHourMin + a.taskWageAtomicPerHourMax) / 2n,
  /** Mean earnings of a robot in a day, atomic dollars, when every task is done. */
  robotEarnsAtomicPerDay:
    (((a.taskWageAtomicPerHourMin + a.taskWageAtomicPerHourMax) / 2n) *
      BigInt(Math.round(24 * 100 * a.walkShare * a.taskShare))) /
    100n,
  /** Units that a GPU-hour generates. */
  gpuHourUnits: (a.gpuHourMilliWh * 1000n) / a.microWhPerUnit,
  /** A GPU-hour without its energy, atomic dollars. */
  gpuHourOtherAtomic: a.gpuHourAtomic - (a.gpuHourMilliWh * a.energyCostAtomicPerKwh) / 1_000_000n,
  /** Energy's share of what a GPU-hour costs, at the levelised cost of energy. */
  gpuEnergyShare: Number(a.gpuHourMilliWh * a.energyCostAtomicPerKwh) / 1e6 / Number(a.gpuHourAtomic),
  /** Of sunlight on a module, what leaves the inverter. */
  sunToGrid: a.moduleEfficiency * (1 - a.systemLosses) * a.inverterEfficiency,
  /** Compute's share of the energy that robots and sites want. */
  computeShare:
    a.computeWattsPerRobot /
    (a.computeWattsPerRobot + a.robotRestWatts + (a.robotWalkWatts - a.robotRestWatts) * a.walkShare),
})

/** A row as reports print it. */
export interface Row {
  readonly name: string
  readonly value: string
  readonly unit: string
  readonly says: string
  readonly basis: 'assumed' | 'published'
  readonly source: string
  readonly date: string
}

/** The whole table, values as decimal text. */
export const rows = (a: Assumed = values): Row[] =>
  (Object.keys(table) as Name[]).map((name) => {
    const { value: _, ...rest } = table[name] as Assumption
    return { name, value: String(a[name]), ...rest }
  })
