/**
 * Settlements of which nobody knows the end: the facilitator said "pending", said nothing, or broke off. Each is asked about until it is
 * known; its answer is kept meanwhile. Then whoever paid gets it for the same authorization, or learns that nothing was charged.
 *
 * Once it is settled, an authorization stands in the chain's calldata for everybody to read. So the answer is for the same client alone:
 * one that knows the request's Idempotency-Key, or without a key comes from the same address.
 */
import type * as X402 from '../../core/X402.ts'
import type { Answer } from './Answers.ts'

export interface Unknown {
  /** Who may have the answer. */
  readonly client: string
  /** Under which key the purchase is remembered. */
  readonly id: string | undefined
  readonly answer: Answer | undefined
  /** Asks once. @throws where it is still unknown */
  readonly settle: () => Promise<X402.Settled>
  /** It is known. */
  readonly known: (settled: X402.Settled) => void
}

const most = 1_000
const firstMs = 1_000
const slowestMs = 30_000

interface Entry extends Unknown {
  /** Two who ask at the same time ask once. */
  asking: Promise<X402.Settled | undefined> | undefined
  settled: X402.Settled | undefined
  timer: NodeJS.Timeout | undefined
}

/** Only what is said for certain is known. */
export const isUnclear = ({ success, errorReason }: X402.Settled): boolean =>
  !success && (errorReason === undefined || /pending|unknown|timeout|unexpected/i.test(errorReason))

export class Unknowns {
  readonly #entries = new Map<string, Entry>()

  /** @param name the authorization's */
  add(name: string, unknown: Unknown): void {
    const entry: Entry = { ...unknown, asking: undefined, settled: undefined, timer: undefined }
    this.#entries.set(name, entry)
    if (this.#entries.size > most) this.#drop(this.#entries.keys().next().value as string)
    this.#watch(name, entry, firstMs)
  }

  /** The authorization that a purchase under this key waits for. */
  nameOf(id: string): string | undefined {
    for (const [name, entry] of this.#entries) if (entry.id === id) return name
    return undefined
  }

  get(name: string): Unknown | undefined {
    return this.#entries.get(name)
  }

  /** Asks now. undefined: still unknown. */
  async ask(name: string): Promise<X402.Settled | undefined> {
    const entry = this.#entries.get(name)
    return entry === undefined ? undefined : (entry.settled ?? this.#ask(name, entry))
  }

  /** It has been given to whom it is for. */
  drop(name: string): void {
    const entry = this.#entries.get(name)
    clearTimeout(entry?.timer)
    this.#entries.delete(name)
  }

  #drop(name: string): void {
    this.#entries.get(name)?.answer?.body.drop()
    this.drop(name)
  }

  #ask(name: string, entry: Entry): Promise<X402.Settled | undefined> {
    entry.asking ??= (async () => {
      try {
        const settled = await entry.settle()
        if (isUnclear(settled)) return undefined
        if (entry.settled !== undefined) return entry.settled
        entry.settled = settled
        entry.known(settled)
        // What was not charged is over; what was waits for its buyer.
        if (!settled.success) this.#drop(name)
        return settled
      } catch {
        return undefined
      } finally {
        entry.asking = undefined
      }
    })()
    return entry.asking
  }

  #watch(name: string, entry: Entry, afterMs: number): void {
    entry.timer = setTimeout(async () => {
      await this.#ask(name, entry)
      if (entry.settled === undefined && this.#entries.get(name) === entry)
        this.#watch(name, entry, Math.min(2 * afterMs, slowestMs))
    }, afterMs).unref()
  }
}
