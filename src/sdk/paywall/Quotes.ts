/**
 * Prices that were quoted and still hold: who was asked for a price finds the same one when paying, however the price function has changed
 * its mind meanwhile. A quote is bound to all of the request that the function saw; for anything else the function is asked again.
 */

/** Quotes that are remembered; the oldest go first, and are asked again. */
const mostQuotes = 10_000

export class Quotes {
  readonly #holdMs: number
  readonly #quotes = new Map<string, { readonly amount: bigint; readonly untilMs: number }>()

  constructor(holdMs: number) {
    this.#holdMs = holdMs
  }

  /** @param name the request's; undefined: it cannot be told from another, and nothing is promised */
  add(name: string | undefined, amount: bigint): void {
    if (name === undefined) return
    const least = this.least(name, amount)
    this.#quotes.delete(name)
    this.#quotes.set(name, { amount: least, untilMs: performance.now() + this.#holdMs })
    if (this.#quotes.size > mostQuotes) this.#quotes.delete(this.#quotes.keys().next().value as string)
  }

  /** The least that was asked for this very request while that still holds, or what is asked now. */
  least(name: string | undefined, amount: bigint): bigint {
    const known = name === undefined ? undefined : this.#quotes.get(name)
    return known !== undefined && known.untilMs > performance.now() && known.amount < amount ? known.amount : amount
  }
}
