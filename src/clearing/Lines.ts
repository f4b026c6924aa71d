/**
 * Where payments wait for their predecessors: one line an (asset, payer), each place named by the total before it. An item stands in one
 * line (a payment) or two (a sale). Several may wait at one place, since only the place's turn shows which of them the payer has signed for it.
 * Knows nothing of money: only who waits where, and for how long.
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
  /** Puts an item in its places, beside whoever stands there already. `full`: a line has no more room. */
  park(item: T): 'parked' | 'full'
  /** Takes an item out of all its places. */
  leave(item: T): void
  /** Who waits at a total of a payment's line, in the order in which they came. */
  at(of: Place, total: bigint): readonly T[]
  /** Whether it still waits. */
  has(item: T): boolean
  /** How many wait. */
  size(): number
}

/**
 * How many that lead to one total may wait at once. Its payer signs it once; whoever has seen that signature can send it with other content, at
 * any place before it, and must not fill the line with that.
 */
const mostOfTotal = 4

interface Line<T> {
  readonly places: Map<bigint, T[]>
  /** How many wait that lead to a total. */
  readonly totals: Map<bigint, number>
  size: number
}

/** @param onTimeout an item has waited its time; it has left its places */
export const create = <T extends Item>(mostWaiting: number, onTimeout: (item: T) => void): Lines<T> => {
  const lines = new Map<string, Line<T>>()
  const timers = new Map<T, NodeJS.Timeout>()
  const nobody: readonly T[] = []

  const isFull = ({ line: name, total }: Place): boolean => {
    const line = lines.get(name)
    return line !== undefined && (line.size >= mostWaiting || (line.totals.get(total) ?? 0) >= mostOfTotal)
  }

  const enter = (item: T, { line: name, start, total }: Place): void => {
    const line = lines.get(name) ?? { places: new Map(), totals: new Map(), size: 0 }
    lines.set(name, line)
    line.places.set(start, [...(line.places.get(start) ?? []), item])
    line.totals.set(total, (line.totals.get(total) ?? 0) + 1)
    line.size++
  }

  const withdraw = (item: T, { line: name, start, total }: Place): void => {
    const line = lines.get(name)
    if (line === undefined) return
    const others = line.places.get(start)?.filter((each) => each !== item) ?? []
    if (others.length > 0) line.places.set(start, others)
    else line.places.delete(start)
    const left = (line.totals.get(total) ?? 0) - 1
    if (left > 0) line.totals.set(total, left)
    else line.totals.delete(total)
    if (--line.size === 0) lines.delete(name)
  }

  const leave = (item: T): void => {
    // Who does not wait stands in no place.
    if (!timers.has(item)) return
    clearTimeout(timers.get(item))
    timers.delete(item)
    for (const leg of item.legs) withdraw(item, leg)
  }

  return {
    leave,
    park(item) {
      if (timers.has(item)) return 'parked'
      if (item.legs.some(isFull)) return 'full'
      for (const leg of item.legs) enter(item, leg)
      const timer = setTimeout(() => {
        leave(item)
        onTimeout(item)
      }, item.waitMs)
      timers.set(item, timer)
      return 'parked'
    },
    at: (of, total) => lines.get(of.line)?.places.get(total) ?? nobody,
    has: (item) => timers.has(item),
    size: () => timers.size,
  }
}
