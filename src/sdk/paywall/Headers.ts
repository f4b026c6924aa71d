/** Response headers as the paywall handles them: those of the handler told apart from those of the application, and what pages may read. */
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Headers as `writeHead` takes them: an object, a flat list, or a list of pairs. */
export const setAll = (response: ServerResponse, given: unknown): void => {
  if (Array.isArray(given)) {
    const pairs = Array.isArray(given[0])
      ? given
      : given.flatMap((name, i) => (i % 2 === 0 ? [[name, given[i + 1]]] : []))
    for (const [name, value] of pairs) response.setHeader(name, value)
  } else if (typeof given === 'object' && given !== null)
    for (const [name, value] of Object.entries(given))
      if (value !== undefined) response.setHeader(name, value as string)
}

const exposed = [
  ...['PAYMENT-REQUIRED', 'PAYMENT-RESPONSE', 'X-PAYMENT-RESPONSE', 'Sunledger-Charge', 'Sunledger-Session'],
  ...['Idempotent-Replayed', 'Retry-After'],
]

const allExposed = exposed.join(', ')

/** Browsers show other origins' pages only the headers that are named. What the application names stays named. */
export const expose = (response: ServerResponse): void => {
  const own = response.getHeader('access-control-expose-headers')
  if (own === undefined) {
    response.setHeader('access-control-expose-headers', allExposed)
    return
  }
  const named = String(own)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const lower = new Set(named.map((name) => name.toLowerCase()))
  if (lower.has('*')) lower.clear()
  const missing = exposed.filter((name) => !lower.has(name.toLowerCase()))
  response.setHeader('access-control-expose-headers', [...named, ...missing].join(', '))
}

const isSame = (a: OutgoingHttpHeader | undefined, b: OutgoingHttpHeader | undefined): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => value === b[i]))

/** Of one connection or one answer's length, and of no other. */
const passing = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'content-length'])

/** What has been set since `before`. */
export const since = (before: OutgoingHttpHeaders, response: ServerResponse): OutgoingHttpHeaders => {
  const now = response.getHeaders()
  const found: OutgoingHttpHeaders = {}
  for (const name in now) if (!passing.has(name) && !isSame(before[name], now[name])) found[name] = now[name]
  return found
}

/** Takes back what has been set since `before`. */
export const restore = (before: OutgoingHttpHeaders, response: ServerResponse): void => {
  for (const name of response.getHeaderNames()) if (!(name in before)) response.removeHeader(name)
  setAll(response, before)
}

/** Headers that speak of a body's bytes. */
const ofBody = ['content-encoding', 'content-range', 'etag', 'last-modified', 'trailer']

/** Another body comes in the place of a dropped one: what was said of that one goes, unless it has been said anew. */
export const dropBody = (dropped: OutgoingHttpHeaders, response: ServerResponse): void => {
  for (const name of ofBody) if (isSame(dropped[name], response.getHeader(name))) response.removeHeader(name)
}
