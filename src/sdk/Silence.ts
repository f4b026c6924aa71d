/** Notices that nothing has been heard for a while although something is waited for. */

/** Without any answer for this long the service is taken to be out of reach. */
const longMs = 500

export class Silence {
  readonly #look: () => void
  readonly #isWaiting: () => boolean
  #sinceMs = 0
  #timer: NodeJS.Timeout | undefined

  /** @param look is called when it has been silent for long, and again while it stays so */
  constructor(isWaiting: () => boolean, look: () => void) {
    this.#isWaiting = isWaiting
    this.#look = look
  }

  /** Something was heard, or is waited for from now on. */
  heard(): void {
    this.#sinceMs = performance.now()
    this.#timer ??= setTimeout(() => this.#wake(), longMs).unref()
  }

  get isLong(): boolean {
    return this.#isWaiting() && performance.now() - this.#sinceMs >= longMs
  }

  #wake(): void {
    this.#timer = this.#isWaiting() ? setTimeout(() => this.#wake(), longMs).unref() : undefined
    if (this.isLong) this.#look()
  }
}
