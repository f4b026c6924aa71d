/**
 * How fast payments are being answered, so that whoever comes is let in by how long it would wait and not by how many are there: what 500
 * mean depends on the machine, and on what else it does. The rate is measured over short stretches; it falls only by those in which there
 * was always enough to do, since in others it says how many came and not how many could.
 */
export interface Pace {
  /** One was answered, and so many are left. */
  answered(nowMs: number, left: number): void
  /** How long so many will take; 0 until the first have been answered. */
  waitMs(pending: number): number
}

const stretchMs = 100
/** How much of a new stretch is believed. */
const weight = 0.3

/** @param enough as many as keep the service busy */
export const measure = (enough: number): Pace => {
  let perMs = 0
  let sinceMs = Number.NEGATIVE_INFINITY
  let done = 0
  let isBusy = false
  return {
    answered(nowMs, left) {
      done++
      if (left < enough) isBusy = false
      const tookMs = nowMs - sinceMs
      if (tookMs < stretchMs) return
      const found = done / tookMs
      if (isBusy && perMs > 0) perMs += weight * (found - perMs)
      else perMs = Math.max(perMs, found)
      ;[sinceMs, done, isBusy] = [nowMs, 0, left >= enough]
    },
    waitMs: (pending) => (perMs === 0 ? 0 : pending / perMs),
  }
}
