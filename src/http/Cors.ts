/**
 * Pages of other origins that may call (`--allow-origin`): what their browsers have to be told (the Fetch standard's CORS protocol). Nothing is said
 * to anybody else, never `*`, and never that credentials count: the service knows none but the operator's token, which no page elsewhere may use.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Hosts } from '../core/Hosts.ts'
import type { Route } from './Route.ts'

/** What such a page may read of an answer besides its body. */
const exposed = 'x-request-id, retry-after, ratelimit, ratelimit-policy, etag'
/** What it may send. */
const accepted = 'content-type, last-event-id, if-none-match, x-request-id'
/** Seconds for which a browser need not ask again. */
const maxAge = '600'

export interface Cors {
  /** Marks the answer, where the request comes from a page that may read it: before anything can be answered or refused. */
  mark(request: IncomingMessage, response: ServerResponse): void
  /** Answers whether a page may ask; false: the request asks something else, or there is nothing for pages there. */
  preflight(request: IncomingMessage, response: ServerResponse, routes: readonly Route[]): boolean
  /** Whether a request comes from a page elsewhere. */
  isElsewhere(request: IncomingMessage): boolean
  /** Whether there are any at all. */
  readonly isOn: boolean
}

/** Routes that pages elsewhere may call. */
const isForPages = ({ access }: Route): boolean => access !== 'operator'

export const create = (hosts: Pick<Hosts, 'isNamedOrigin'>, isOn: boolean): Cors => {
  const isElsewhere = ({ headers }: IncomingMessage): boolean => isOn && hosts.isNamedOrigin(headers.origin)
  return {
    isOn,
    isElsewhere,
    mark(request, response) {
      if (!isOn) return
      // Else a cache would give one page what was said to another.
      response.setHeader('vary', 'Origin')
      if (!isElsewhere(request)) return
      response.setHeader('access-control-allow-origin', request.headers.origin as string)
      response.setHeader('access-control-expose-headers', exposed)
    },
    preflight(request, response, routes) {
      const { headers } = request
      const methods = routes.filter(isForPages).map(({ method }) => method.toUpperCase())
      if (!isElsewhere(request) || headers['access-control-request-method'] === undefined || methods.length === 0)
        return false
      response.setHeader('access-control-allow-methods', methods.join(', '))
      response.setHeader('access-control-allow-headers', accepted)
      response.setHeader('access-control-max-age', maxAge)
      // A page of the internet asks for something on this machine.
      if (headers['access-control-request-private-network'] === 'true')
        response.setHeader('access-control-allow-private-network', 'true')
      response.writeHead(204).end()
      return true
    },
  }
}
