/**
 * Chain time as the service computes it, for what expires (validity of payments, deadlines, days of budgets, exit windows). It is the later
 * of two clocks: this machine's, and the chain's: the newest blocks' timestamps, carried on by the monotonic clock, which nobody sets. So
 * nothing is accepted that a block already read would refuse, whatever this machine's clock shows.
 *
 * Nothing is remembered of the machine's clock: where it is wrong by an hour ahead, chain time is ahead for as long as that lasts and no longer;
 * where it is behind, the blocks count. Nor is one block remembered for ever: of a block that lies ahead (a node's mistake, a block that was
 * replaced) nothing is left after two windows in which others were read.
 */

export interface Clock {
  /** Seconds of chain time. */
  nowSeconds(): bigint
  /** To be called with the timestamp of each block that is read. */
  observe(timestamp: bigint): void
}

/** A block that is read late seems to lie behind; the one that was furthest ahead within this time is nearest to the truth. */
export const windowMs = 60_000

/**
 * @param wallMs this machine's clock, which somebody may set
 * @param monotonicMs never goes back, and starts anywhere
 */
export const create = (wallMs: () => number = Date.now, monotonicMs: () => number = () => performance.now()): Clock => {
  /** By how much the chain was ahead of the monotonic clock at most, in this window and in the one before it. */
  let [leadMs, leadBeforeMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let windowStartMs = Number.NEGATIVE_INFINITY
  return {
    nowSeconds() {
      const chainMs = monotonicMs() + Math.max(leadMs, leadBeforeMs)
      return BigInt(Math.floor(Math.max(wallMs(), chainMs) / 1000))
    },
    observe(timestamp) {
      const nowMs = monotonicMs()
      const seenMs = Number(timestamp) * 1000 - nowMs
      const ageMs = nowMs - windowStartMs
      if (ageMs < windowMs) {
        leadMs = Math.max(leadMs, seenMs)
        return
      }
      leadBeforeMs = ageMs < 2 * windowMs ? leadMs : Number.NEGATIVE_INFINITY
      leadMs = seenMs
      windowStartMs = nowMs
    },
  }
}
