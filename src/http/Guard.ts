/**
 * Who may call: any website a user visits can send requests to a service on loopback, so the Host must be one that the service was given,
 * a request from a page must come from the service's own pages, and the operator's routes want the operator's token.
 */
import { timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { SunledgerError } from '../core/Errors.ts'

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** The host of a Host header or of an origin, without its port. */
const hostOf = (text: string): string => text.replace(/^https?:\/\//, '').replace(/:\d+$/, '')

/**
 * Refuses requests under another name than the service's own, and from other sites' pages.
 * @param host what the service is bound to; `extra` names are allowed besides it and loopback
 */
export const sameHost = (host: string, extra: readonly string[] = []): RequestHandler => {
  const allowed = new Set([...loopback, host, ...extra])
  return (request, _response, next) => {
    const name = hostOf(request.headers.host ?? '')
    if (!allowed.has(name)) throw new HostRefusedError('Host', [...allowed].join(', '), name)
    const origin = request.headers.origin
    if (origin !== undefined && hostOf(origin) !== name) throw new HostRefusedError('Origin', name, origin)
    next()
  }
}

/** Lets the operator through. */
export const operator = (token: string): RequestHandler => {
  const expected = Buffer.from(`Bearer ${token}`)
  return (request, _response, next) => {
    const given = Buffer.from(request.headers.authorization ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new OperatorOnlyError()
    next()
  }
}

/** The request comes under a foreign name, or from a foreign page. */
export class HostRefusedError extends SunledgerError {
  override readonly name = 'HostRefusedError'
  constructor(header: string, expected: string, actual: string) {
    super('SL602', `The ${header} header names another host.`, {
      expected,
      actual: actual.slice(0, 100),
      hint: 'Start the service with --allow-host NAME to let it answer under another name.',
      status: 403,
    })
  }
}

/** Only the operator may do this. */
export class OperatorOnlyError extends SunledgerError {
  override readonly name = 'OperatorOnlyError'
  constructor() {
    super('SL603', 'Only the operator may do this.', {
      expected: 'authorization: Bearer and the operator’s token, from keys.json in the data folder',
      status: 401,
    })
  }
}
