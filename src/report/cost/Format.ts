/** How figures of a study are written, the same everywhere: three significant digits, and never a row of zeros to count. */

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

const exponent = (value: number): string =>
  (value < 0 ? '⁻' : '') + String(Math.abs(value)).replace(/\d/g, (digit) => superscripts[Number(digit)] as string)

/** A whole number in groups of three: 100 000. */
export const whole = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ' ')

/** Three significant digits, such as 0.00421, 12.3, 1 240; below 0.001 as 4.21 × 10⁻⁴. */
export const number = (value: number): string => {
  if (value === 0) return '0'
  const rounded = Number(value.toPrecision(3))
  if (Math.abs(rounded) >= 100) return whole(rounded)
  if (Math.abs(rounded) >= 0.001) return String(rounded)
  const [mantissa = '', power = ''] = rounded.toExponential().split('e')
  return `${mantissa} × 10${exponent(Number(power))}`
}

/** $0.00421, $4.21 × 10⁻⁴, $1 240. */
export const usd = (value: number): string => (value < 0 ? `−$${number(-value)}` : `$${number(value)}`)

/** For cells and terminals: $4.2e-4, at most two digits. */
export const usdShort = (value: number): string => {
  const rounded = Number(value.toPrecision(2))
  if (rounded === 0) return '$0'
  if (rounded >= 100) return `$${whole(rounded)}`
  if (rounded >= 0.001) return `$${rounded}`
  return `$${rounded.toExponential()}`
}

/** 0.0123 → 1.23 %; above ten times 100 % as a multiple. */
export const percent = (share: number): string => {
  const value = Number((share * 100).toPrecision(3))
  if (value >= 1000) return `${whole(Number(share.toPrecision(2)))} ×`
  return value !== 0 && value < 0.001 ? `${value.toExponential()} %` : `${value} %`
}

const units = [
  ['year', 365.25 * 86_400],
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** 1.2 s, 45 min, 3.3 h, 97 days, 12 years. */
export const duration = (seconds: number): string => {
  if (seconds < 1) return seconds < 0.001 ? '< 1 ms' : `${Number((seconds * 1000).toPrecision(2))} ms`
  const [unit, size] = units.find(([, least]) => seconds >= least * 0.995) ?? units[4]
  const value = Number((seconds / size).toPrecision(2))
  const text = value >= 1000 ? whole(value) : String(value)
  return `${text} ${unit}${(unit === 'day' || unit === 'year') && value !== 1 ? 's' : ''}`
}

export const milliseconds = (ms: number): string => duration(ms / 1000)
