/**
 * The application (PROTOCOL 4): JSON in, checked by the schemas of `core/Wire`; JSON or an RFC 9457 problem out. What it serves stands in
 * `Routes`. No decision is made here.
 */
import express, { type Express } from 'express'
import type { Service } from '../clearing/Service.ts'
import * as Events from './Events.ts'
import * as Guard from './Guard.ts'
import { mount } from './Mount.ts'
import * as OpenApi from './OpenApi.ts'
import * as Problem from './Problem.ts'
import * as RequestId from './RequestId.ts'
import { routes } from './Routes.ts'

export interface AppOptions {
  readonly service: Service
  /** What the service is bound to. */
  readonly host: string
  /** Other names under which it may be called. */
  readonly allowedHosts?: readonly string[]
  readonly operatorToken: string
  /** Told of what was our own fault, and of the request in which it showed. */
  readonly log: (error: unknown, requestId: string) => void
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** The application, and how to end its open streams. */
export const create = (options: AppOptions): { app: Express; closeStreams: () => void } => {
  const { service } = options
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use((request, response, next) => {
    response.setHeader('x-request-id', RequestId.of(request))
    next()
  })
  app.use(Guard.sameHost(options.host, options.allowedHosts))
  const events = Events.stream(service)
  const document = once(() => OpenApi.from(routes))
  mount(app, routes, { service, events, document }, options.operatorToken)
  app.use(Problem.notFound)
  app.use(Problem.handler(options.log))
  return { app, closeStreams: events.close }
}
