/** What a run is of, and what follows from it: the words that scenario, sunlight and plan share. */
import type * as Spec from '../market/Spec.ts'
import type * as JobTrace from './JobTrace.ts'
import type * as Pvgis from './Pvgis.ts'

/** What a run is of: plain data. */
export interface Scenario {
  readonly seed: number
  readonly robots: number
  readonly producers: number
  readonly sites: number
  readonly stations: number
  /** Stationary batteries. */
  readonly storages: number
  /** Households and factories that pay robots for tasks, funded from outside. */
  readonly customers: number
  /** Parts of the day. */
  readonly slots: number
  /** Degrees north and east of the solar systems; those of `solar` where it has some. */
  readonly latitude: number
  readonly longitude: number
  /** Month and day, `06-21`; that of `solar` where it is given. */
  readonly date: string
  /** What the market deals in: mWh of a lot, atomic dollars a kWh of a tick (`market/Spec`). */
  readonly lotMilliWh: number
  readonly tickAtomicPerKwh: number
  /** How many times cheaper making energy has become at the end of the day than it was at its start. */
  readonly cheaperTimes: number
  /** The same sunlight at any hour, the mean of a clear day: for questions that have nothing to do with the hour. */
  readonly steadySun: boolean
  /** Measured weather instead of clear sky and made-up clouds. */
  readonly solar?: Pvgis.Day
  /** Demand for compute: each request becomes one job, its time stretched over the day. */
  readonly jobs?: readonly JobTrace.Request[]
}

/** A job that a robot wants done. */
export interface Job {
  readonly robot: number
  readonly site: number
  /** Generated tokens. */
  readonly units: bigint
}

/** A scenario with everything that follows from it. Treat it as read-only. */
export interface World {
  readonly scenario: Scenario
  /** SHA-256 over the scenario, hexadecimal: what a state belongs to. */
  readonly digest: string
  /** What the market deals in. */
  readonly spec: Spec.Spec
  /** What a station takes for energy, % of the market's price. */
  readonly stationPercent: readonly number[]
  /** What a site takes for compute, % of what it costs. */
  readonly sitePercent: readonly number[]
  /** Rated power of each producer, W; its meter's capacity, which it never exceeds. */
  readonly producerWatts: readonly number[]
  /** The share of energy's cost below which each producer had rather not sell, %. */
  readonly reservePercent: readonly number[]
  /** What each stationary battery holds, mWh. */
  readonly storageMilliWh: bigint
  /** Capacity of the meter of any station or storage, W: so large that no run reaches it. */
  readonly stationWatts: number
  /** For each region (ten producers share one), J for each rated W since midnight at the start of each slot and at the end of the day. */
  readonly yields: readonly (readonly number[])[]
  /** The same under a clear sky. */
  readonly clear: readonly number[]
  /** The requests of `scenario.jobs` by slot; absent without it. */
  readonly requests?: readonly (readonly JobTrace.Request[])[]
}
