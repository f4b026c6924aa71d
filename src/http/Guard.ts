/**
 * Who may call: any website a user visits can send requests to a service on loopback, so the Host must be one that the service was given,
 * a request from a page must come from the service's own pages, and the operator's routes want the operator's token.
 */
import { timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { SunledgerError } from '../core/Errors.ts'
import type { Foreign, Hosts } from '../core/Hosts.ts'
import type { Cors } from './Cors.ts'

/** Refuses requests under another name than the service's own, and from other sites' pages. */
export const sameHost = (hosts: Hosts): RequestHandler => {
  return ({ headers }, _response, next) => {
    const foreign = hosts.foreign({ host: headers.host, origin: headers.origin })
    if (foreign !== undefined) throw new HostRefusedError(foreign)
    next()
  }
}

/** Refuses pages of other origins, also those that may call all else: a token that a page elsewhere has is in wrong hands. */
export const ownPages = (cors: Cors): RequestHandler => {
  return (request, response, next) => {
    if (!cors.isElsewhere(request)) return next()
    response.removeHeader('access-control-allow-origin')
    const { host = '', origin = '' } = request.headers
    throw new HostRefusedError({ header: 'Origin', expected: host, actual: origin })
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
  constructor({ header, expected, actual }: Foreign) {
    super('SL602', `The ${header} header names another host.`, {
      expected,
      actual: actual.slice(0, 100),
      hint:
        header === 'Host'
          ? 'Start the service with --allow-host NAME to let it answer under another name.'
          : 'Start the service with --allow-origin ORIGIN to let pages of another origin call it; the operator’s routes stay closed to them.',
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
