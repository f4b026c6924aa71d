/**
 * Transactions counted by what they cost: those that took the same gas and compress to the same lengths cost the same on every network,
 * so tens of thousands become a few hundred kinds, and pricing them stays exact.
 */
import type { Executed } from '../chain/Workbench.ts'
import * as Brotli from './Brotli.ts'
import * as FastLz from './FastLz.ts'
import type { Transaction } from './Networks.ts'

/** A kind of transaction and how many there were. */
export interface Kind extends Transaction {
  /** Of the signed transaction. */
  readonly bytes: number
  readonly count: number
}

export interface Bundle {
  readonly kinds: readonly Kind[]
  readonly transactions: number
  readonly gas: bigint
  /** Storage slots used for the first time; 0 where they are not counted. */
  readonly newSlots: number
}

export interface Counter {
  add(executed: Executed): void
  /** What has been counted so far. */
  bundle(): Bundle
}

export const counter = (): Counter => {
  const kinds = new Map<string, { gas: bigint; flzSize: number; brotliSize: number; bytes: number; count: number }>()
  let slots = 0
  return {
    add({ gas, bytes, newSlots = 0 }) {
      slots += newSlots
      const [flzSize, brotliSize] = [FastLz.size(bytes), Brotli.size(bytes)]
      const name = `${gas} ${flzSize} ${brotliSize} ${bytes.length}`
      const kind = kinds.get(name) ?? { gas, flzSize, brotliSize, bytes: bytes.length, count: 0 }
      kind.count++
      kinds.set(name, kind)
    },
    bundle: () =>
      of(
        [...kinds.values()].map((kind) => ({ ...kind })),
        slots,
      ),
  }
}

export const of = (kinds: readonly Kind[], newSlots = 0): Bundle => ({
  kinds,
  newSlots,
  transactions: kinds.reduce((sum, { count }) => sum + count, 0),
  gas: kinds.reduce((sum, { gas, count }) => sum + gas * BigInt(count), 0n),
})

export const empty: Bundle = of([])
