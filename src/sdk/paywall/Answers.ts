/**
 * Answers to purchases, remembered so that a repeated request gets the same answer and is charged once. Memory is bounded: the oldest
 * answers are forgotten first, and one that is too large is not kept; a purchase whose answer is gone is then refused as served.
 */
import { createHash } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'

export interface Answer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

export interface Memory {
  /** Answers that are kept; default 10 000. */
  readonly most?: number | undefined
  /** Bytes of all bodies together; default 64 MiB. */
  readonly mostBytes?: number | undefined
  /** Bytes of one body; default 1 MiB. */
  readonly mostBodyBytes?: number | undefined
}

interface Entry {
  readonly request: string
  answer: Answer | undefined
  readonly waiting: ((answer: Answer | undefined) => void)[]
}

/** Purchases that may be served at the same time. */
const mostRunning = 10_000

/** Names a request, so that a key that comes back with another one is noticed. */
export const requestName = (method: string, body: unknown): string => {
  if (body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0)) return method
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  return `${method} ${createHash('sha256').update(bytes).digest('base64')}`
}

export class Answers {
  readonly mostBodyBytes: number
  readonly #most: number
  readonly #mostBytes: number
  readonly #entries = new Map<string, Entry>()
  /** Ids of kept answers, oldest first, from `#oldest` on. */
  #kept: string[] = []
  #oldest = 0
  #bytes = 0

  constructor({ most = 10_000, mostBytes = 64 << 20, mostBodyBytes = 1 << 20 }: Memory = {}) {
    this.#most = most
    this.#mostBytes = mostBytes
    this.mostBodyBytes = Math.min(mostBodyBytes, mostBytes)
  }

  /**
   * Begins to serve a purchase: undefined, and the caller answers and then calls `end`. An answer where there is one; the same request
   * under way is waited for, and undefined then means that the caller is the next to try.
   * @throws {RequestDiffersError} @throws {PaywallBusyError}
   */
  begin(id: string, request: string): Answer | undefined | Promise<Answer | undefined> {
    const entry = this.#entries.get(id)
    if (entry === undefined) {
      if (this.#entries.size - (this.#kept.length - this.#oldest) >= mostRunning)
        throw new PaywallBusyError(mostRunning)
      this.#entries.set(id, { request, answer: undefined, waiting: [] })
      return undefined
    }
    if (entry.request !== request) throw new RequestDiffersError(entry.request, request)
    if (entry.answer !== undefined) return entry.answer
    return new Promise<Answer | undefined>((resolve) => entry.waiting.push(resolve)).then(
      (answer) => answer ?? this.begin(id, request),
    )
  }

  /** Serving has ended: with an answer to be kept, or without one, and the next who asks is served anew. */
  end(id: string, answer?: Answer): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.answer !== undefined) return
    if (answer === undefined) this.#entries.delete(id)
    else {
      entry.answer = answer
      this.#kept.push(id)
      this.#bytes += answer.body.length
      this.#forget()
    }
    // One of those who wait serves it, and the others wait for that one.
    for (const resolve of entry.waiting) resolve(answer)
  }

  #forget(): void {
    while (this.#kept.length - this.#oldest > this.#most || this.#bytes > this.#mostBytes) {
      const id = this.#kept[this.#oldest++] as string
      this.#bytes -= this.#entries.get(id)?.answer?.body.length ?? 0
      this.#entries.delete(id)
    }
    // What has been forgotten is dropped now and then, and not one by one.
    if (2 * this.#oldest > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#oldest)
      this.#oldest = 0
    }
  }
}

/** An idempotency key came back with another request. */
export class RequestDiffersError extends SunledgerError {
  override readonly name = 'RequestDiffersError'
  constructor(expected: string, actual: string) {
    super('SL664', 'The idempotency key belongs to another request.', {
      expected,
      actual,
      hint: 'Use a new key for a new request. Nothing was charged for this one.',
      status: 409,
    })
  }
}

/** Too many purchases are being served at once. */
export class PaywallBusyError extends SunledgerError {
  override readonly name = 'PaywallBusyError'
  constructor(most: number) {
    super('SL668', 'Too many purchases are being served at once.', {
      expected: `at most ${most}`,
      hint: 'Send the same request with the same payment again: it is charged once.',
      status: 503,
    })
  }
}
