/**
 * Every error leaves as an RFC 9457 problem. What is ours carries its code; what the HTTP layer below us found (a body that is too large,
 * no JSON) gets one; anything else is our mistake: it is logged, and the caller learns only that.
 */
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import { SunledgerError } from '../core/Errors.ts'

export const send = (response: Response, error: SunledgerError): void => {
  if (error.status === 429 || error.status === 503) response.setHeader('retry-after', '1')
  response.status(error.status).type('application/problem+json').send(JSON.stringify(error.toProblem()))
}

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
  (log: (error: unknown) => void): ErrorRequestHandler =>
  (error, _request, response, _next) => {
    const problem = from(error)
    if (problem instanceof InternalError) log(error)
    if (response.headersSent) response.destroy()
    else send(response, problem)
  }

export class RouteUnknownError extends SunledgerError {
  override readonly name = 'RouteUnknownError'
  constructor(actual: string) {
    super('SL604', 'There is no such route.', {
      actual: actual.slice(0, 200),
      hint: 'src/README.md lists the routes.',
      status: 404,
    })
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
