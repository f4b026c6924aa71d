/** How figures of a study are written, the same everywhere: three significant digits, and never a row of zeros to count. */

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

const exponent = (value: number): string =>
  (value < 0 ? '⁻' : '') + String(Math.abs(value)).replace(/\d/g, (digit) => superscripts[Number(digit)] as string)

/** Keeps the parts of a figure on one line. */
const space = '\u00a0'

/** A whole number in groups of three: 100 000. */
export const whole = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, space)

const digitsOf = (value: number, digits: number): string => {
  const rounded = Number(value.toPrecision(digits))
  if (rounded === 0) return '0'
  if (Math.abs(rounded) >= 100) return whole(rounded)
  if (Math.abs(rounded) >= 0.001) return String(rounded)
  const [mantissa = '', power = ''] = rounded.toExponential().split('e')
  return `${mantissa}×10${exponent(Number(power))}`
}

/** $0.00421, $0.30, $1 240; below a tenth of a cent $4.21×10⁻⁴. */
export const usd = (value: number, digits = 3): string => {
  const text = digitsOf(value, digits)
  // Tens of cents have two decimals, as everywhere.
  return `$${/^\d+\.\d$/.test(text) && value < 100 ? `${text}0` : text}`
}

/** For cells: at most two digits. */
export const usdShort = (value: number): string => usd(value, 2)

/** A share of a value: 1.23 %; from the value itself on as a multiple of it: 3.9 ×. */
export const percent = (share: number): string => {
  if (share >= 1) return `${share >= 100 ? whole(Number(share.toPrecision(2))) : Number(share.toPrecision(2))}${space}×`
  return `${digitsOf(share * 100, 3)}${space}%`
}

/** In a sentence: 1.23 % of the value, 3.9 × the value. */
export const ofValue = (share: number, what: string): string => `${percent(share)} ${share >= 1 ? '' : 'of '}${what}`

const units = [
  ['year', 365.25 * 86_400],
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** 1.2 s, 45 min, 3.3 h, 97 days, 12 years. */
export const duration = (seconds: number): string => {
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(2))}${space}ms`
  const [unit, size] = units.find(([, least]) => seconds >= least * 0.995) ?? units[4]
  const value = Number((seconds / size).toPrecision(2))
  const text = value >= 1000 ? whole(value) : String(value)
  return `${text}${space}${unit}${(unit === 'day' || unit === 'year') && value !== 1 ? 's' : ''}`
}

export const milliseconds = (ms: number): string => duration(ms / 1000)
