/**
 * How the economy stands, published after each slot: what a page or a terminal shows. A plain object; quantities are those of the slot
 * unless it says otherwise, energy in mWh and money in atomic dollars. It is for showing: a report's figures come from journal and chain.
 */
import type { JobCounts, TaskCounts } from './plan/Services.ts'
import type { Reading, Role } from './plan/State.ts'

/** What one class of participants gave another in the slot: money one way, and energy the other way where some was sold. */
export interface Flow {
  /** Who paid. */
  readonly from: Role
  /** Who was paid. */
  readonly to: Role
  readonly payments: number
  readonly amountAtomic: bigint
  /** Energy that went from `to` to `from`; 0n for everything that is no energy. */
  readonly energyMilliWh: bigint
}

/** Milliseconds from sending a payment to holding its receipt, over the slot; null where none was made. */
export interface Latency {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export interface EconomyState {
  readonly scenario: string
  /** From 0. */
  readonly slot: number
  readonly slots: number
  /** Seconds after midnight at the slot's end. */
  readonly clockSeconds: number
  /** Chain time at the slot's end, seconds. */
  readonly timeSeconds: bigint
  /** Mean power that the sun allows, kW: what is produced and what is curtailed. */
  readonly sunKw: number
  /** The price at which energy was sold; the last known where none was. */
  readonly priceAtomicPerKwh: bigint
  /** The same; undefined where none was sold. */
  readonly clearingPriceAtomicPerKwh: bigint | undefined
  /** By producers, imports included. */
  readonly producedMilliWh: bigint
  readonly importedMilliWh: bigint
  /** By sites and stations, and lost in stationary batteries. */
  readonly consumedMilliWh: bigint
  /** Traded in the auction. */
  readonly soldMilliWh: bigint
  /** Sold by producers and not delivered, because clouds came. */
  readonly missingMilliWh: bigint
  /** What the sun would have given and nobody bought. */
  readonly curtailedMilliWh: bigint
  /** What robots and jobs needed, and what of it they did not have: robots stood still, jobs were not done. Without losses of the grid. */
  readonly neededMilliWh: bigint
  readonly unmetMilliWh: bigint
  /** Of what was needed, that of jobs. */
  readonly computeMilliWh: bigint
  readonly jobs: JobCounts
  readonly tasks: TaskCounts
  /** Charge of all batteries, robots' and stationary ones, at the slot's end. */
  readonly batteryMilliWh: bigint
  readonly flows: readonly Flow[]
  readonly payments: number
  readonly paymentsPerSecond: number
  readonly latencyMs: Latency
  /** Dollars accepted and not yet settled when the slot ended. */
  readonly unsettledAtomic: bigint
  /** Left out where the slot's end was not settled. */
  readonly settled: { readonly members: number; readonly gas: bigint; readonly tookMs: number } | undefined
  /** Times faster than the clock; 0: as fast as it goes. */
  readonly speed: number
  readonly paused: boolean
}

/** Latencies by nearest rank. @param ms in any order */
export const latencyOf = (ms: readonly number[]): Latency => {
  const sorted = Float64Array.from(ms).sort()
  const rank = (percent: number) => sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? null
  return { p50: rank(50), p95: rank(95), p99: rank(99) }
}

/** What meters show of a slot: the difference to what they showed before. */
export class Metered {
  #before = { producedMilliWh: 0n, consumedMilliWh: 0n }

  next(readings: readonly Reading[]): { producedMilliWh: bigint; consumedMilliWh: bigint } {
    const now = { producedMilliWh: 0n, consumedMilliWh: 0n }
    for (const { meter, energyMilliWh } of readings)
      now[meter.role === 'producer' ? 'producedMilliWh' : 'consumedMilliWh'] += energyMilliWh
    const before = this.#before
    this.#before = now
    return {
      producedMilliWh: now.producedMilliWh - before.producedMilliWh,
      consumedMilliWh: now.consumedMilliWh - before.consumedMilliWh,
    }
  }
}

/** Collects a slot's flows. */
export class Flows {
  readonly #flows = new Map<string, Flow>()

  add(from: Role, to: Role, amountAtomic: bigint, energyMilliWh = 0n): void {
    const key = `${from} ${to}`
    const flow = this.#flows.get(key) ?? { from, to, payments: 0, amountAtomic: 0n, energyMilliWh: 0n }
    this.#flows.set(key, {
      ...flow,
      payments: flow.payments + 1,
      amountAtomic: flow.amountAtomic + amountAtomic,
      energyMilliWh: flow.energyMilliWh + energyMilliWh,
    })
  }

  /** What was collected, in a fixed order; the collection is empty afterwards. */
  take(): Flow[] {
    const found = [...this.#flows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, flow]) => flow)
    this.#flows.clear()
    return found
  }
}
