/** Payments for streams that bought nothing: a robot opens the next stream of the same URL with one, instead of paying anew. */
import type { Payer } from './Offer.ts'

/** A payment, as its header. */
export interface Spare {
  readonly header: string
  readonly amount: bigint
  readonly payTo: string
}

/** For each robot, by URL. */
const spares = new WeakMap<Payer, Map<string, Spare>>()
const most = 1_000

export const keep = (payer: Payer, url: string, spare: Spare): void => {
  const kept = spares.get(payer) ?? new Map<string, Spare>()
  spares.set(payer, kept.set(url, spare))
  if (kept.size > most) kept.delete(kept.keys().next().value as string)
}

/** The one for a URL, which is then used. */
export const take = (payer: Payer, url: string): Spare | undefined => {
  const kept = spares.get(payer)
  const spare = kept?.get(url)
  kept?.delete(url)
  return spare
}
