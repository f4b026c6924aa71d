/**
 * A name for each request, in the answer, in problems and in the log, so that what a client saw can be found there. A client may bring its
 * own, as long as it is harmless to write down.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const harmless = /^[A-Za-z0-9._-]{1,64}$/

/** Kept on the request itself: a WeakMap was measured at ten times the cost. */
const key = Symbol('request id')
type Named = IncomingMessage & { [key]?: string }

/** The one that a client brought, where it is harmless; else a new one. */
export const from = (brought: unknown): string =>
  typeof brought === 'string' && harmless.test(brought) ? brought : randomUUID()

/** The same for the same request, however often it is asked for. */
export const of = (request: IncomingMessage): string => {
  const named = request as Named
  named[key] ??= from(request.headers['x-request-id'])
  return named[key]
}
