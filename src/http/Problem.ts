/**
 * Every error leaves as an RFC 9457 problem. What is ours carries its code; what the HTTP layer below us found (a body that is too large,
 * no JSON) gets one; anything else is our mistake: it is logged, and the caller learns only that.
 */
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { type Problem, SunledgerError } from '../core/Errors.ts'
import * as RequestId from './RequestId.ts'

/** A problem as it stands in the answer to a request. */
export const write = (error: SunledgerError, requestId: string): Problem & { readonly instance: string } => ({
  ...error.toProblem(),
  instance: `/requests/${requestId}`,
})

export const notFound: RequestHandler = (request) => {
  throw new RouteUnknownError(`${request.method} ${request.path}`)
}

interface BodyError {
  readonly type?: string
  readonly status?: number
  readonly message: string
}

/** Whatever was thrown, as one of ours. */
export const from = (error: unknown): SunledgerError => {
  if (error instanceof SunledgerError) return error
  const { type, status, message } = error as BodyError
  if (type === 'entity.too.large') return new BodyTooLargeError()
  if (status !== undefined && status >= 400 && status < 500) return new BodyInvalidError(message, status)
  return new InternalError()
}

export const handler =
  (log: (error: unknown, requestId: string) => void): ErrorRequestHandler =>
  (error, request, response, _next) => {
    const problem = from(error)
    const id = RequestId.of(request)
    if (problem instanceof InternalError) log(error, id)
    if (response.headersSent) {
      response.destroy()
      return
    }
    const { status } = problem
    if (status === 429 || status === 503) response.setHeader('retry-after', '1')
    if (status === 401) response.setHeader('www-authenticate', 'Bearer')
    response
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify(write(problem, id)))
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
  constructor() {
    super('SL605', 'The body is too large.', { expected: 'at most 1 MiB', hint: 'Send fewer at once.', status: 413 })
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
