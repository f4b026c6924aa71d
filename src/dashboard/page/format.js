// How figures are written. Money and energy arrive as decimal strings of atomic units and are divided as whole numbers; only what is drawn
// (lengths, heights) becomes floating point.

const thin = ' '

/** @param {string} digits */
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, thin)

/** A whole number in groups of three. @param {number | bigint | string} value */
export const count = (value) => grouped(String(typeof value === 'number' ? Math.round(value) : value))

/** A number with three significant digits. @param {number} value */
export const three = (value) => {
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  const text = value.toFixed(Math.min(digits, 12))
  return text.includes('.') ? text.replace(/\.?0+$/, '') : grouped(text)
}

/** Large numbers by their thousands. @param {number} value */
export const short = (value) => {
  const steps = [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ]
  for (const [size, letter] of steps) if (Math.abs(value) >= size) return `${three(value / size)}${thin}${letter}`
  return three(value)
}

/** Exact dollars of atomic units. @param {string | bigint} atomic */
export const exact = (atomic) => {
  const value = BigInt(atomic)
  const [sign, size] = value < 0n ? ['−', -value] : ['', value]
  const cents = (size % 1_000_000n)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${sign}$${grouped((size / 1_000_000n).toString())}.${cents}`
}

/** Dollars to read: cents where there are dollars, three digits where there are none. @param {string | bigint} atomic */
export const dollars = (atomic) => {
  const value = BigInt(atomic)
  const size = value < 0n ? -value : value
  if (size >= 1_000_000_000_000n) return `$${short(Number(value) / 1e6)}`
  if (size >= 1_000_000n || size === 0n) {
    const cents = (size + 5_000n) / 10_000n
    return `${value < 0n ? '−' : ''}$${grouped((cents / 100n).toString())}.${(cents % 100n).toString().padStart(2, '0')}`
  }
  return usd(Number(value) / 1e6)
}

/** A price in dollars, however small. @param {number} value */
export const usd = (value) =>
  value >= 1
    ? `$${grouped(value.toFixed(2).split('.')[0] ?? '')}.${value.toFixed(2).split('.')[1]}`
    : `$${three(value)}`

/** @param {string | bigint} milliWh */
export const energy = (milliWh) => {
  const wh = Number(milliWh) / 1000
  if (wh === 0) return `0${thin}kWh`
  if (wh >= 1e9) return `${short(wh)}Wh`
  if (wh >= 1e6) return `${three(wh / 1e6)}${thin}MWh`
  return wh >= 100 ? `${three(wh / 1000)}${thin}kWh` : `${three(wh)}${thin}Wh`
}

/** @param {number} watts */
export const power = (watts) =>
  watts >= 1e6 ? `${short(watts)}W` : watts >= 1000 ? `${three(watts / 1000)}${thin}kW` : `${Math.round(watts)}${thin}W`

/** @param {number} seconds after midnight */
export const clock = (seconds) =>
  `${String(Math.floor(seconds / 3600)).padStart(2, '0')}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}`

/** @param {number} ms */
export const time = (ms) =>
  new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** @param {number | null | undefined} ms */
export const milliseconds = (ms) =>
  ms === null || ms === undefined ? '–' : ms >= 1000 ? `${three(ms / 1000)}${thin}s` : `${three(ms)}${thin}ms`

/** @param {string} hex */
export const cut = (hex) => `${hex.slice(0, 8)}…${hex.slice(-6)}`

/** An amount in its asset. @param {string} amount @param {boolean} isEnergy */
export const inAsset = (amount, isEnergy) => (isEnergy ? energy(amount) : exact(amount))
