/** What stands in lines and goes to disk: a payment, or the two of a sale. Classes, because one of each is made for every payment. */
import type { Arrival, Leg } from './Arrivals.ts'
import type { Then } from './Commit.ts'
import type * as Lines from './Lines.ts'
import type { Answer, Purchases } from './Purchases.ts'
import type { Sealed } from './Sealing.ts'

export interface Item extends Lines.Item {
  readonly legs: readonly Leg[]
  /** Answers for the legs, in their order. */
  resolve(answers: readonly Answer[]): void
  /** `leg`: the one of a sale that was at fault; left out: all. */
  reject(error: Error, leg?: Leg): void
}

/** One payment. */
export class Single implements Item {
  readonly legs: readonly [Arrival]
  readonly waitMs: number
  constructor(leg: Arrival, waitMs: number) {
    this.legs = [leg]
    this.waitMs = waitMs
  }
  resolve(answers: readonly Answer[]): void {
    this.legs[0].resolve(answers[0] as Answer)
  }
  reject(error: Error): void {
    this.legs[0].reject(error)
  }
}

/** What was accepted, on its way to disk. */
export class Decided implements Then {
  readonly #item: Item
  readonly #purchases: Purchases
  readonly #onAccepted: (payment: Sealed) => void
  constructor(item: Item, purchases: Purchases, onAccepted: (payment: Sealed) => void) {
    this.#item = item
    this.#purchases = purchases
    this.#onAccepted = onAccepted
  }
  resolve(sealed: readonly Sealed[]): void {
    this.#end()
    for (const one of sealed) this.#onAccepted(one)
    this.#item.resolve(sealed)
  }
  reject(error: Error): void {
    this.#end()
    this.#item.reject(error)
  }
  #end(): void {
    for (const leg of this.#item.legs) this.#purchases.end(leg)
  }
}
