/**
 * Answers to purchases, remembered so that a repeated request gets the same answer and is charged once. What is remembered is bounded: the
 * oldest answers are forgotten first. A purchase whose answer is gone is refused as served; it never runs a handler again.
 */
import { createHash } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { SunledgerError } from '../../core/Errors.ts'
import type { Body, Bounds } from './Recording.ts'

export interface Answer {
  readonly status: number
  /** What the handler set; what others set for every answer is theirs to set again. */
  readonly headers: OutgoingHttpHeaders
  readonly body: Body
}

export interface Memory {
  /** Answers that are kept; default 10 000. */
  readonly most?: number | undefined
  /** Bytes of all bodies in memory together; default 64 MiB. */
  readonly mostBytes?: number | undefined
  /** Bytes of one body in memory; a larger one is kept in a file. Default 1 MiB. */
  readonly mostBodyBytes?: number | undefined
  /** Bytes of all bodies in files together; default 1 GiB. A body that finds no room is not kept. */
  readonly mostFileBytes?: number | undefined
}

/** How serving a purchase ended: with an answer; with nothing, so that it may be tried again; with what cannot be given again. */
export type Outcome = Answer | 'unused' | 'gone'

/** An answer that broke off. */
export interface Part {
  readonly body: Body
  /** What was asked: method and body, and which bytes. */
  readonly request: string
  readonly range: string | undefined
}

interface Entry {
  readonly request: string
  outcome: Answer | 'gone' | undefined
  readonly waiting: ((outcome: Outcome) => void)[]
}

/** Purchases that may be served at the same time. */
const mostRunning = 10_000
/** Answers that broke off and can be completed. */
const mostParts = 256
/** How often what breaks on the server's side is tried again for one payment. */
const mostFailures = 3

/** Names a body; undefined: it cannot be told from another. */
export const bodyName = (body: unknown): string | undefined => {
  if (body === undefined || body === null) return ''
  try {
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    return bytes === '{}' ? '' : createHash('sha256').update(bytes).digest('base64')
  } catch {
    return undefined
  }
}

/** Names a request, so that a key that comes back with another one is noticed. */
export const requestName = (method: string, body: unknown): string => `${method} ${bodyName(body) ?? '?'}`.trim()

export class Answers {
  readonly bounds: Bounds
  readonly #most: number
  readonly #mostBytes: number
  readonly #entries = new Map<string, Entry>()
  readonly #failures = new Map<string, number>()
  readonly #parts = new Map<string, Part>()
  /** Ids of what is remembered, oldest first, from `#oldest` on. */
  #kept: string[] = []
  #oldest = 0
  #bytes = 0

  constructor({ most = 10_000, mostBytes = 64 << 20, mostBodyBytes = 1 << 20, mostFileBytes = 2 ** 30 }: Memory = {}) {
    this.#most = most
    this.#mostBytes = mostBytes
    this.bounds = { mostBodyBytes: Math.min(mostBodyBytes, mostBytes), mostFileBytes }
  }

  /**
   * Begins to serve a purchase: undefined, and the caller answers and then calls `end`. An answer where there is one; the same request
   * under way is waited for, and undefined then means that the caller is the next to try.
   * @throws {RequestDiffersError} @throws {PaywallBusyError} @throws {AnswerGoneError}
   */
  begin(id: string, request: string): Answer | undefined | Promise<Answer | undefined> {
    const entry = this.#entries.get(id)
    if (entry === undefined) {
      if (this.#entries.size - (this.#kept.length - this.#oldest) >= mostRunning)
        throw new PaywallBusyError(mostRunning)
      this.#entries.set(id, { request, outcome: undefined, waiting: [] })
      return undefined
    }
    if (entry.request !== request) throw new RequestDiffersError(entry.request, request)
    if (entry.outcome === 'gone') throw new AnswerGoneError()
    if (entry.outcome !== undefined) return entry.outcome
    return new Promise<Outcome>((resolve) => entry.waiting.push(resolve)).then((outcome) =>
      typeof outcome === 'object' ? outcome : this.begin(id, request),
    )
  }

  /** Serving has ended. */
  end(id: string, outcome: Outcome): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.outcome !== undefined) return
    if (outcome === 'unused') this.#entries.delete(id)
    else {
      entry.outcome = outcome
      this.#kept.push(id)
      if (outcome !== 'gone') this.#bytes += outcome.body.bytes?.length ?? 0
      this.#forget()
    }
    // One of those who wait serves it, and the others wait for that one.
    for (const resolve of entry.waiting) resolve(outcome)
  }

  /** An answer that broke off, whose handler gives the same bytes again: a file, mostly. The purchase is free for who completes it. */
  addPart(id: string, part: Omit<Part, 'request'>): void {
    const { request = '' } = this.#entries.get(id) ?? {}
    this.#parts.set(id, { ...part, request })
    if (this.#parts.size > mostParts) {
      const [oldest = ''] = this.#parts.keys()
      this.#parts.get(oldest)?.body.drop()
      this.#parts.delete(oldest)
    }
    this.end(id, 'unused')
  }

  /** What has been delivered of it, for whoever serves the rest. @throws {RequestDiffersError} */
  takePart(id: string, request: string): Part | undefined {
    const part = this.#parts.get(id)
    if (part === undefined) return undefined
    if (part.request !== request) throw new RequestDiffersError(part.request, request)
    this.#parts.delete(id)
    return part
  }

  /** An answer has broken off. Whether the same payment may try again. */
  mayRetry(id: string): boolean {
    const count = (this.#failures.get(id) ?? 0) + 1
    this.#failures.set(id, count)
    if (this.#failures.size > this.#most) this.#failures.delete(this.#failures.keys().next().value as string)
    return count < mostFailures
  }

  #forget(): void {
    while (this.#kept.length - this.#oldest > this.#most || this.#bytes > this.#mostBytes) {
      const id = this.#kept[this.#oldest++] as string
      const outcome = this.#entries.get(id)?.outcome
      if (typeof outcome === 'object') {
        this.#bytes -= outcome.body.bytes?.length ?? 0
        outcome.body.drop()
      }
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

/** The answer to a purchase has begun to leave, and cannot be given again. */
export class AnswerGoneError extends SunledgerError {
  override readonly name = 'AnswerGoneError'
  constructor() {
    super('SL633', 'The purchase has been charged and its answer has begun to leave; it cannot be given again.', {
      expected: 'an answer that came to its end and could be kept',
      actual: 'an answer that was broken off, or too large to be kept',
      hint: 'The receipt buys nothing more. Pay again to get the answer anew.',
      status: 409,
    })
  }
}
