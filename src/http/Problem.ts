/**
 * Every error leaves as an RFC 9457 problem. What is ours carries its code; what the HTTP layer below us found (a body that is too large,
 * no JSON) gets one; anything else is our mistake: it is logged, and the caller learns only that.
 */
import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { type Problem, SunledgerError } from '../core/Errors.ts'
import { RateLimitedError } from '../core/Rate.ts'
import * as RequestId from './RequestId.ts'

const type = 'application/problem+json; charset=utf-8'

/** A problem as it stands in the answer to a request. */
const write = (error: SunledgerError, requestId: string): string =>
  JSON.stringify({ ...error.toProblem(), instance: `/requests/${requestId}` } satisfies Problem & { instance: string })

/** When to come back (RFC 9110), and where there is a rate, which (draft-ietf-httpapi-ratelimit-headers). */
const headersOf = (error: SunledgerError): { [name: string]: string } => {
  const headers: { [name: string]: string } = { 'content-type': type }
  const { status, retryAfterSeconds = 1 } = error
  if (status === 429 || status === 503) headers['retry-after'] = String(retryAfterSeconds)
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  if (error instanceof RateLimitedError) {
    const { perSecond, burst } = error.rate
    headers['ratelimit-policy'] = `"rate";q=${burst};w=${Math.ceil(burst / perSecond)}`
    headers['ratelimit'] = `"rate";r=0;t=${retryAfterSeconds}`
  }
  return headers
}

/** Answers a request with a problem. */
export const send = (request: IncomingMessage, response: ServerResponse, error: SunledgerError): void => {
  const body = write(error, RequestId.of(request))
  response.writeHead(error.status, { ...headersOf(error), 'content-length': Buffer.byteLength(body) }).end(body)
}

/** A whole answer as text. */
const whole = (error: SunledgerError, id: string, connection: { [name: string]: string }): string => {
  const body = write(error, id)
  const length = String(Buffer.byteLength(body))
  const headers = { ...headersOf(error), 'x-request-id': id, 'content-length': length, ...connection }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

/** For a request that could not be read at all. */
export const raw = (error: SunledgerError): string => whole(error, randomUUID(), { connection: 'close' })

/** The same answer many times: it is made once for ids of each length, and only the id is put in. The connection stays open. */
export const prepare = (error: SunledgerError, keepAliveMs: number): ((requestId: string) => string) => {
  const connection = { connection: 'keep-alive', 'keep-alive': `timeout=${keepAliveMs / 1000}` }
  const parts = new Map<number, readonly string[]>()
  return (id) => {
    let made = parts.get(id.length)
    if (made === undefined) {
      // No answer has such a mark in it, and it is as long as the id.
      const mark = '~'.repeat(id.length)
      made = whole(error, mark, connection).split(new RegExp(`(?<!~)${mark}(?!~)`))
      parts.set(id.length, made)
    }
    return made.join(id)
  }
}

export const notFound: RequestHandler = (request) => {
  throw new RouteUnknownError(`${request.method} ${request.path}`)
}

interface BodyError {
  readonly type?: string
  readonly status?: number
  readonly limit?: number
  readonly message: string
}

/** Whatever was thrown, as one of ours. */
export const from = (error: unknown): SunledgerError => {
  if (error instanceof SunledgerError) return error
  const { type: kind, status, message, limit } = error as BodyError
  if (kind === 'entity.too.large') return new BodyTooLargeError(limit ?? 0)
  if (status !== undefined && status >= 400 && status < 500) return new BodyInvalidError(message, status)
  return new InternalError()
}

/** Answers a request in which something was thrown. */
export const answer =
  (log: (error: unknown, requestId: string) => void) =>
  (error: unknown, request: IncomingMessage, response: ServerResponse): void => {
    const problem = from(error)
    if (problem instanceof InternalError) log(error, RequestId.of(request))
    if (response.headersSent) response.destroy()
    else send(request, response, problem)
  }

export const handler = (log: (error: unknown, requestId: string) => void): ErrorRequestHandler => {
  const tell = answer(log)
  return (error, request, response, _next) => tell(error, request, response)
}

export class RouteUnknownError extends SunledgerError {
  override readonly name = 'RouteUnknownError'
  constructor(actual: string) {
    super('SL604', 'There is no such route.', {
      actual: actual.slice(0, 200),
      hint: 'GET /docs lists the routes.',
      status: 404,
    })
  }
}

export class MethodUnknownError extends SunledgerError {
  override readonly name = 'MethodUnknownError'
  constructor(actual: string, expected: string) {
    super('SL614', 'The route does not have this method.', { expected, actual, status: 405 })
  }
}

export class BodyTooLargeError extends SunledgerError {
  override readonly name = 'BodyTooLargeError'
  constructor(mostBytes: number) {
    super('SL605', 'The body is too large.', {
      expected: `at most ${mostBytes} bytes`,
      hint: 'Send fewer at once.',
      status: 413,
    })
  }
}

export class BodyInvalidError extends SunledgerError {
  override readonly name = 'BodyInvalidError'
  constructor(actual: string, status: number) {
    super('SL606', 'The request cannot be read.', { expected: 'a JSON body', actual: actual.slice(0, 200), status })
  }
}

export class InternalError extends SunledgerError {
  override readonly name = 'InternalError'
  constructor() {
    super('SL607', 'The service made a mistake.', {
      hint: 'It is in the service’s log. Whether a payment was accepted: GET /v1/payments/:id.',
      status: 500,
    })
  }
}
