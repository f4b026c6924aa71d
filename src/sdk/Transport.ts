/**
 * How bytes get to the service and back. On Node a kept-alive `node:http` agent is the default, because it was measured: many small
 * POSTs cost 50 to 75 µs of processor time each, through `fetch` 210 to 300 µs. A custom `fetch` can be given instead.
 *
 * A transport does one attempt. Whether to try again is `Client`'s to decide; all it needs to know is whether the request can have
 * reached anybody.
 */
import * as http from 'node:http'
import * as https from 'node:https'
import { SunledgerError } from '../core/Errors.ts'
import * as Bounded from './Bounded.ts'
import * as Loopback from './Loopback.ts'

export interface Request {
  readonly method: 'GET' | 'POST'
  /** With the leading slash. */
  readonly path: string
  readonly body?: string
  readonly headers?: { readonly [name: string]: string }
  /** For the whole answer, from when it has a connection. */
  readonly timeoutMs: number
  /** On a connection of its own: a kept-alive one may just be closing, and then nobody knows whether the request was read. */
  readonly alone?: boolean
  /** Waits for somebody else's request, so it may not stand in line with requests that somebody waits for. */
  readonly patient?: boolean
}

export interface Answer {
  readonly status: number
  readonly text: string
  /** Seconds to wait, from Retry-After. */
  readonly retryAfterSeconds: number | undefined
}

/** An open answer whose body arrives over time. */
export interface Stream {
  readonly status: number
  readonly chunks: AsyncIterable<string>
}

export interface Transport {
  /** @throws {ConnectionError} @throws {AnswerTooLargeError} */
  send(request: Request): Promise<Answer>
  /** @throws {ConnectionError} also while reading */
  stream(path: string, headers: { readonly [name: string]: string }, signal: AbortSignal): Promise<Stream>
}

const seconds = (text: string | null | undefined): number | undefined => {
  const value = Number(text ?? Number.NaN)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

// One pair of agents for the process: a thousand robots to one service share its connections. Idle ones do not keep a process alive.
const agents = {
  http: {
    busy: new http.Agent({ keepAlive: true, maxSockets: 64, scheduling: 'fifo' }),
    patient: new http.Agent({ keepAlive: true, maxFreeSockets: 64 }),
  },
  https: {
    busy: new https.Agent({ keepAlive: true, maxSockets: 64, scheduling: 'fifo' }),
    patient: new https.Agent({ keepAlive: true, maxFreeSockets: 64 }),
  },
}

// These say that no connection came about, so nothing was sent.
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

const connectionError = (error: unknown): ConnectionError | SunledgerError => {
  if (error instanceof ConnectionError || error instanceof SunledgerError) return error
  const failure = error as { code?: string; message?: string; cause?: { code?: string; message?: string } }
  const code = failure.code ?? failure.cause?.code ?? ''
  const message = failure.cause?.message || failure.message || String(error)
  return new ConnectionError(message.includes(code) ? message : `${code} ${message}`, !unsent.has(code), error)
}

const lateError = (timeoutMs: number): ConnectionError =>
  new ConnectionError(`no whole answer within ${timeoutMs} ms`, true, undefined)

/** Over `node:http` or `node:https`. */
export const node = (url: URL): Transport => {
  const secure = url.protocol === 'https:'
  const { request: open } = secure ? https : http
  const { busy, patient: unlimited } = secure ? agents.https : agents.http
  const target = {
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
  }
  const base = url.pathname.replace(/\/$/, '')
  const begin = (
    method: 'GET' | 'POST',
    path: string,
    headers: { readonly [name: string]: string | number },
    agent: http.Agent | false,
  ): http.ClientRequest => open({ ...target, method, path: base + path, headers, agent })

  return {
    send: ({ method, path, body, headers, timeoutMs, alone, patient }) =>
      new Promise((resolve, reject) => {
        const length =
          body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
        const agent = alone === true ? false : patient === true ? unlimited : busy
        const request = begin(method, path, { ...length, ...headers }, agent)
        const fail = (error: unknown): void => reject(connectionError(error))
        request.on('error', fail)
        // A byte now and then does not make it any longer.
        let timer: NodeJS.Timeout | undefined
        request.on('socket', () => {
          timer ??= setTimeout(() => request.destroy(lateError(timeoutMs)), timeoutMs)
        })
        request.on('close', () => clearTimeout(timer))
        request.on('response', (response) => {
          const text = new Bounded.Text(path)
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            try {
              text.add(chunk)
            } catch (error) {
              reject(error)
              request.destroy()
            }
          })
          response.on('error', fail)
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              text: text.toString(),
              retryAfterSeconds: seconds(response.headers['retry-after']),
            }),
          )
        })
        request.end(body)
      }),
    stream: (path, headers, signal) =>
      new Promise((resolve, reject) => {
        const request = begin('GET', path, headers, false)
        const stop = (): unknown => request.destroy(new ConnectionError('aborted', true, undefined))
        signal.addEventListener('abort', stop, { once: true })
        request.on('close', () => signal.removeEventListener('abort', stop))
        request.on('error', (error) => reject(connectionError(error)))
        request.on('response', (response) => {
          response.setEncoding('utf8')
          resolve({ status: response.statusCode ?? 0, chunks: read(response) })
        })
        request.end()
        if (signal.aborted) stop()
      }),
  }
}

/** Over a `fetch`. */
export const fetched = (url: URL, fetch: typeof globalThis.fetch): Transport => {
  const base = url.href.replace(/\/$/, '')
  return {
    async send({ method, path, body, headers, timeoutMs }) {
      try {
        Loopback.keepDirect(url)
        const answer = await fetch(base + path, {
          method,
          // As over `node:http`: a service does not send payments and tokens on to others.
          redirect: 'manual',
          headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
          signal: AbortSignal.timeout(timeoutMs),
          ...(body === undefined ? {} : { body }),
        })
        return {
          status: answer.status,
          text: await Bounded.textOf(decoded(answer), path),
          retryAfterSeconds: seconds(answer.headers.get('retry-after')),
        }
      } catch (error) {
        throw connectionError(error)
      }
    },
    async stream(path, headers, signal) {
      try {
        Loopback.keepDirect(url)
        const answer = await fetch(base + path, { headers, signal, redirect: 'manual' })
        return { status: answer.status, chunks: read(decoded(answer)) }
      } catch (error) {
        throw connectionError(error)
      }
    },
  }
}

/** An answer's body as text, piece by piece. */
async function* decoded({ body }: Response): AsyncIterable<string> {
  const decoder = new TextDecoder()
  for await (const chunk of body ?? []) yield decoder.decode(chunk, { stream: true })
  const rest = decoder.decode()
  if (rest !== '') yield rest
}

async function* read(chunks: AsyncIterable<string> | Iterable<string>): AsyncIterable<string> {
  try {
    yield* chunks
  } catch (error) {
    throw connectionError(error)
  }
}

/** An attempt that brought no answer. It stays inside the SDK: `Client` retries, or throws an error that says what it means. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  /** Whether the service may have read the request. */
  readonly maySent: boolean
  constructor(message: string, maySent: boolean, cause: unknown) {
    super(message, { cause })
    this.maySent = maySent
  }
}
