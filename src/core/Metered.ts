/**
 * What a metered stream costs, the same for both sides: the price of all units so far, rounded up to whole atomic units in the payee's
 * favour, less what has been paid. Prices are cumulative, so nothing is lost however small a unit is (PROTOCOL 2).
 *
 * On the wire a stream is `text/event-stream`: `unit` (its number as the event's id, its data as JSON), `payment` (the next unit is there
 * and has to be paid for) and `end`. Payments come in as POSTs to the same URL, each with a receipt and the session's name.
 */
import { z } from 'zod'
import { uint128 } from './Fields.ts'

export interface Tariff {
  /** What is counted: `Wh`, `token`. */
  readonly unit: string
  /** Atomic units for `per` units. */
  readonly price: bigint
  readonly per: bigint
}

/** Names the session in the POSTs that pay for it. */
export const sessionHeader = 'sunledger-session'

/** What so many units cost altogether. Rounds up. */
export const costOf = ({ price, per }: Tariff, units: bigint): bigint => (price * units + per - 1n) / per

/** What the first payment has to be: a payment of nothing is none. */
export const firstOf = (tariff: Tariff): bigint => {
  const cost = costOf(tariff, 1n)
  return cost > 0n ? cost : 1n
}

/** `extra.metered` of an offer. */
export const tariffSchema = z.strictObject({
  unit: z.string().min(1).max(64),
  price: uint128,
  per: uint128.refine((per) => per > 0n, 'expected more than 0'),
})

/** `payment`: so many units were delivered, so much was paid, and this is due before the next. */
export const dueSchema = z.strictObject({ delivered: uint128, paid: uint128, due: uint128 })

/**
 * Why a stream ended: the source has no more (`done`), payment did not come (`unpaid`), the source failed (`failed`).
 */
export const endSchema = z.strictObject({
  reason: z.enum(['done', 'unpaid', 'failed']),
  delivered: uint128,
  paid: uint128,
  /** What became of what was paid beyond the units delivered. */
  charge: z.enum(['charged', 'refunded', 'unused']),
})

export type Due = z.output<typeof dueSchema>
export type End = z.output<typeof endSchema>
