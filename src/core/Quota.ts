/**
 * So many in any stretch of time of a given length, for each name: a sliding window, so that nobody gets twice as many by waiting for the
 * stroke of the hour. What is remembered is what was taken and no more, for as long as it counts.
 */

export interface Quota {
  /** Milliseconds until there is room for so many more; 0: now. Takes nothing. */
  waitMs(name: string, places?: number, nowMs?: number): number
  take(name: string, places?: number, nowMs?: number): void
  /** What was taken last was not used. */
  giveBack(name: string, places?: number): void
  /** How many names are remembered. */
  readonly size: number
}

const sweepMs = 60_000

/** @param most at least 1 */
export const create = (most: number, windowMs: number): Quota => {
  const taken = new Map<string, number[]>()
  let sweptMs = Number.NEGATIVE_INFINITY

  const recent = (name: string, nowMs: number): number[] => {
    const all = taken.get(name)
    if (all === undefined) return []
    const still = all.filter((at) => at > nowMs - windowMs)
    if (still.length === 0) taken.delete(name)
    else taken.set(name, still)
    return still
  }

  const sweep = (nowMs: number): void => {
    if (nowMs - sweptMs < sweepMs) return
    sweptMs = nowMs
    for (const name of [...taken.keys()]) recent(name, nowMs)
  }

  return {
    waitMs(name, places = 1, nowMs = performance.now()) {
      const still = recent(name, nowMs)
      const over = still.length + Math.min(places, most) - most
      return over <= 0 ? 0 : (still[over - 1] as number) + windowMs - nowMs
    },
    take(name, places = 1, nowMs = performance.now()) {
      sweep(nowMs)
      const still = recent(name, nowMs)
      for (let i = 0; i < places; i++) still.push(nowMs)
      taken.set(name, still)
    },
    giveBack(name, places = 1) {
      const all = taken.get(name)
      if (all === undefined || all.length <= places) taken.delete(name)
      else all.length -= places
    },
    get size() {
      return taken.size
    },
  }
}
