/**
 * The one base of every operating error. An error has a code from one registry (`src/ERRORS.md`), an HTTP status, says what was
 * expected and what came, and what to do. A programmer's mistake is an assertion, not one of these.
 *
 * Codes: SL1xx quantities, SL2xx ledger, SL3xx payments, debits and credits, SL4xx store, SL5xx chain, SL6xx HTTP, SDK and command
 * line, SL7xx inputs, simulation and cost.
 */

import * as Secrets from './Secrets.ts'

/** Where every code is explained: a page of the service, made from `src/ERRORS.md`. */
export const docsPath = '/docs/errors'

/** What an error may say beyond its message. */
export interface ErrorDetails {
  /** What would have been right. */
  readonly expected?: string | undefined
  /** What came instead. */
  readonly actual?: string | undefined
  /** What to do about it. */
  readonly hint?: string | undefined
  /** HTTP status; 400 where none is given. */
  readonly status?: number | undefined
  /** When to ask again. */
  readonly retryAfterSeconds?: number | undefined
  readonly cause?: unknown
}

/** An error as an RFC 9457 problem, the form in which it crosses HTTP. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly expected?: string
  readonly actual?: string
  readonly hint?: string
  readonly retryAfterSeconds?: number
}

/** What came from outside may quote a secret. */
const shown = (text: string | undefined): string | undefined => (text === undefined ? undefined : Secrets.scrub(text))

/** Base class of all operating errors. */
export class SunledgerError extends Error {
  override readonly name: string = 'SunledgerError'
  /** For example `SL204`. */
  readonly code: string
  readonly status: number
  readonly expected: string | undefined
  readonly actual: string | undefined
  readonly hint: string | undefined
  readonly retryAfterSeconds: number | undefined
  /** The message without code, expectation and hint. */
  readonly shortMessage: string

  constructor(code: string, shortMessage: string, details: ErrorDetails = {}) {
    const [expected, actual, hint] = [shown(details.expected), shown(details.actual), shown(details.hint)]
    const brief = Secrets.scrub(shortMessage)
    const parts = [brief]
    if (expected !== undefined) parts.push(`Expected: ${expected}`)
    if (actual !== undefined) parts.push(`Actual: ${actual}`)
    if (hint !== undefined) parts.push(hint)
    super(`${code}: ${parts.join('\n  ')}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.shortMessage = brief
    this.status = details.status ?? 400
    this.expected = expected
    this.actual = actual
    this.hint = hint
    this.retryAfterSeconds = details.retryAfterSeconds
  }

  /** The RFC 9457 problem for this error. */
  toProblem(): Problem {
    return {
      type: `${docsPath}#${this.code.toLowerCase()}`,
      title: this.name.replace(/Error$/, '').replace(/([a-z])([A-Z])/g, '$1 $2'),
      status: this.status,
      code: this.code,
      detail: this.shortMessage,
      ...(this.expected === undefined ? {} : { expected: this.expected }),
      ...(this.actual === undefined ? {} : { actual: this.actual }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds }),
    }
  }
}
