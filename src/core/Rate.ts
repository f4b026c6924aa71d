/**
 * How often somebody may do something: so many a second, and a burst ahead of it. One number a name is kept (the time at which its burst is
 * whole again), and only while it lies ahead, so memory is bounded by what the rate itself lets through. (The generic cell rate algorithm,
 * ITU-T I.371.) `express-rate-limit` was measured at 8.7 µs a request; and accounts are known only when a signature has been checked, far
 * behind any middleware.
 */
import { SunledgerError } from './Errors.ts'

export interface Rate {
  readonly perSecond: number
  /** How many may come at once. */
  readonly burst: number
}

export interface Limiter {
  /** Takes one. Milliseconds until there is one again; 0: it was there, and is taken. */
  take(name: string, nowMs?: number): number
  /** How many names are remembered. */
  readonly size: number
}

const sweepMs = 1000

export const limiter = ({ perSecond, burst }: Rate): Limiter => {
  const wholeAt = new Map<string, number>()
  const intervalMs = 1000 / perSecond
  const aheadMs = burst * intervalMs
  let sweptMs = 0

  const sweep = (nowMs: number): void => {
    if (nowMs - sweptMs < sweepMs) return
    sweptMs = nowMs
    for (const [name, at] of wholeAt) if (at <= nowMs) wholeAt.delete(name)
  }

  return {
    take(name, nowMs = performance.now()) {
      sweep(nowMs)
      const at = Math.max(wholeAt.get(name) ?? 0, nowMs) + intervalMs
      const waitMs = at - aheadMs - nowMs
      if (waitMs > 0) return waitMs
      wholeAt.set(name, at)
      return 0
    },
    get size() {
      return wholeAt.size
    },
  }
}

/** Somebody asks more often than is allowed. */
export class RateLimitedError extends SunledgerError {
  override readonly name = 'RateLimitedError'
  readonly rate: Rate
  /** @param who whose rate it is: 'account' or 'address' */
  constructor(who: 'account' | 'address', rate: Rate, waitMs: number) {
    super('SL615', `Too many requests of this ${who}.`, {
      expected: `at most ${rate.perSecond} a second, ${rate.burst} at once`,
      hint: 'Come back when Retry-After says; send several payments in one request.',
      status: 429,
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    })
    this.rate = rate
  }
}
