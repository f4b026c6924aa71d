/**
 * Where and when: a place's name, its time zone, and when the sun rises, stands highest and sets there. A run's day is the place's own, from midnight to
 * midnight in its zone, so that noon is noon at every longitude.
 */
import { SunledgerError } from '../core/Errors.ts'
import * as Sun from './Sun.ts'

export interface Place extends Sun.Place {
  readonly name: string
}

/** Hours east of Greenwich of the nautical zone: the whole hour whose meridian is nearest. */
export const zoneHours = (longitude: number): number => Math.round(longitude / 15) + 0

/** For example `UTC+10:00`. */
export const zoneName = (hours: number): string => {
  const minutes = Math.round(Math.abs(hours) * 60)
  const part = (value: number) => String(value).padStart(2, '0')
  return `UTC${hours < 0 ? '-' : '+'}${part(Math.floor(minutes / 60))}:${part(minutes % 60)}`
}

const degrees = (value: number, positive: string, negative: string): string =>
  `${Math.abs(value).toFixed(2)}° ${value < 0 ? negative : positive}`

/** The place as coordinates, for one that has no name. */
export const describe = ({ latitude, longitude }: Sun.Place): string =>
  `${degrees(latitude, 'N', 'S')}, ${degrees(longitude, 'E', 'W')}`

/**
 * From `LAT,LON` or `LAT,LON,NAME` in decimal degrees.
 * @throws {PlaceInvalidError}
 * @example Place.parse('-33.87,151.21,Sydney')
 */
export const parse = (text: string): Place => {
  const match = /^\s*([+-]?\d{1,3}(?:\.\d{1,8})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,8})?)\s*(?:,(.*))?$/s.exec(text)
  const [latitude, longitude, name] = [Number(match?.[1]), Number(match?.[2]), (match?.[3] ?? '').trim()]
  const isPlain = name.length <= 60 && !/\p{Cc}/u.test(name)
  if (match === null || Math.abs(latitude) > 90 || Math.abs(longitude) > 180 || !isPlain)
    throw new PlaceInvalidError(text)
  const place = { latitude: latitude + 0, longitude: longitude + 0 }
  return { ...place, name: name === '' ? describe(place) : name }
}

/** What the sun does on a day; seconds after the place's midnight. Rise and set are undefined where the sun stays up or down. */
export interface SunTimes {
  readonly sunriseSeconds: number | undefined
  readonly noonSeconds: number
  readonly sunsetSeconds: number | undefined
  /** Where it neither rises nor sets. */
  readonly polar: 'day' | 'night' | undefined
}

/** The upper edge of the sun on the horizon; `Sun.position` has the refraction in it. */
const riseAltitude = -0.267
const day = 86_400
const step = 60

const wrapped = (seconds: number): number => ((seconds % day) + day) % day

/**
 * Found on the sun's altitude itself, minute by minute, over the twelve hours on each side of its highest point: no case is special, at no longitude and no
 * latitude.
 * @param midnightMs the place's midnight, UTC
 */
export const sunTimes = (place: Sun.Place, midnightMs: number): SunTimes => {
  const altitude = (seconds: number) => Sun.position(place, midnightMs + seconds * 1000).altitude
  // The sun is highest when it crosses the meridian, twelve hours UTC less the longitude, give or take the equation of time.
  const zone = midnightMs % (day * 1000)
  const guess = wrapped(12 * 3600 - (place.longitude / 15) * 3600 - zone / 1000)
  let noon = guess
  for (let at = guess - 1800; at <= guess + 1800; at += 10) if (altitude(at) > altitude(noon)) noon = at
  // At the poles the sun goes round at one height, and the meridian is as good as any.
  let [rise, set]: [number | undefined, number | undefined] = [undefined, undefined]
  const isUp = (seconds: number) => altitude(seconds) > riseAltitude
  for (let at = noon; at > noon - day / 2 && rise === undefined; at -= step) if (isUp(at) && !isUp(at - step)) rise = at
  for (let at = noon; at < noon + day / 2 && set === undefined; at += step) if (isUp(at) && !isUp(at + step)) set = at
  const polar = rise === undefined && set === undefined ? (isUp(noon) ? 'day' : 'night') : undefined
  return {
    sunriseSeconds: rise === undefined ? undefined : wrapped(rise),
    noonSeconds: wrapped(noon),
    sunsetSeconds: set === undefined ? undefined : wrapped(set),
    polar,
  }
}

/** A part of the day by which prices are reported. */
export type Period = 'dawn' | 'noon' | 'night'

/** Half the length of a period, seconds. */
const halfSeconds = 3600

/**
 * The middle of each period: sunrise, solar noon, and the middle of the night (solar midnight). There is no dawn where the sun does not rise, and no night
 * where it does not set.
 */
export const middleOf = ({ sunriseSeconds, noonSeconds, polar }: SunTimes, period: Period): number | undefined => {
  if (period === 'dawn') return sunriseSeconds
  if (period === 'noon') return polar === 'night' ? undefined : noonSeconds
  return polar === 'day' ? undefined : wrapped(noonSeconds + day / 2)
}

/** True where the slot's middle lies within an hour of the period's. */
export const isIn = (times: SunTimes, period: Period, fromSeconds: number, toSeconds: number): boolean => {
  const middle = middleOf(times, period)
  if (middle === undefined) return false
  const off = Math.abs((fromSeconds + toSeconds) / 2 - middle)
  // A slot longer than the period counts where it holds the period's middle.
  const half = Math.max(halfSeconds, (toSeconds - fromSeconds) / 2)
  return Math.min(off, day - off) <= half
}

/** A text is no place. */
export class PlaceInvalidError extends SunledgerError {
  override readonly name = 'PlaceInvalidError'
  constructor(actual: string) {
    super('SL734', 'Not a place.', {
      expected: 'LAT,LON or LAT,LON,NAME in decimal degrees, north and east positive, such as -33.87,151.21,Sydney',
      actual: JSON.stringify(actual.slice(0, 80)),
    })
  }
}

/** An input file does not say of which place it is. */
export class PlaceMissingError extends SunledgerError {
  override readonly name = 'PlaceMissingError'
  constructor(file: string) {
    super('SL735', `${file}: it does not say of which place it is.`, {
      expected: 'latitude and longitude in the file, or --place LAT,LON',
      actual: 'neither',
      hint: 'When the sun rises follows from the place: add --place, for example --place 45,8,Turin.',
    })
  }
}

/** The place that was named is not the one that an input file is of. */
export class PlaceDiffersError extends SunledgerError {
  override readonly name = 'PlaceDiffersError'
  constructor(file: string, expected: Sun.Place, actual: Sun.Place) {
    super('SL736', `${file}: it is of another place than --place.`, {
      expected: describe(expected),
      actual: describe(actual),
      hint: 'Leave --place out, or give the coordinates of the file with a name of your own.',
    })
  }
}

/** Modules are to stand otherwise than those that an input file's irradiance is of. */
export class MountingDiffersError extends SunledgerError {
  override readonly name = 'MountingDiffersError'
  constructor(file: string, name: string, expected: number, actual: number) {
    super('SL737', `${file}: its irradiance is of modules that stand otherwise than --${name} says.`, {
      expected: `${name} ${expected}°, as in the file`,
      actual: `${actual}°`,
      hint: 'Leave it out, or download the file for the horizontal (slope 0): then any tilt can be worked out.',
    })
  }
}
