/**
 * The application (PROTOCOL 4): JSON in, checked by the schemas of `core/Wire`; JSON or an RFC 9457 problem out. What it serves stands in
 * `Routes`. No decision is made here.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import type { Service } from '../clearing/Service.ts'
import type { Hosts } from '../core/Hosts.ts'
import { Board, type BoardOptions } from './Board.ts'
import * as BoardStream from './BoardStream.ts'
import type { Connections } from './Connections.ts'
import type { Cors } from './Cors.ts'
import * as Direct from './Direct.ts'
import * as Events from './Events.ts'
import * as Gate from './Gate.ts'
import * as Guard from './Guard.ts'
import type { Limits } from './Limits.ts'
import * as Listeners from './Listeners.ts'
import * as Metrics from './Metrics.ts'
import { mount } from './Mount.ts'
import { once } from './Once.ts'
import * as OpenApi from './OpenApi.ts'
import * as Problem from './Problem.ts'
import * as Reads from './Reads.ts'
import type { Route } from './Route.ts'
import { routes } from './Routes.ts'
import { patient } from './Turn.ts'

export interface AppOptions {
  /** What the service is bound to. */
  readonly host: string
  /** Other names under which it may be called. */
  readonly allowedHosts?: readonly string[]
  /** Origins of pages elsewhere that may call all but the operator's routes, such as `https://app.example`. */
  readonly allowedOrigins?: readonly string[]
  readonly operatorToken: string
  /** Told of what was our own fault, and of the request in which it showed. */
  readonly log: (error: unknown, requestId: string) => void
  /** Prices what was settled, for the page; left out: it shows no fees. */
  readonly fees?: BoardOptions['fees']
}

export interface App {
  /** Answers a request. */
  serve(request: IncomingMessage, response: ServerResponse): void
  readonly gate: Gate.Gate
  readonly metrics: Metrics.Metrics
  /** Ends the open streams with a word. */
  close(): void
}

const payments = routes.find(({ id }) => id === 'pay') as Route

const document = once(() => OpenApi.from(routes))

export const create = (
  bare: Service,
  options: AppOptions,
  limits: Limits,
  connections: Connections,
  hosts: Hosts,
  cors: Cors,
): App => {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  const guard = Guard.sameHost(hosts)
  const metrics = Metrics.create(() => ({ service, gate, connections, reads, streams: listeners.count }), bare)
  const gate = Gate.around(bare, limits, metrics.answered)
  const { service } = gate
  const reads = Reads.create({ bounds: limits, payments: gate.busy })
  // Never refused: a payment that was accepted must not be told that it was not.
  bare.lookBy(reads.own('what was paid before'))
  const listeners = Listeners.create(limits, reads)
  const events = Events.stream(service, limits, listeners, reads)
  const board = new Board({ service: bare, ...(options.fees === undefined ? {} : { fees: options.fees }) })
  const boardEvents = BoardStream.stream(board, limits, listeners, reads)
  const site = { service, gate, reads, events, document, metrics, board, boardEvents }
  app.use(patient(reads, guard))
  mount(app, routes, site, { operatorToken: options.operatorToken, limits, cors })
  app.use(patient(reads, Problem.notFound))
  app.use(Problem.handler(options.log))
  const direct = Direct.create(payments, site, limits, guard, Problem.answer(options.log))
  return {
    serve(request, response) {
      if (!direct(request, response)) app(request, response)
    },
    gate,
    metrics,
    close() {
      metrics.stop()
      events.close()
      listeners.close()
      board.close()
    },
  }
}
