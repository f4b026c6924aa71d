/**
 * What a market deals in: whole lots of energy at whole ticks of price, chosen so that a lot costs a whole number of atomic dollars at every tick.
 * So no deal is ever rounded, and money and energy come out even to the last unit.
 */
import type { AmountAtomic } from '../core/Amount.ts'
import { type EnergyMilliWh, perKwh } from '../core/Energy.ts'
import { SunledgerError } from '../core/Errors.ts'

export interface Spec {
  /** Energy of a lot, mWh. */
  readonly lotMilliWh: bigint
  /** Step of prices, atomic dollars a kWh. */
  readonly tickAtomicPerKwh: bigint
}

/** @throws {SpecInvalidError} a lot would not cost a whole number of atomic dollars at every tick */
export const from = (lotMilliWh: bigint, tickAtomicPerKwh: bigint): Spec => {
  if (lotMilliWh <= 0n || tickAtomicPerKwh <= 0n || (lotMilliWh * tickAtomicPerKwh) % perKwh !== 0n)
    throw new SpecInvalidError(lotMilliWh, tickAtomicPerKwh)
  return { lotMilliWh, tickAtomicPerKwh }
}

/** 10 Wh at steps of $0.0001 a kWh: a millionth of a dollar a lot and tick. */
export const standard: Spec = from(10_000n, 100n)

/** Whole lots in an energy, rounded down. */
export const lots = ({ lotMilliWh }: Spec, milliWh: bigint): number =>
  milliWh <= 0n ? 0 : Number(milliWh / lotMilliWh)

/** Whole ticks in a price, rounded down (a buyer's limit). */
export const ticksDown = ({ tickAtomicPerKwh }: Spec, price: bigint): number => Number(price / tickAtomicPerKwh)

/** Whole ticks in a price, rounded up (a seller's limit). */
export const ticksUp = ({ tickAtomicPerKwh }: Spec, price: bigint): number =>
  Number((price + tickAtomicPerKwh - 1n) / tickAtomicPerKwh)

export const energyOf = ({ lotMilliWh }: Spec, count: number): EnergyMilliWh =>
  (BigInt(count) * lotMilliWh) as EnergyMilliWh

export const priceOf = ({ tickAtomicPerKwh }: Spec, ticks: number): bigint => BigInt(ticks) * tickAtomicPerKwh

/** What so many lots cost at so many ticks: exact. */
export const amountOf = ({ lotMilliWh, tickAtomicPerKwh }: Spec, count: number, ticks: number): AmountAtomic =>
  ((BigInt(count) * BigInt(ticks) * lotMilliWh * tickAtomicPerKwh) / perKwh) as AmountAtomic

/** Lot and tick do not go together. */
export class SpecInvalidError extends SunledgerError {
  override readonly name = 'SpecInvalidError'
  constructor(lot: bigint, tick: bigint) {
    super('SL713', 'Lot and tick of the market do not go together.', {
      expected: `lot × tick a multiple of ${perKwh}, both above zero, so that a lot costs whole atomic dollars`,
      actual: `${lot} mWh × ${tick} atomic dollars a kWh`,
    })
  }
}
