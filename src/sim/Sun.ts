/**
 * Sunlight and what a solar system makes of it: position of the sun, clear sky, cell temperature, direct and alternating current, and
 * the meter at the end.
 *
 * All of this is floating-point physics, up to and including the energy since the meter was installed, in joules. The meter's display is
 * where integers begin: `milliWh` is the *floor of the whole integral*, never a sum of rounded steps, so a meter read every second
 * and one read once a day show the same total and nothing drifts.
 */
import { getPosition } from 'suncalc'
import * as Assumptions from './Assumptions.ts'

/** A place on Earth. */
export interface Place {
  /** Degrees north. */
  readonly latitude: number
  /** Degrees east. */
  readonly longitude: number
}

const { systemLosses, inverterEfficiency, temperatureCoefficient, nominalCellTemperature, albedo } = Assumptions.values

/** Joules in a mWh. */
export const joulesPerMilliWh = 3.6

/**
 * How high the sun stands and where, in degrees; the altitude as seen, with refraction. After Meeus, by `suncalc`.
 * @param timeMs milliseconds since 1970, UTC
 */
export function position(place: Place, timeMs: number): { altitude: number; azimuth: number } {
  return getPosition(new Date(timeMs), place.latitude, place.longitude)
}

/**
 * Global irradiance on the ground under a clear sky, W/m²: 1098 cos θ e^(−0.059 / cos θ), θ the distance from the zenith.
 * Source: B. Haurwitz, Insolation in relation to cloudiness and cloud density, Journal of Meteorology 2 (1945) and 3 (1946).
 * @param altitude of the sun above the horizon, degrees
 */
export function clearSky(altitude: number): number {
  const cosine = Math.sin((altitude * Math.PI) / 180)
  return cosine > 0 ? 1098 * cosine * Math.exp(-0.059 / cosine) : 0
}

/** Sunlight by where it comes from, W/m². */
export interface Light {
  /** On the horizontal plane, from everywhere. */
  readonly global: number
  /** From the sun itself, on a plane that faces it. */
  readonly direct: number
  /** From the rest of the sky, on the horizontal plane. */
  readonly diffuse: number
}

/** Sunlight above the atmosphere, W/m². */
const solarConstant = 1361

/**
 * Parts global irradiance into direct and diffuse light by the clearness of the sky, where only the sum is known. Source: D. G. Erbs, S. A. Klein and
 * J. A. Duffie, Estimation of the diffuse radiation fraction, Solar Energy 28 (1982).
 */
export function split(global: number, altitude: number): Light {
  const cosine = Math.sin((altitude * Math.PI) / 180)
  // With the sun at the horizon the direct light of a plane that faces it cannot be told from the horizontal.
  if (cosine < 0.02 || global <= 0) return { global, direct: 0, diffuse: Math.max(0, global) }
  const kt = Math.min(1, global / (solarConstant * cosine))
  const share =
    kt <= 0.22
      ? 1 - 0.09 * kt
      : kt <= 0.8
        ? 0.9511 - 0.1604 * kt + 4.388 * kt ** 2 - 16.638 * kt ** 3 + 12.336 * kt ** 4
        : 0.165
  const diffuse = global * share
  return { global, direct: Math.min(solarConstant, (global - diffuse) / cosine), diffuse }
}

/** How modules stand. */
export interface Mounting {
  /** Degrees from the horizontal. */
  readonly tilt: number
  /** Degrees from north over east, to where they face. */
  readonly azimuth: number
}

/**
 * Irradiance in the plane of the modules, W/m²: direct light by its angle, an even sky, and the ground's reflection. Source: B. Y. H. Liu and R. C. Jordan,
 * The long-term average performance of flat-plate solar-energy collectors, Solar Energy 7 (1963).
 * @param sun where it stands, degrees
 */
export function inPlane(
  { global, direct, diffuse }: Light,
  sun: { altitude: number; azimuth: number },
  mounting: Mounting,
): number {
  const radians = (angle: number) => (angle * Math.PI) / 180
  const [tilt, zenith] = [radians(mounting.tilt), radians(90 - sun.altitude)]
  const cosine =
    Math.cos(zenith) * Math.cos(tilt) +
    Math.sin(zenith) * Math.sin(tilt) * Math.cos(radians(sun.azimuth - mounting.azimuth))
  const sky = (diffuse * (1 + Math.cos(tilt))) / 2
  const ground = (global * albedo * (1 - Math.cos(tilt))) / 2
  return (sun.altitude > 0 ? direct * Math.max(0, cosine) : 0) + sky + ground
}

/**
 * Temperature of a cell, °C, from that of the air and the irradiance: air + (NOCT − 20) × G / 800.
 * Source: R. G. Ross, Interface design considerations for terrestrial solar cell modules, 12th IEEE PVSC (1976).
 */
export const cellTemperature = (air: number, irradiance: number): number =>
  air + ((nominalCellTemperature - 20) * irradiance) / 800

/**
 * Direct current that the modules give, W: G/1000 × Pdc0 × (1 + γ (Tc − 25)). Source: PVWatts Version 5 Manual.
 * @param peakWatts Pdc0, rated power at 1000 W/m² and 25 °C
 * @param irradiance W/m², in the plane of the modules
 * @param cell temperature, °C
 */
export const dcWatts = (peakWatts: number, irradiance: number, cell: number): number =>
  Math.max(0, (irradiance / 1000) * peakWatts * (1 + temperatureCoefficient * (cell - 25)))

/**
 * Alternating current that leaves the system, W: direct current less losses, through the inverter, at most the rated power, so that a
 * meter approved for that capacity never shows more.
 */
export const acWatts = (peakWatts: number, irradiance: number, cell: number): number =>
  Math.min(peakWatts, dcWatts(peakWatts, irradiance, cell) * (1 - systemLosses) * inverterEfficiency)

/**
 * Energy between two times, J: power at the middle of each step × its length.
 * @param power in W at a time in seconds
 * @param stepSeconds the last step is cut where it would go past the end
 */
export function joules(power: (seconds: number) => number, from: number, to: number, stepSeconds = 300): number {
  let sum = 0
  for (let at = from; at < to; at += stepSeconds) {
    const step = Math.min(stepSeconds, to - at)
    sum += power(at + step / 2) * step
  }
  return sum
}

/**
 * What a meter shows: whole mWh, rounded down. Exact up to 2^53 J, 2.5 million MWh.
 * @param totalJoules since the meter was installed, not since its last reading
 */
export function milliWh(totalJoules: number): bigint {
  if (!(totalJoules >= 0 && totalJoules <= Number.MAX_SAFE_INTEGER))
    throw new RangeError(`not a cumulative energy: ${totalJoules} J`)
  return BigInt(Math.floor(totalJoules / joulesPerMilliWh))
}
