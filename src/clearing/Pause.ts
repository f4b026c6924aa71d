/**
 * A process that was stopped for a while and goes on (a stopped job, a paused or migrated virtual machine) does not know what has happened since:
 * another copy of its journal may have been started, waited in vain for this one to stop, and accepted. So what was being written is answered
 * only once fence file and chain have been looked at. A copy waits longer for the original than is allowed here (`Service`).
 */
export interface Pause {
  /** What to wait for before anything is answered; undefined: nothing, as nearly always. */
  doubt(): Promise<void> | undefined
  close(): void
}

export interface PauseOptions {
  /** Finds out whether another copy was started, and ends acceptance then. What it throws says nothing. */
  readonly look: () => Promise<void>
  /** Both clocks: the monotonic one stands still while some machines sleep. */
  readonly clocks?: () => readonly [monotonicMs: number, machineMs: number]
  readonly everyMs?: number
  readonly longMs?: number
  /** A look that takes longer is not waited for: a chain out of reach does not keep a service from accepting. */
  readonly patienceMs?: number
}

const now = (): readonly [number, number] => [performance.now(), Date.now()]

export const create = (options: PauseOptions): Pause => {
  const { look, clocks = now, everyMs = 250, longMs = 1_000, patienceMs = 2_500 } = options
  let last = clocks()
  let looking: Promise<void> | undefined

  const lookNow = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs)
    })
    await Promise.race([look().catch(() => {}), late])
    clearTimeout(timer)
    looking = undefined
  }

  const doubt = (): Promise<void> | undefined => {
    const at = clocks()
    if (at[0] - last[0] > longMs || at[1] - last[1] > longMs) looking ??= lookNow()
    last = at
    return looking
  }

  const ticking = setInterval(doubt, everyMs).unref()
  return { doubt, close: () => clearInterval(ticking) }
}
