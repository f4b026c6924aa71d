/**
 * Payments that were refused a moment ago although their payers had signed them for that very place. What was signed behind one, and comes
 * after it (in the same list mostly), is refused with it instead of waiting in vain.
 */
import type { Leg } from './Arrivals.ts'

export interface Refused {
  note(leg: Leg): void
  /** The one that ends where a payment begins, in its line. */
  before(leg: Leg): Leg | undefined
}

const key = (line: string, total: bigint): string => `${line} ${total}`

/** @param keepMs how long one is remembered at least; twice that at most */
export const create = (keepMs: number): Refused => {
  let [newer, older] = [new Map<string, Leg>(), new Map<string, Leg>()]
  let isAging = false

  const age = (): void => {
    ;[newer, older] = [new Map(), newer]
    isAging = older.size > 0
    if (isAging) setTimeout(age, keepMs).unref()
  }

  return {
    note(leg) {
      newer.set(key(leg.line, leg.total), leg)
      if (!isAging) setTimeout(age, keepMs).unref()
      isAging = true
    },
    before({ line, start }) {
      if (!isAging) return undefined
      return newer.get(key(line, start)) ?? older.get(key(line, start))
    },
  }
}
