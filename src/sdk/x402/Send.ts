/**
 * One request of a robot to a server that it may pay: bounded in time and size, whole answer included, and followed by hand where it is
 * redirected. Whatever fails is a typed error; only the program's own signal ends it with the program's own reason.
 */
import { SunledgerError } from '../../core/Errors.ts'
import * as X402 from '../../core/X402.ts'
import { AnswerTooLargeError } from '../Bounded.ts'
import * as Loopback from '../Loopback.ts'
import { type Asked, isSafe, redirected } from './Asked.ts'

/** As `fetch`. */
const mostHops = 20
const usual = { timeoutMs: 60_000, maxBytes: 64 << 20, retryForMs: 10_000 }
const passing = new Set([502, 503, 504])

/** Sends a request; again while the server cannot be reached, where twice is as good as once. @throws {ServerUnreachableError} */
export const send = async (asked: Asked, signature?: string): Promise<Response> => {
  const { init } = asked
  const isPaid = signature !== undefined
  const isRepeatable = isPaid || isSafe(asked.method)
  const deadline = performance.now() + (init.retryForMs ?? usual.retryForMs)
  for (let attempt = 0; ; attempt++) {
    const last = !isRepeatable || performance.now() + 100 > deadline || init.signal?.aborted === true
    try {
      const response = await once(asked, signature)
      // A failure of the handler says what was charged; one without is of something on the way.
      const isOnTheWay = passing.has(response.status) && !response.headers.has('sunledger-charge')
      if (last || !isOnTheWay || !isPaid) return response
      await drop(response)
    } catch (cause) {
      if (init.signal?.aborted === true) throw cause
      if (last) throw new ServerUnreachableError(asked.url, cause, isPaid)
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2)))
  }
}

/** As `send`, and follows where it leads, without payment: the last answer, and the request that it answers. */
export const follow = async (asked: Asked, isPaid = false): Promise<{ at: Asked; response: Response }> => {
  let at = asked
  for (let hops = 0; ; hops++) {
    const response = await send(at)
    const next = redirected(at, response, isPaid)
    if (next === undefined || asked.init.redirect === 'manual') return { at, response }
    await drop(response)
    if (asked.init.redirect === 'error') throw new ServerUnreachableError(at.url, new Error('it redirects'), false)
    if (hops === mostHops) throw new ServerUnreachableError(at.url, new Error(`more than ${mostHops} redirects`), false)
    at = next
  }
}

/** What an answer is needed for no more. */
export const drop = async (response: Response): Promise<void> => {
  await response.body?.cancel().catch(() => {})
}

/** The beginning of an answer, for a message. */
export const excerpt = async (response: Response, most = 300): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length >= most) break
    }
  } catch {
    // What came says more than that no more came.
  }
  return text.slice(0, most)
}

const once = async (
  { url, method, headers: given, body, init, first }: Asked,
  signature?: string,
): Promise<Response> => {
  const headers = new Headers(given)
  if (signature !== undefined) headers.set(X402.headers.signature, signature)
  const { maxAmount, key, retryForMs, timeoutMs = usual.timeoutMs, maxBytes = usual.maxBytes, ...rest } = init
  const late = AbortSignal.timeout(timeoutMs)
  const signal = init.signal ? AbortSignal.any([init.signal, late]) : late
  Loopback.keepDirect(url)
  const response = await fetch(url, { ...rest, method, headers, body, signal, redirect: 'manual' })
  return bounded(response, { url, maxBytes, isPaid: signature !== undefined, own: init.signal, isMoved: url !== first })
}

interface Bounds {
  readonly url: URL
  readonly maxBytes: number
  readonly isPaid: boolean
  readonly own: AbortSignal | null | undefined
  readonly isMoved: boolean
}

/** The same answer, with a body that ends at the bounds. */
const bounded = (response: Response, { url, maxBytes, isPaid, own, isMoved }: Bounds): Response => {
  const reader = response.body?.getReader()
  if (reader === undefined) return Object.defineProperty(response, 'redirected', { value: isMoved })
  let size = 0
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        size += value.byteLength
        if (size > maxBytes) throw new AnswerTooLargeError(url.href, maxBytes)
        controller.enqueue(value)
      } catch (cause) {
        const isTyped = cause instanceof SunledgerError || own?.aborted === true
        controller.error(isTyped ? cause : new ServerUnreachableError(url, cause, isPaid))
        await reader.cancel().catch(() => {})
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
  const { status, statusText, headers } = response
  const same = new Response(body, { status, statusText, headers })
  return Object.defineProperties(same, { url: { value: response.url }, redirected: { value: isMoved } })
}

/** A server cannot be reached. */
export class ServerUnreachableError extends SunledgerError {
  override readonly name = 'ServerUnreachableError'
  constructor(url: URL, cause: unknown, isPaid: boolean) {
    const { cause: inner, message } = cause as { cause?: { message?: string }; message?: string }
    super('SL679', 'The server cannot be reached.', {
      expected: `a whole answer from ${url.origin} in time`,
      actual: inner?.message || message || String(cause),
      hint: isPaid
        ? 'It was paid. Call again with the same `key`: it is charged once, and gets the answer.'
        : 'Nothing was paid.',
      status: 503,
      cause,
    })
  }
}
