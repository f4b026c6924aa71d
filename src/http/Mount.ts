/** Serves routes as they are declared: who may call is asked first, then the message is checked, then the service is called. */
import express, { type Express, type Request, type RequestHandler } from 'express'
import { z } from 'zod'
import { SunledgerError } from '../core/Errors.ts'
import * as Wire from '../core/Wire.ts'
import * as Answer from './Answer.ts'
import * as Body from './Body.ts'
import type { Cors } from './Cors.ts'
import * as Guard from './Guard.ts'
import type { Limits } from './Limits.ts'
import { once } from './Once.ts'
import * as Peer from './Peer.ts'
import * as Problem from './Problem.ts'
import type { Lane, Work } from './Reads.ts'
import { laneOf, type Route, type Shape } from './Route.ts'
import * as Shared from './Shared.ts'
import { type Site, setRoute } from './Site.ts'
import * as Still from './Still.ts'
import { askedBy, inTurn, patient } from './Turn.ts'

/** What a route takes from a body's JSON. @throws {MessageInvalidError} */
export const read = ({ body = z.unknown(), read: fast }: Route, json: unknown): unknown =>
  fast?.(json) ?? Wire.parse(body, json)

const jsonOf = (request: Request): unknown => {
  const type = request.headers['content-type']
  // Other types are not read at all, so that no page can send one without the browser asking first.
  if (!Buffer.isBuffer(request.body)) throw new BodyMissingError(type)
  Body.assertUtf8(type)
  return Body.parse(request.body)
}

const paramsOf = (shape: Shape, request: Request) =>
  Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [name, Wire.parse(schema, request.params[name], `the ${name}`)]),
  )

const queryOf = (shape: Shape, request: Request) =>
  Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => {
      const result = schema.safeParse(request.query[name])
      if (!result.success) throw new QueryInvalidError(name, result.error)
      return [name, result.data]
    }),
  )

const inputOf = (route: Route, request: Request) => ({
  params: paramsOf(route.params ?? {}, request),
  query: queryOf(route.query ?? {}, request),
  body: route.body === undefined ? undefined : read(route, jsonOf(request)),
  from: Peer.of(request),
})

/** A payment: what it is in the way of is the gate. */
const paying =
  (route: Route, site: Site): RequestHandler =>
  async (request, response) => {
    const input = inputOf(route, request)
    const work = () => route.run?.(site.service, input)
    Answer.whole(route.answer, response, await (route.isGated === true ? site.gate.through(work) : work()))
  }

/** What a route does in its slices; a promise is waited for outside of them. */
const workOf = (route: Route, site: Site, limits: Limits): ((...at: Parameters<RequestHandler>) => Work<unknown>) => {
  const { run, pieces, shared, still, handle } = route
  if (still !== undefined) {
    const make = once(() => still(site))
    return (request, response) => () => {
      const found = make()(paramsOf(route.params ?? {}, request))
      if (found === undefined) throw new Problem.RouteUnknownError(`${request.method} ${request.path}`)
      Still.send(found, request, response)
    }
  }
  if (shared !== undefined) {
    const ask = Shared.share(site.reads, route.id, shared(site), limits.sharedMs)
    return (_request, response) => () => Answer.shared(ask, response)
  }
  if (pieces !== undefined)
    return (request, response) => () =>
      Answer.inPieces(pieces(site.service, inputOf(route, request)), route.answer, request, response)
  if (handle !== undefined) {
    const serve = handle(site)
    return (request, response, next) => () => {
      if (route.body !== undefined) request.body = jsonOf(request)
      serve(request, response, next)
    }
  }
  return (request, response) => () => {
    const value = run?.(site.service, inputOf(route, request))
    const send = (found: unknown): void => Answer.whole(route.answer, response, found)
    return value instanceof Promise ? value.then(send) : send(value)
  }
}

/** All that is no payment is done beside payments, whatever the route. */
const besidePayments = (route: Route, lane: Lane, site: Site, limits: Limits): RequestHandler => {
  const work = workOf(route, site, limits)
  return async (request, response, next) => {
    const asked = askedBy(lane, request, response, route.costMs)
    await site.reads.run(asked, () => Answer.inTurn(response, work(request, response, next)))
  }
}

const handlerOf = (route: Route, site: Site, limits: Limits): RequestHandler => {
  const lane = laneOf(route)
  return lane === 'payment' ? paying(route, site) : besidePayments(route, lane, site, limits)
}

/** Paths as Express writes them. */
const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1')

/** Every path answers the methods that it has, OPTIONS, and nothing else. */
const otherMethods = (routes: readonly Route[], cors: Cors): RequestHandler => {
  const methods = routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
  const allow = [...methods, 'OPTIONS'].join(', ')
  return (request, response) => {
    response.setHeader('allow', allow)
    if (request.method !== 'OPTIONS') throw new Problem.MethodUnknownError(request.method, allow)
    if (!cors.preflight(request, response, routes)) response.status(204).end()
  }
}

export interface Access {
  readonly operatorToken: string
  readonly limits: Limits
  readonly cors: Cors
}

export const mount = (app: Express, routes: readonly Route[], site: Site, access: Access): void => {
  const { limits, cors } = access
  const ownPages = patient(site.reads, Guard.ownPages(cors))
  const operator = [ownPages, patient(site.reads, Guard.operator(access.operatorToken))]
  // Parsed in its turn: a megabyte of brackets takes as long as a hundred payments.
  const body = express.raw({ type: 'application/json', limit: limits.bodyBytes, inflate: false })
  for (const route of routes) {
    const named: RequestHandler = (_request, response, next) => {
      setRoute(response, route.id)
      next()
    }
    const before = [
      named,
      ...(route.access === 'operator' ? operator : []),
      ...(route.body === undefined ? [] : [body]),
    ]
    app[route.method](expressPath(route.path), ...before, handlerOf(route, site, limits))
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const own = routes.filter((route) => route.path === path)
    app.all(
      expressPath(path),
      ...(own.every((route) => route.access === 'operator') ? [ownPages] : []),
      inTurn(site.reads, otherMethods(own, cors)),
    )
  }
}

/** A query parameter is not what it should be. */
export class QueryInvalidError extends SunledgerError {
  override readonly name = 'QueryInvalidError'
  constructor(name: string, error: z.ZodError) {
    super('SL610', `The query parameter ${name} is not usable.`, {
      expected: error.issues[0]?.message.replace(/^expected /, ''),
    })
  }
}

/** A request has no body that could be read. */
export class BodyMissingError extends SunledgerError {
  override readonly name = 'BodyMissingError'
  constructor(type: string | undefined) {
    super('SL612', 'The request has no JSON body.', {
      expected: 'a body, and the header content-type: application/json',
      actual: type === undefined ? 'no content-type' : `content-type: ${type.slice(0, 100)}`,
      status: 415,
    })
  }
}
