/**
 * Energy in milliwatt-hours, and its price. Prices are applied to cumulative meter totals and the difference is charged, so that
 * nothing is lost however small the steps are (PROTOCOL 2).
 */
import type { AmountAtomic } from './Amount.ts'

declare const unit: unique symbol

/** Energy in mWh. One mWh is one atomic unit of an energy credit. */
export type EnergyMilliWh = bigint & { readonly [unit]: 'mWh' }

export const zero = 0n as EnergyMilliWh

/** mWh in a kWh. */
export const perKwh = 1_000_000n

export const from = (milliWh: bigint): EnergyMilliWh => {
  if (milliWh < 0n) throw new RangeError(`energy is never negative: ${milliWh}`)
  return milliWh as EnergyMilliWh
}

/** The credits that stand for an energy: one atomic unit a mWh. */
export const toCredits = (energy: EnergyMilliWh): AmountAtomic => energy as bigint as AmountAtomic

/**
 * What a cumulative total costs at a price, rounded down. Charge `price(after) − price(before)`, never `price(step)`.
 * @param priceAtomicPerKwh atomic dollars a kWh
 */
export const price = (total: EnergyMilliWh, priceAtomicPerKwh: bigint): AmountAtomic =>
  ((total * priceAtomicPerKwh) / perKwh) as AmountAtomic

/**
 * The charge for going from one cumulative total to another at one price; exact over any number of steps.
 * @example Energy.charge(1000n, 1036n, 43_000n)
 */
export const charge = (before: EnergyMilliWh, after: EnergyMilliWh, priceAtomicPerKwh: bigint): AmountAtomic =>
  (price(after, priceAtomicPerKwh) - price(before, priceAtomicPerKwh)) as AmountAtomic

/** As decimal kWh, for people. */
export const formatKwh = (energy: bigint): string => {
  const whole = energy / perKwh
  return `${whole}.${(energy % perKwh).toString().padStart(6, '0').slice(0, 3)}`
}
