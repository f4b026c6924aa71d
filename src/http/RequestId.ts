/**
 * A name for each request, in the answer, in problems and in the log, so that what a client saw can be found there. A client may bring its
 * own, as long as it is harmless to write down.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const harmless = /^[A-Za-z0-9._-]{1,64}$/

const ids = new WeakMap<IncomingMessage, string>()

/** The same for the same request, however often it is asked for. */
export const of = (request: IncomingMessage): string => {
  const known = ids.get(request)
  if (known !== undefined) return known
  const brought = request.headers['x-request-id']
  const id = typeof brought === 'string' && harmless.test(brought) ? brought : randomUUID()
  ids.set(request, id)
  return id
}
