/**
 * Chain time as the service reckons it. What the chain checks is in chain time (PROTOCOL 2): the wall clock, or ahead of it by what the
 * last block that was read was ahead.
 */

export interface Clock {
  /** Seconds of chain time. */
  nowSeconds(): bigint
  /** Tells of a block's timestamp. */
  observe(timestamp: bigint): void
}

export const create = (wallMs: () => number = Date.now): Clock => {
  let leadSeconds = 0n
  const wall = () => BigInt(Math.floor(wallMs() / 1000))
  return {
    nowSeconds: () => wall() + leadSeconds,
    observe(timestamp) {
      const lead = timestamp - wall()
      // A block that lies in the past says nothing about how late it is now.
      if (lead > leadSeconds) leadSeconds = lead
    },
  }
}
