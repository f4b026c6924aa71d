/** How figures are written for people: in groups of three, never with an exponent in computer notation, and no more digits than mean something. */
import * as Amount from '../core/Amount.ts'

/** A whole number in groups of three: 100 000. */
export const grouped = (value: number | bigint): string => value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ' ')

const superscript = (value: number): string =>
  String(value).replace(/[-\d]/g, (digit) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(digit)] ?? '')

/** With so many significant digits; very large numbers as a power of ten: 1.28 × 10¹⁵. */
export const number = (value: number, digits = 3): string => {
  if (!Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const size = Math.floor(Math.log10(Math.abs(value)))
  if (size >= 12) return `${(value / 10 ** size).toFixed(digits - 1)} × 10${superscript(size)}`
  const decimals = Math.min(20, Math.max(0, digits - 1 - size))
  const [whole = '', fraction] = value.toFixed(decimals).split('.')
  return fraction === undefined ? grouped(whole as never) : `${grouped(whole as never)}.${fraction}`
}

/** A share as a percentage; beyond a thousand per cent as a multiple: 1 260 times. */
export const percent = (share: number | null | undefined): string => {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–'
  return Math.abs(share) >= 10 ? `${number(share)} times` : `${number(share * 100)} %`
}

/** Exactly. */
export const dollars = (atomic: bigint): string => {
  const [whole = '', fraction] = Amount.format(atomic).split('.')
  const shown = fraction === undefined ? '' : `.${fraction.padEnd(2, '0')}`
  return `$${grouped(whole as never)}${shown}`
}

/** To three digits, for what is no exact amount. */
export const about = (value: number): string => `$${number(value)}`

/** A price, dollars per kWh to a tenth of a cent; undefined where there was none. */
export const price = (usdPerKwh: number | null | undefined): string =>
  usdPerKwh === null || usdPerKwh === undefined ? '–' : `$${usdPerKwh.toFixed(3)}/kWh`

export const kwh = (milliWh: bigint): string =>
  milliWh < 100_000_000n ? `${number(Number(milliWh) / 1e6)} kWh` : `${grouped(milliWh / 1_000_000n)} kWh`

/** A time of the simulated clock: 1 h 15 min. */
export const span = (seconds: number): string => {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  if (seconds < 60) return `${Math.round(seconds)} s`
  return [hours === 0 ? '' : `${hours} h`, minutes === 0 && hours > 0 ? '' : `${minutes} min`].filter(Boolean).join(' ')
}

/** Seconds after midnight as HH:MM. */
export const clock = (seconds: number): string => {
  const minutes = Math.round(seconds / 60) % 1440
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
