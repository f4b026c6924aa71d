/** What a run is of, and what follows from it: the words that scenario, sunlight and plan share. */
import type * as Spec from '../market/Spec.ts'
import type { Assumed } from './Assumptions.ts'
import type * as JobTrace from './JobTrace.ts'
import type { SunTimes } from './Place.ts'
import type * as Weather from './Weather.ts'

/** What a run is of: plain data. */
export interface Scenario {
  readonly seed: number
  /** Which of the days that one seed gives, from 0: each has its own clouds, tasks and jobs. */
  readonly day: number
  readonly robots: number
  /** Solar producers. One producer more, the last, is the grid connection: it sells imports. */
  readonly producers: number
  readonly sites: number
  readonly stations: number
  /** Stationary batteries. */
  readonly storages: number
  /** Households and factories: they pay robots for tasks, and own what everybody else's surplus is paid to. */
  readonly customers: number
  /** Parts of the day. */
  readonly slots: number
  /** What the place is called. */
  readonly place: string
  /** Degrees north and east of the solar systems; those of `solar` where it has some. */
  readonly latitude: number
  readonly longitude: number
  /** Of the modules, degrees from the horizontal, and from north over east. */
  readonly tilt: number
  readonly azimuth: number
  /** Month and day, `06-21`; that of `solar` where it is given. */
  readonly date: string
  /** What the market deals in: mWh of a lot, atomic dollars a kWh of a tick (`market/Spec`). */
  readonly lotMilliWh: number
  readonly tickAtomicPerKwh: number
  /** How many times cheaper making energy has become at the end of the day than it was at its start. */
  readonly cheaperTimes: number
  /** The same sunlight at any hour, the mean of a clear day: for questions that have nothing to do with the hour. */
  readonly steadySun: boolean
  /** Figures in the place of those of the table. */
  readonly assumed?: Partial<Assumed>
  /** Measured weather instead of clear sky and made-up clouds. */
  readonly solar?: Weather.Day
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

/** Which household owns each of a role's participants, by index. */
export interface Owners {
  readonly robot: readonly number[]
  readonly producer: readonly number[]
  readonly site: readonly number[]
  readonly station: readonly number[]
  readonly storage: readonly number[]
}

/** A scenario with everything that follows from it. Treat it as read-only. */
export interface World {
  readonly scenario: Scenario
  /** SHA-256 over the scenario, hexadecimal: what a state belongs to. */
  readonly digest: string
  readonly assumed: Assumed
  /** Hours east of Greenwich of the place's zone. */
  readonly zoneHours: number
  readonly sun: SunTimes
  /** What the market deals in. */
  readonly spec: Spec.Spec
  /** What a station takes for energy, % of the market's price. */
  readonly stationPercent: readonly number[]
  /** What a site takes for compute, % of what it costs. */
  readonly sitePercent: readonly number[]
  /** Rated power of each solar producer, W; its meter's capacity, which it never exceeds. */
  readonly producerWatts: readonly number[]
  /** Capacity of the grid connection, W. */
  readonly importWatts: number
  /** The share of energy's cost below which each producer had rather not sell, %. */
  readonly reservePercent: readonly number[]
  readonly owners: Owners
  /** What each stationary battery holds, mWh. */
  readonly storageMilliWh: bigint
  /** Capacity of the meter of any station or storage, W: so large that no run reaches it. */
  readonly stationWatts: number
  /** Units for each generated token of a request: so that compute draws what it is assumed to draw. */
  readonly unitsPerToken: number
  /** For each region (ten producers share one), J for each rated W since midnight at the start of each slot and at the end of the day. */
  readonly yields: readonly (readonly number[])[]
  /** The same under a clear sky. */
  readonly clear: readonly number[]
  /** The requests of `scenario.jobs` by slot; absent without it. */
  readonly requests?: readonly (readonly JobTrace.Request[])[]
}
