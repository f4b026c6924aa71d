/**
 * Where payments wait for their predecessors: one line an (asset, payer), each place named by the total before it. An item stands in one
 * line (a payment) or two (a sale). Knows nothing of money: only who waits where, and for how long.
 */
import type { Payment } from '../core/Payment.ts'
import { start } from '../core/Payment.ts'

/** A payment, or the two of a sale. */
export interface Item {
  readonly legs: readonly Payment[]
  /** How long it may wait. */
  readonly waitMs: number
}

export interface Lines<T extends Item> {
  /** Puts an item in its places. False: a place is taken by another, or a line is full. */
  park(item: T): 'parked' | 'taken' | 'full'
  /** Takes an item out of all its places. */
  leave(item: T): void
  /** Who waits at a total of a payment's line. */
  at(of: Payment, total: bigint): T | undefined
  /** How many wait. */
  size(): number
}

const key = (payment: Payment): string => payment.asset + payment.payer

/** @param onTimeout an item has waited its time; it has left its places */
export const create = <T extends Item>(mostWaiting: number, onTimeout: (item: T) => void): Lines<T> => {
  const lines = new Map<string, Map<bigint, T>>()
  const timers = new Map<T, NodeJS.Timeout>()

  const leave = (item: T): void => {
    clearTimeout(timers.get(item))
    timers.delete(item)
    for (const leg of item.legs) {
      const line = lines.get(key(leg))
      if (line?.get(start(leg)) !== item) continue
      line.delete(start(leg))
      if (line.size === 0) lines.delete(key(leg))
    }
  }

  return {
    leave,
    park(item) {
      if (timers.has(item)) return 'parked'
      for (const leg of item.legs) {
        const line = lines.get(key(leg))
        if (line?.has(start(leg))) return 'taken'
        if (line !== undefined && line.size >= mostWaiting) return 'full'
      }
      for (const leg of item.legs) {
        const line = lines.get(key(leg)) ?? new Map<bigint, T>()
        lines.set(key(leg), line.set(start(leg), item))
      }
      const timer = setTimeout(() => {
        leave(item)
        onTimeout(item)
      }, item.waitMs)
      timers.set(item, timer)
      return 'parked'
    },
    at: (of, total) => lines.get(key(of))?.get(total),
    size: () => timers.size,
  }
}
