/**
 * When to settle, and the service's one heartbeat: it reads new blocks, settles when the policy says so, and sees to whoever takes money
 * out. A beat that fails is told to the log and the next one comes later, each time later, up to a bound: what was accepted waits safely
 * meanwhile. Time is counted by the monotonic clock: setting this machine's clock neither hastens nor delays a settlement.
 */

/** When what was accepted goes on chain. Whatever is reached first counts. */
export interface Policy {
  /** Only when the operator says so, as in a simulation. */
  readonly manual: boolean
  /** At most this long after the last settlement. */
  readonly everyMs: number
  /** As soon as this much is unsettled, atomic dollars. */
  readonly valueAtomic: bigint
  /** As soon as this many accounts are unsettled. */
  readonly members: number
  /** Above this base fee, settlement is put off, wei; left out: never. What is at risk is not: `valueAtomic` and exits count whatever gas costs. */
  readonly dearWei?: bigint | undefined
  /** How long it is put off at most. */
  readonly mostDelayMs?: number | undefined
}

export const defaultPolicy: Policy = { manual: false, everyMs: 5_000, valueAtomic: 100_000_000n, members: 1_000 }

/** What there is to settle. */
export interface Work {
  readonly valueAtomic: bigint
  readonly members: number
  readonly readings: number
  /** An account whose exit runs has something unsettled: it has to be on chain before the window ends (I6). */
  readonly isLeaving: boolean
}

export interface HeartbeatOptions {
  readonly policy: Policy
  readonly work: () => Work
  readonly sync: () => Promise<void>
  readonly settle: () => Promise<unknown>
  /** Brings withdrawals and exits forward. */
  readonly tend: () => Promise<void>
  readonly onError: (error: unknown) => void
  /** Asked only where the policy puts settlement off when gas is dear. */
  readonly baseFeeWei?: () => Promise<bigint>
  readonly beatMs?: number
}

const usualDelayMs = 3_600_000

/** Whether a settlement that is due is put off because gas is dear. */
export const isPutOff = (policy: Policy, work: Work, sinceMs: number, baseFeeWei: bigint): boolean =>
  policy.dearWei !== undefined &&
  baseFeeWei > policy.dearWei &&
  !work.isLeaving &&
  work.valueAtomic < policy.valueAtomic &&
  sinceMs < (policy.mostDelayMs ?? usualDelayMs)

/** Whether to settle now. */
export const isDue = (policy: Policy, work: Work, sinceMs: number): boolean => {
  if (work.isLeaving && sinceMs >= policy.everyMs) return true
  if (policy.manual || (work.members === 0 && work.readings === 0)) return false
  return sinceMs >= policy.everyMs || work.valueAtomic >= policy.valueAtomic || work.members >= policy.members
}

const longestPauseMs = 10_000

/** Starts beating; returns how to stop, which waits for a beat under way. */
export const start = (options: HeartbeatOptions): (() => Promise<void>) => {
  const { policy, beatMs = 250 } = options
  let stopped = false
  let lastSettledMs = performance.now()
  let wake = () => {}

  const beat = async (): Promise<void> => {
    await options.sync()
    const sinceMs = performance.now() - lastSettledMs
    const wei = policy.dearWei === undefined ? undefined : await options.baseFeeWei?.()
    const work = options.work()
    if (isDue(policy, work, sinceMs) && !isPutOff(policy, work, sinceMs, wei ?? 0n)) {
      await options.settle()
      lastSettledMs = performance.now()
    }
    await options.tend()
  }

  const run = async (): Promise<void> => {
    let pauseMs = beatMs
    while (!stopped) {
      try {
        await beat()
        pauseMs = beatMs
      } catch (error) {
        options.onError(error)
        pauseMs = Math.min(2 * pauseMs, longestPauseMs)
      }
      if (stopped) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  const running = run()
  return async () => {
    stopped = true
    wake()
    await running
  }
}
