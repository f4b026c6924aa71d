/**
 * Sunlight and what a solar system makes of it: position of the sun, clear sky, cell temperature, direct and alternating current, and
 * the meter at the end.
 *
 * All of this is floating-point physics, up to and including the energy since the meter was installed, in joules. The meter's display is
 * where integers begin: `milliWh` is the *floor of the whole integral*, never a sum of rounded steps, so a meter read every second
 * and one read once a day show the same total and nothing drifts.
 */
import { getPosition } from 'suncalc'

/** A place on Earth. */
export interface Place {
  /** Degrees north. */
  readonly latitude: number
  /** Degrees east. */
  readonly longitude: number
}

/** Lost to soiling, shading, mismatch, wiring and the like: PVWatts' default (A. Dobos, PVWatts Version 5 Manual, NREL/TP-6A20-62641). */
export const losses = 0.141

/** Nominal efficiency of the inverter: PVWatts' default. It is taken as the same at any load. */
export const inverterEfficiency = 0.96

/** Change of power with cell temperature, 1/K (MEASURES 6); PVWatts' kinds of modules go from −0.0047 to −0.0020. */
export const temperatureCoefficient = -0.003

/** Cell temperature at 800 W/m² and 20 °C air, °C: the usual 45 of a free-standing module. */
export const nominalCellTemperature = 45

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

/**
 * Temperature of a cell, °C, from that of the air and the irradiance: air + (NOCT − 20) × G / 800.
 * Source: R. G. Ross, Interface design considerations for terrestrial solar cell modules, 12th IEEE PVSC (1976).
 */
export const cellTemperature = (air: number, irradiance: number): number =>
  air + ((nominalCellTemperature - 20) * irradiance) / 800

/**
 * Direct current that the modules give, W: G/1000 × Pdc0 × (1 + γ (Tc − 25)). Source: PVWatts Version 5 Manual.
 * @param peakWatts Pdc0, rated power at 1000 W/m² and 25 °C
 * @param irradiance W/m², in the plane of the modules (horizontal here)
 * @param cell temperature, °C
 */
export const dcWatts = (peakWatts: number, irradiance: number, cell: number): number =>
  Math.max(0, (irradiance / 1000) * peakWatts * (1 + temperatureCoefficient * (cell - 25)))

/**
 * Alternating current that leaves the system, W: direct current less losses, through the inverter, at most the rated power, so that a
 * meter approved for that capacity never shows more.
 */
export const acWatts = (peakWatts: number, irradiance: number, cell: number): number =>
  Math.min(peakWatts, dcWatts(peakWatts, irradiance, cell) * (1 - losses) * inverterEfficiency)

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
