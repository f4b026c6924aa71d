/**
 * Where payments wait for their predecessors: one line an (asset, payer), each place named by the total before it. An item stands in one
 * line (a payment) or two (a sale). Knows nothing of money: only who waits where, and for how long.
 */
/** A payment's place. */
export interface Place {
  /** Names the line. */
  readonly line: string
  /** The totals before the payment and after it. */
  readonly start: bigint
  readonly total: bigint
}

/** A payment, or the two of a sale. */
export interface Item {
  readonly legs: readonly Place[]
  /** How long it may wait. */
  readonly waitMs: number
}

export interface Lines<T extends Item> {
  /** Puts an item in its places. False: a place is taken by another, or a line is full. */
  park(item: T): 'parked' | 'taken' | 'full'
  /** Takes an item out of all its places. */
  leave(item: T): void
  /** Who waits at a total of a payment's line. */
  at(of: Place, total: bigint): T | undefined
  /** How many wait. */
  size(): number
}

/** @param onTimeout an item has waited its time; it has left its places */
export const create = <T extends Item>(mostWaiting: number, onTimeout: (item: T) => void): Lines<T> => {
  const lines = new Map<string, Map<bigint, T>>()
  const timers = new Map<T, NodeJS.Timeout>()

  const leave = (item: T): void => {
    clearTimeout(timers.get(item))
    timers.delete(item)
    for (const leg of item.legs) {
      const line = lines.get(leg.line)
      if (line?.get(leg.start) !== item) continue
      line.delete(leg.start)
      if (line.size === 0) lines.delete(leg.line)
    }
  }

  return {
    leave,
    park(item) {
      if (timers.has(item)) return 'parked'
      for (const leg of item.legs) {
        const line = lines.get(leg.line)
        if (line?.has(leg.start)) return 'taken'
        if (line !== undefined && line.size >= mostWaiting) return 'full'
      }
      for (const leg of item.legs) {
        const line = lines.get(leg.line) ?? new Map<bigint, T>()
        lines.set(leg.line, line.set(leg.start, item))
      }
      const timer = setTimeout(() => {
        leave(item)
        onTimeout(item)
      }, item.waitMs)
      timers.set(item, timer)
      return 'parked'
    },
    at: (of, total) => lines.get(of.line)?.get(total),
    size: () => timers.size,
  }
}
