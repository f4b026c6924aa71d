/**
 * Measured weather, whatever file it came in: samples at even steps through the days of a year, in UTC. A reader for each format makes a `Series` of it
 * (`Pvgis`); a run takes one day out, from midnight to midnight at the place.
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Mounting } from './Sun.ts'

/** Weather at one time. */
export interface Sample {
  /** Irradiance on the horizontal plane, W/m². */
  readonly global: number
  /** On a plane that faces the sun, W/m², and from the rest of the sky; left out where the file does not part them. */
  readonly direct?: number
  readonly diffuse?: number
  /** In the plane of the modules, W/m², where the file says that and nothing else is to be worked out. */
  readonly plane?: number
  /** Of the air, °C. */
  readonly temperature?: number
}

export interface Series {
  /** Of the file, for errors. */
  readonly name: string
  /** Of the format. */
  readonly format: string
  /** Degrees north and east, where the file says. */
  readonly latitude?: number
  readonly longitude?: number
  /** Minutes from one sample to the next: 60, 30, 15, 10 or 5. */
  readonly stepMinutes: number
  /** An irradiance of the row 10:00 holds this many minutes after 10:00. */
  readonly offsetMinutes: number
  /** How the modules stand that the irradiance `plane` is of; left out where the file has that of the horizontal. */
  readonly mounting?: Mounting
  /** For each month and day in UTC (`06-21`) its samples, from midnight; a missing one is undefined. */
  readonly days: ReadonlyMap<string, readonly (Sample | undefined)[]>
}

/** One complete day, plain data. */
export interface Day {
  /** Month and day, such as `06-21`. */
  readonly date: string
  readonly latitude?: number
  readonly longitude?: number
  /** As in the series. */
  readonly mounting?: Mounting
  readonly stepMinutes: number
  /** The irradiance of sample n holds n steps and this many minutes after midnight at the place. */
  readonly offsetMinutes: number
  readonly samples: readonly Sample[]
}

/** True for a month and day that some year has, `02-29` included. */
export function isDate(text: string): boolean {
  const match = /^(\d\d)-(\d\d)$/.exec(text)
  return match !== null && daysIn(Number(match[1])) >= Number(match[2]) && Number(match[2]) > 0
}

const daysIn = (month: number): number => [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0

/** A month and day, so many days on; the year is a ring. `has` says which days there are: typical years have no 29 February. */
const neighbour = (date: string, by: 1 | -1, has: (date: string) => boolean): string => {
  const next = (from: string) => {
    const at = Date.parse(`2032-${from}T00:00:00Z`) + by * 86_400_000
    return new Date(at).toISOString().slice(5, 10)
  }
  const found = next(date)
  return found === '02-29' && !has(found) ? next(found) : found
}

/**
 * One day of a series, from midnight to midnight in a zone.
 * @param date month and day, `06-21`; the year does not matter, as a typical year is put together from months of several
 * @param zoneHours hours east of Greenwich
 * @throws {DateInvalidError} no such day in any year
 * @throws {DateAbsentError} the file lacks the day or some of its samples
 */
export function day(series: Series, date: string, zoneHours = 0): Day {
  if (!isDate(date)) throw new DateInvalidError(date)
  const { name, days, stepMinutes, offsetMinutes } = series
  const count = 1440 / stepMinutes
  const shift = Math.round((zoneHours * 60) / stepMinutes)
  const has = (other: string) => days.has(other)
  const found = Array.from({ length: count }, (_, local) => {
    const index = local - shift
    const by = index < 0 ? -1 : index >= count ? 1 : 0
    return days.get(by === 0 ? date : neighbour(date, by, has))?.[index - by * count]
  })
  const samples = has(date) ? found.filter((sample) => sample !== undefined) : []
  if (samples.length < count) throw new DateAbsentError(name, date, count, samples.length)
  const { latitude, longitude, mounting } = series
  return {
    date,
    ...(latitude === undefined ? {} : { latitude }),
    ...(longitude === undefined ? {} : { longitude }),
    ...(mounting === undefined ? {} : { mounting }),
    stepMinutes,
    offsetMinutes,
    samples,
  }
}

/**
 * Weather at any minute of the day, linear between the samples. The day is a ring: after the last sample comes the first of the same day, as the
 * neighbouring day may be of another year. So the mean over the day is exactly the mean of its samples. Temperatures hold on the step, not at its offset.
 * @param minute since midnight at the place, any number
 */
export function at(day: Day, minute: number): Sample {
  const { samples, stepMinutes, offsetMinutes } = day
  const irradiance = (of: (sample: Sample) => number) => ring(samples, of, (minute - offsetMinutes) / stepMinutes)
  const has = (name: 'direct' | 'diffuse' | 'plane' | 'temperature') =>
    samples.every((sample) => sample[name] !== undefined)
  return {
    global: irradiance(({ global }) => global),
    ...(has('direct') ? { direct: irradiance(({ direct = 0 }) => direct) } : {}),
    ...(has('diffuse') ? { diffuse: irradiance(({ diffuse = 0 }) => diffuse) } : {}),
    ...(has('plane') ? { plane: irradiance(({ plane = 0 }) => plane) } : {}),
    ...(has('temperature')
      ? { temperature: ring(samples, ({ temperature = 0 }) => temperature, minute / stepMinutes) }
      : {}),
  }
}

function ring(samples: readonly Sample[], of: (sample: Sample) => number, position: number): number {
  const count = samples.length
  const before = Math.floor(position)
  const value = (index: number) => of(samples[((index % count) + count) % count] as Sample)
  return value(before) + (value(before + 1) - value(before)) * (position - before)
}

/** A text is no month and day. */
export class DateInvalidError extends SunledgerError {
  override readonly name = 'DateInvalidError'
  constructor(date: string) {
    super('SL706', 'Not a day of the year.', {
      expected: 'month and day as MM-DD, such as 06-21',
      actual: JSON.stringify(date.slice(0, 40)),
    })
  }
}

/** A file lacks the day that was asked for. */
export class DateAbsentError extends SunledgerError {
  override readonly name = 'DateAbsentError'
  constructor(file: string, date: string, expected: number, actual: number) {
    super('SL707', `${file}: no complete day ${date}.`, {
      expected: `${expected} rows of ${date}, from midnight to midnight at the place`,
      actual: `${actual} rows`,
      hint: 'Choose another day. A typical year has no 29 February.',
    })
  }
}
