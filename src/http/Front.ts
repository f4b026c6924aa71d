/**
 * What every request meets before the application: its name, the limits of its address, and whether the service is there for it. Whatever
 * is refused here costs no more than the refusal, because at four times what can be worked on most requests are.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { SunledgerError } from '../core/Errors.ts'
import { limiter, RateLimitedError } from '../core/Rate.ts'
import type { App } from './App.ts'
import type { Connections } from './Connections.ts'
import type { Cors } from './Cors.ts'
import type { Refuse } from './Doorstep.ts'
import {
  CutOffError,
  ExpectationUnmetError,
  HeadersTooLargeError,
  type Limits,
  NotReadyError,
  OverloadedError,
  RequestTimedOutError,
} from './Limits.ts'
import * as Peer from './Peer.ts'
import * as Problem from './Problem.ts'
import * as Proxies from './Proxies.ts'
import * as RequestId from './RequestId.ts'
import { routeOf, setRoute } from './Site.ts'

/** An answer, for the log. */
export interface Answered {
  readonly requestId: string
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly route: string
  readonly status: number
  readonly tookMs: number
  readonly address: string
}

export interface Front {
  readonly connections: Connections
  serve(request: IncomingMessage, response: ServerResponse): void
  /** Refuses a request for payments before it is parsed. */
  readonly refuse: Refuse
  readonly expectation: (request: IncomingMessage, response: ServerResponse) => void
  readonly unreadable: (error: NodeJS.ErrnoException, socket: Socket) => void
  /** The application is there. */
  open(app: App): void
  /** It goes: what comes now is refused, streams end. */
  close(): void
  /** Tells whoever still waits for an answer that there will be none. */
  cutOff(): void
}

/** How long a connection on which nothing is asked stays open. */
export const keepAliveMs = 65_000

const overloaded = new OverloadedError()
const overloadedAnswer = Problem.prepare(overloaded, keepAliveMs)
const fromPage = /\r\norigin:/i
const broughtId = /\r\nx-request-id: ?([^\r\n]*)/i

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] as string

/** Requests that are refused before they are read where there is too much to do. */
const gated = { method: 'POST', path: '/v1/payments', route: 'pay' }
const isGated = (request: IncomingMessage): boolean => request.method === gated.method && pathOf(request) === gated.path

const plainly = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

/** What is answered without an application: that there is a process, and why there is no more. */
const without = (request: IncomingMessage, response: ServerResponse, state: 'starting' | 'stopping'): void => {
  const path = pathOf(request)
  if (request.method === 'GET' && path === '/healthz') plainly(response, 200, { status: 'ok' })
  else if (request.method === 'GET' && path === '/readyz') plainly(response, 503, { state, chain: 'unknown' })
  else Problem.send(request, response, new NotReadyError(state))
}

/** Why Node could not read a request. */
const faultOf = ({ code, message }: NodeJS.ErrnoException, limits: Limits): SunledgerError => {
  if (code === 'HPE_HEADER_OVERFLOW') return new HeadersTooLargeError(limits.headerBytes)
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimedOutError(limits)
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new Problem.BodyTooLargeError(limits.bodyBytes)
  return new Problem.BodyInvalidError(message, 400)
}

export const create = (
  connections: Connections,
  limits: Limits,
  cors: Cors,
  onAnswered: ((answered: Answered) => void) | undefined,
): Front => {
  const { requests } = limits.perAddress
  const rates = requests === undefined ? undefined : limiter(requests)
  const proxies = Proxies.create(limits.trustedProxies)
  let app: App | undefined
  let isClosing = false

  const note = (request: IncomingMessage, response: ServerResponse): void => {
    const began = onAnswered === undefined ? 0 : performance.now()
    response.once('close', () => {
      const route = routeOf(response)
      app?.metrics.served(route, response.statusCode)
      onAnswered?.({
        requestId: RequestId.of(request),
        method: request.method ?? '',
        path: pathOf(request),
        route,
        status: response.statusCode,
        tookMs: performance.now() - began,
        address: request.socket.remoteAddress ?? '',
      })
    })
  }

  /** Undefined: it may pass. */
  const refusal = (request: IncomingMessage, response: ServerResponse): SunledgerError | undefined => {
    if (rates !== undefined && requests !== undefined && Peer.isTold(request)) {
      const waitMs = rates.take(Peer.of(request))
      if (waitMs > 0) return new RateLimitedError('address', requests, waitMs)
    }
    if (!isGated(request) || app?.gate.isFull() !== true) return undefined
    setRoute(response, gated.route)
    return overloaded
  }

  const refuse: Refuse = (socket, head) => {
    if (isClosing || app?.gate.isFull() !== true || !connections.rests(socket)) return undefined
    // A page elsewhere reads only what is marked for it.
    if (cors.isOn && fromPage.test(head)) return undefined
    // Whom a proxy speaks for is said in what is not read here.
    if (proxies.has(socket)) return undefined
    const address = socket.remoteAddress ?? ''
    // Who asks too often is told so by name.
    if (rates !== undefined && Peer.isTold(socket) && rates.take(Peer.of(socket)) > 0) return undefined
    const requestId = RequestId.from(broughtId.exec(head)?.[1])
    app.metrics.served(gated.route, overloaded.status)
    onAnswered?.({ ...gated, requestId, status: overloaded.status, tookMs: 0, address })
    return overloadedAnswer(requestId)
  }

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (!connections.begin(request, response)) return
    response.setHeader('x-request-id', RequestId.of(request))
    cors.mark(request, response)
    proxies.recognise(request)
    // The form in which clients ask proxies, which servers have to take too (RFC 9112, 3.2.2).
    if (request.url?.startsWith('/') === false) request.url = request.url.replace(/^https?:\/\/[^/?#]*\/?/i, '/')
    note(request, response)
    if (app === undefined || isClosing) {
      if (isClosing) response.setHeader('connection', 'close')
      return without(request, response, isClosing ? 'stopping' : 'starting')
    }
    const error = refusal(request, response)
    if (error === undefined) app.serve(request, response)
    else Problem.send(request, response, error)
  }

  return {
    connections,
    serve,
    refuse,
    expectation(request, response) {
      if (!connections.begin(request, response)) return
      response.setHeader('x-request-id', RequestId.of(request))
      Problem.send(request, response, new ExpectationUnmetError(request.headers.expect ?? ''))
    },
    unreadable(error, socket) {
      if (socket.writable && connections.isNext(socket)) socket.end(Problem.raw(faultOf(error, limits)))
      else socket.destroy()
    },
    open(made) {
      app = made
    },
    close() {
      isClosing = true
      connections.stop()
      app?.close()
    },
    cutOff() {
      for (const response of connections.unanswered())
        if (response.headersSent) response.destroy()
        else {
          response.setHeader('connection', 'close')
          Problem.send(response.req, response, new CutOffError())
        }
    },
  }
}
