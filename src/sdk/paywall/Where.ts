/** Where a request was sent and by whom, as far as the application trusts its proxies: the names that payments are made for and bound to. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { bodyName } from './Answers.ts'

/** A request as Express has it; plain Node requests will do. */
export interface PaywallRequest extends IncomingMessage {
  readonly originalUrl?: string
  readonly protocol?: string
  /** The client's address, past the proxies that the application trusts. */
  readonly ip?: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: as Express types it
  readonly query?: any
  // biome-ignore lint/suspicious/noExplicitAny: as Express types it
  readonly params?: any
  // biome-ignore lint/suspicious/noExplicitAny: as Express types it
  body?: any
}

interface Application {
  get?(name: string): unknown
}

/** What the nearest proxy says, where the application trusts it: Express's own setting `trust proxy`. */
const forwardedHost = (request: PaywallRequest): string | undefined => {
  const given = request.headers['x-forwarded-host']
  if (typeof given !== 'string') return undefined
  const app = (request as { app?: Application }).app
  const trusts = app?.get?.('trust proxy fn')
  const isTrusted = typeof trusts === 'function' && trusts(request.socket.remoteAddress, 0) === true
  return isTrusted ? given.split(',')[0]?.trim() : undefined
}

/** The target in the form that clients of a proxy send: http://host/path. */
const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i

/** The address that the request was sent to. @param origin what this server calls itself, if not what the request says */
export const urlOf = (request: PaywallRequest, origin: string | undefined): string => {
  const target = request.originalUrl ?? request.url ?? '/'
  const whole = target.startsWith('/') ? null : absolute.exec(target)
  const path = whole === null ? target : whole[2] === '' ? '/' : (whole[2] as string)
  const host = forwardedHost(request) ?? whole?.[1] ?? request.headers.host ?? ''
  const place = path.startsWith('/') ? path : `/${path}`
  return `${origin ?? `${request.protocol ?? 'http'}://${host}`}${place}`
}

/** The network that one client has: an IPv4 address, or the first half of an IPv6 one. */
export const networkOf = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0')
  return `${[...first, ...middle, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** Whose request it is, as far as its address tells. */
export const clientOf = (request: PaywallRequest): string => networkOf(request.ip ?? request.socket.remoteAddress ?? '')

/** Headers that differ between two sendings of one request. */
const volatile =
  /^(payment-signature|x-payment|access-control-expose-headers|connection|keep-alive|date|x-request-id|x-correlation-id|traceparent|tracestate)$/

/** Names all of a request that its price may follow from; undefined: it cannot be told from another. */
export const nameOf = (request: PaywallRequest, url: string): string | undefined => {
  const body = bodyName(request.body)
  if (body === undefined) return undefined
  const headers = Object.entries(request.headers)
    .filter(([name]) => !volatile.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const seen = JSON.stringify([request.method, url, body, clientOf(request), headers])
  return createHash('sha256').update(seen).digest('base64')
}
