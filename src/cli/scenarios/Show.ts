/** How scenarios write figures. */
import * as Amount from '../../core/Amount.ts'
import type { EconomyState } from '../../sim/Feed.ts'

export const dollars = (atomic: bigint): string => `$${Amount.format(atomic)}`

/** Dollars with at most so many significant digits, for what is no exact amount. */
export const about = (value: number): string => {
  if (value === 0) return '$0'
  const digits = value >= 1000 ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : value.toPrecision(3)
  return `$${digits.includes('e') ? Number(digits).toFixed(9) : digits}`
}

export const number = (value: number): string =>
  value >= 1e15 ? value.toExponential(2) : Math.round(value).toLocaleString('en').replaceAll(',', ' ')

export const kwh = (milliWh: bigint): string => `${(Number(milliWh) / 1e6).toFixed(1)} kWh`

export const percent = (share: number): string => `${(share * 100).toPrecision(3)} %`

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

export const sum = (slots: readonly EconomyState[], of: (slot: EconomyState) => bigint): bigint =>
  slots.reduce((total, slot) => total + of(slot), 0n)

/** The mean price of a part of the run, by energy sold; undefined where none was. */
export const meanPrice = (slots: readonly EconomyState[]): bigint | undefined => {
  const sold = sum(slots, ({ soldMilliWh }) => soldMilliWh)
  return sold === 0n
    ? undefined
    : sum(slots, ({ soldMilliWh, priceAtomicPerKwh }) => soldMilliWh * priceAtomicPerKwh) / sold
}

export const price = (atomicPerKwh: bigint | undefined): string =>
  atomicPerKwh === undefined ? 'nothing sold' : `$${Amount.format(atomicPerKwh)}/kWh`

/** Money between two classes of participants. */
export const paid = (slots: readonly EconomyState[], from: string, to: string): bigint =>
  sum(slots, ({ flows }) =>
    flows.reduce((total, flow) => (flow.from === from && flow.to === to ? total + flow.amountAtomic : total), 0n),
  )

/** Nearest rank. */
export const rank = (values: readonly number[], percentile: number): number =>
  Float64Array.from(values).sort()[Math.ceil((values.length * percentile) / 100) - 1] ?? Number.NaN
