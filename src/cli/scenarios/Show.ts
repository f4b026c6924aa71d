/** How scenarios write figures. */
import * as Format from '../../report/Format.ts'
import type { EconomyState } from '../../sim/Feed.ts'

export const { dollars, about, percent, kwh } = Format

/** Whole, in groups; very large ones as a power of ten. */
export const number = (value: number): string =>
  Math.abs(value) >= 1e12 ? Format.number(value) : Format.grouped(Math.round(value))

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
  atomicPerKwh === undefined ? 'none, as nothing was sold' : `$${Format.number(Number(atomicPerKwh) / 1e6)}/kWh`

/** Money between two classes of participants. */
export const paid = (slots: readonly EconomyState[], from: string, to: string): bigint =>
  sum(slots, ({ flows }) =>
    flows.reduce((total, flow) => (flow.from === from && flow.to === to ? total + flow.amountAtomic : total), 0n),
  )

/** Nearest rank. */
export const rank = (values: readonly number[], percentile: number): number =>
  Float64Array.from(values).sort()[Math.ceil((values.length * percentile) / 100) - 1] ?? Number.NaN
