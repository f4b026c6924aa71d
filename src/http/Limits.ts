/** What the server takes from whom, and how it refuses more. Every bound is a flag of `serve`; 0 there means none. */
import { SunledgerError } from '../core/Errors.ts'
import type { Rate } from '../core/Rate.ts'

export interface Limits {
  /** Addresses and networks (`10.0.0.0/8`) of proxies that say whom they speak for in X-Forwarded-For; nobody else's word counts. */
  readonly trustedProxies: readonly string[]
  /** Of a request's body. */
  readonly bodyBytes: number
  /** Of a request's line and headers together. */
  readonly headerBytes: number
  /** Open at once. A new one takes the place of the one that has been idle or half-said longest. */
  readonly connections: number
  /** Event streams open at once, of all kinds. */
  readonly streams: number
  /** Listeners of one account; and of the service, and pages, each. */
  readonly streamsPerAccount: number
  readonly streamsPerTopic: number
  /**
   * Of one address, where addresses tell clients apart: not on loopback, where all have the same. What an account may do is limited by
   * the service.
   */
  readonly perAddress: {
    readonly connections: number
    readonly streams: number
    readonly requests: Rate | undefined
    /** Requests that are no payments and wait at once. */
    readonly waitingReads: number
  }
  /** Requests that are no payments and wait at once in one lane (`Reads`). */
  readonly waitingReads: number
  /** Share of the time that all but payments has while payments wait. */
  readonly readShare: number
  /** How long an answer counts that is the same for everybody, such as metrics. */
  readonly sharedMs: number
  /** How long a payment that is let in may have to wait, by how fast others are being answered; who comes then is told to come back. */
  readonly mostWaitMs: number
  /** Requests for payments that are being worked on at once, however fast they are answered. */
  readonly pendingRequests: number
  /** Payments in them: a request may hold a thousand. */
  readonly pendingPayments: number
  /** Payments and legs of sales that wait for others at once. */
  readonly waitingPayments: number
  /** Bytes of unfinished requests and untaken answers at once; past it, who holds most is cut off. */
  readonly heldBytes: number
  /** How long a request's headers may take to arrive. */
  readonly headersMs: number
  /** How long a whole request may take to arrive. */
  readonly requestMs: number
  /** How long a client may take nothing of an answer. */
  readonly stalledMs: number
}

export const defaults: Limits = {
  trustedProxies: [],
  bodyBytes: 1_048_576,
  headerBytes: 16_384,
  connections: 10_000,
  streams: 5_000,
  streamsPerAccount: 256,
  streamsPerTopic: 1_000,
  perAddress: { connections: 1_000, streams: 200, requests: { perSecond: 2_000, burst: 4_000 }, waitingReads: 64 },
  waitingReads: 1_024,
  readShare: 0.2,
  sharedMs: 1_000,
  mostWaitMs: 100,
  pendingRequests: 1_024,
  pendingPayments: 8_192,
  waitingPayments: 20_000,
  heldBytes: 134_217_728,
  headersMs: 10_000,
  requestMs: 30_000,
  stalledMs: 60_000,
}

/** More payments come than can be worked on. */
export class OverloadedError extends SunledgerError {
  override readonly name = 'OverloadedError'
  constructor() {
    super('SL616', 'The service has more payments at hand than it can answer soon.', {
      hint: 'Send the very same payment again after Retry-After. Nothing was accepted.',
      status: 503,
      retryAfterSeconds: 1,
    })
  }
}

/** The service is not up yet, or is going down. */
export class NotReadyError extends SunledgerError {
  override readonly name = 'NotReadyError'
  constructor(state: 'starting' | 'stopping') {
    super('SL617', `The service is ${state}.`, {
      hint: 'Ask again after Retry-After. GET /readyz says when it is ready.',
      status: 503,
      retryAfterSeconds: 1,
    })
  }
}

/** The service ends before it could answer. */
export class CutOffError extends SunledgerError {
  override readonly name = 'CutOffError'
  constructor() {
    super('SL618', 'The service stopped before it could answer.', {
      hint: 'What was asked for may have been done. A payment: send the very same again. Anything else: look before you repeat it.',
      status: 503,
      retryAfterSeconds: 1,
    })
  }
}

/** The request line and headers are larger than is read. */
export class HeadersTooLargeError extends SunledgerError {
  override readonly name = 'HeadersTooLargeError'
  constructor(mostBytes: number) {
    super('SL630', 'The request’s line and headers are too large.', {
      expected: `at most ${mostBytes} bytes`,
      status: 431,
    })
  }
}

/** The request did not arrive in time. */
export class RequestTimedOutError extends SunledgerError {
  override readonly name = 'RequestTimedOutError'
  constructor({ headersMs, requestMs }: Limits) {
    super('SL631', 'The request took too long to arrive.', {
      expected: `headers within ${headersMs / 1000} s, all of it within ${requestMs / 1000} s`,
      status: 408,
    })
  }
}

/** The request expects something that the service does not do. */
export class ExpectationUnmetError extends SunledgerError {
  override readonly name = 'ExpectationUnmetError'
  constructor(actual: string) {
    super('SL632', 'The request expects what the service does not do.', {
      expected: 'no Expect header, or 100-continue',
      actual: actual.slice(0, 100),
      status: 417,
    })
  }
}
