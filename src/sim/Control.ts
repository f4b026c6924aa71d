/**
 * Speed and pause of a run, to be turned while it goes on. The run waits here at the end of each slot; nothing that is under way is cut off,
 * so neither changes what is paid.
 */

/** The longest that one timer waits; a slot at low speed takes many. */
const mostMs = 60_000

export class Control {
  #speed: number
  #paused = false
  readonly #listeners = new Set<() => void>()

  /** @param speed times faster than the clock; 0: as fast as it goes */
  constructor(speed = 0) {
    this.#speed = checked(speed)
  }

  get speed(): number {
    return this.#speed
  }

  /** Takes effect at once, also in the middle of a slot. */
  set speed(speed: number) {
    this.#speed = checked(speed)
    this.#tell()
  }

  get paused(): boolean {
    return this.#paused
  }

  /** The slot in hand is paid and settled; the next one waits for `resume`. */
  pause(): void {
    this.#paused = true
    this.#tell()
  }

  resume(): void {
    this.#paused = false
    this.#tell()
  }

  /** Told of every change. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Waits until simulated time has passed at the speed of the moment, and until nothing is paused. Resolves early when the run is aborted.
   * @param seconds simulated
   * @param spentMs of the wall clock that have been spent on them already
   */
  async wait(seconds: number, spentMs: number, signal: AbortSignal): Promise<void> {
    let left = seconds - (spentMs / 1000) * this.#speed
    while (!signal.aborted && (this.#paused || (this.#speed > 0 && left > 0))) {
      const [speed, paused, began] = [this.#speed, this.#paused, performance.now()]
      await this.#change(paused ? mostMs : Math.min(mostMs, (left * 1000) / speed), signal)
      if (!paused) left -= ((performance.now() - began) / 1000) * speed
    }
  }

  /** Resolves after a time, at the next change, or when the run is aborted. */
  #change(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        stop()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const stop = this.onChange(done)
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done)
    })
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

const checked = (speed: number): number => {
  if (!Number.isFinite(speed) || speed < 0) throw new RangeError(`not a speed: ${speed}`)
  return speed
}
