/**
 * A request as `robot.fetch` got it, ready to be sent more than once; and what it becomes where a redirect leads. To another origin go
 * neither credentials nor keys nor payments: only what says which answer is wanted.
 */
import * as X402 from '../../core/X402.ts'
import * as Keccak from '../../crypto/Keccak.ts'
import * as Option from '../Option.ts'
import { OptionInvalidError } from '../Option.ts'

export interface PaidInit extends RequestInit {
  /** Most that this request may cost: decimal text, or atomic units; default: the robot's limit for a request. */
  readonly maxAmount?: string | bigint | undefined
  /** Idempotency key: the same URL and key are charged once, ever. Keep it to yourself and the server. Default: random. */
  readonly key?: string | undefined
  /** How long a paid request is tried again while the server cannot be reached; default 10 000. */
  readonly retryForMs?: number | undefined
  /** Longest wait for one whole answer, its body included; default 60 000. */
  readonly timeoutMs?: number | undefined
  /** Largest answer that is taken; default 64 MiB. */
  readonly maxBytes?: number | undefined
}

export interface Asked {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: NonNullable<RequestInit['body']> | null
  /** The idempotency key for this origin. */
  readonly key: string
  readonly init: PaidInit
  /** Where the program asked. */
  readonly first: URL
}

/** Headers that may go to another origin: what a page may send anywhere (Fetch standard, 2.2.2), and who asks. */
const harmless = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-language',
  'content-type',
  'range',
  'user-agent',
])
/** As long as timers go. */
const mostMs = 2 ** 31 - 1
/** As `fetch`. */
const redirects = new Set([301, 302, 303, 307, 308])

export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** It was sent on over a connection that anybody can read and change, from one that nobody could. */
export const isDowngraded = ({ url, first }: Asked): boolean => first.protocol === 'https:' && url.protocol !== 'https:'

/** @throws {OptionInvalidError} */
export const urlOf = (input: string | URL | Request): URL => {
  const text = input instanceof Request ? input.url : input
  if (!(typeof text === 'string' || text instanceof URL) || !URL.canParse(String(text)))
    throw new OptionInvalidError('the URL', 'an absolute URL', text)
  const url = new URL(text)
  url.hash = ''
  return url
}

/** A header's value; and paywalls take at most 256 characters. */
const keyOf = (key: unknown): string => {
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,256}$/.test(key) || key.trim() !== key)
    throw new OptionInvalidError('key', 'text of 1 to 256 printable ASCII characters', key)
  return key
}

/** @throws {OptionInvalidError} */
export const prepare = async (
  input: string | URL | Request,
  init: PaidInit,
  freshKey: () => string,
): Promise<Asked> => {
  if (typeof init !== 'object' || init === null) throw new OptionInvalidError('the options', 'an object', init)
  const request = input instanceof Request ? input : undefined
  const url = urlOf(input)
  const given = init.body ?? (request?.body === null ? undefined : request?.clone().body)
  const { maxAmount, key: own, retryForMs, timeoutMs, maxBytes, ...plain } = init
  if (retryForMs !== undefined) Option.number('retryForMs', retryForMs, 0, mostMs)
  if (timeoutMs !== undefined) Option.number('timeoutMs', timeoutMs, 1, mostMs)
  if (maxBytes !== undefined) Option.number('maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER)
  try {
    const method = (init.method ?? request?.method ?? 'GET').toUpperCase()
    // It may be sent more than once, so it is read whole.
    const body = given instanceof ReadableStream ? await new Response(given).arrayBuffer() : (given ?? null)
    const headers = new Headers(init.headers ?? request?.headers)
    const key = keyOf(own ?? headers.get(X402.headers.key) ?? freshKey())
    headers.set(X402.headers.key, key)
    // Says what `fetch` would not take.
    new Request(url, { ...plain, method, headers, body })
    const redirect = init.redirect ?? request?.redirect ?? 'follow'
    const signal = init.signal ?? request?.signal
    const all = { ...init, redirect, ...(signal === undefined ? {} : { signal }) }
    return { url, method, headers, body, key, init: all, first: url }
  } catch (error) {
    if (error instanceof OptionInvalidError) throw error
    throw new OptionInvalidError('the request', 'what `fetch` takes', (error as Error).message)
  }
}

/** Without what is for the server that was asked. */
const stripped = (headers: Headers): Headers => {
  const rest = new Headers()
  for (const [name, value] of headers) if (harmless.has(name)) rest.set(name, value)
  return rest
}

/**
 * The request as a redirect has it, as the Fetch standard says; undefined where it is none, or none that can be followed.
 * @param isPaid the answer was paid for: what it leads to gets neither key nor payment, also on the same origin
 */
export const redirected = (asked: Asked, response: Response, isPaid = false): Asked | undefined => {
  const location = response.headers.get('location')
  if (!redirects.has(response.status) || location === null || !URL.canParse(location, asked.url.href)) return undefined
  const url = new URL(location, asked.url)
  if (!/^https?:$/.test(url.protocol)) return undefined
  const isNew = response.status === 303 || (response.status < 303 && asked.method === 'POST')
  const method = isNew && !isSafe(asked.method) ? 'GET' : asked.method
  // What was bought is not asked for once more by the way.
  if (isPaid && !isSafe(method)) return undefined
  const isElsewhere = url.origin !== asked.url.origin
  const headers = isElsewhere ? stripped(asked.headers) : new Headers(asked.headers)
  const body = method === asked.method ? asked.body : null
  if (body === null) headers.delete('content-type')
  // Another key for each server, the same each time, so that one cannot show another's payment, and the same is still charged once.
  const key = isElsewhere ? Keccak.ofText(`${url.origin} ${asked.key}`) : asked.key
  if (isPaid) headers.delete(X402.headers.key)
  else headers.set(X402.headers.key, key)
  return { ...asked, url, method, headers, body, key }
}

/** The same request under another key. */
export const withKey = ({ headers: given }: Asked, key: string): Pick<Asked, 'headers' | 'key'> => {
  const headers = new Headers(given)
  headers.set(X402.headers.key, key)
  return { headers, key }
}
