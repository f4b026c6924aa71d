/**
 * Who may call: any website a user visits can send requests to a service on loopback, so the Host must be one that the service was given,
 * a request from a page must come from the service's own pages, and the operator's routes want the operator's token.
 */
import { timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { SunledgerError } from '../core/Errors.ts'

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** A Host header's name, without the port. */
const nameOf = (host: string): string => host.replace(/:\d+$/, '')

/**
 * Refuses requests under another name than the service's own, and from other sites' pages.
 * @param host what the service is bound to; `extra` names are allowed besides it and loopback
 */
export const sameHost = (host: string, extra: readonly string[] = []): RequestHandler => {
  const names = [...loopback, host.includes(':') ? `[${host}]` : host, ...extra].map((name) => name.toLowerCase())
  const allowed = new Set(names)
  return (request, _response, next) => {
    const called = (request.headers.host ?? '').toLowerCase()
    if (!allowed.has(nameOf(called))) throw new HostRefusedError('Host', [...allowed].join(', '), called)
    // The port counts: another program's pages on the same machine are foreign too.
    const origin = request.headers.origin?.toLowerCase()
    if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== called)
      throw new HostRefusedError('Origin', called, origin)
    next()
  }
}

/** Lets the operator through. */
export const operator = (token: string): RequestHandler => {
  const expected = Buffer.from(token)
  return (request, _response, next) => {
    // A scheme's name has no case (RFC 9110, 11.1).
    const given = Buffer.from(/^bearer +(.*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '')
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
