/** Serves routes as they are declared: who may call is asked first, then the message is checked, then the service is called. */
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { SunledgerError } from '../core/Errors.ts'
import * as Wire from '../core/Wire.ts'
import * as Guard from './Guard.ts'
import type { Limits } from './Limits.ts'
import * as Problem from './Problem.ts'
import type { Route, Shape } from './Route.ts'
import { type Site, setRoute } from './Site.ts'

/** What a route takes from a body's JSON. @throws {MessageInvalidError} */
export const read = ({ body = z.unknown(), read: fast }: Route, json: unknown): unknown =>
  fast?.(json) ?? Wire.parse(body, json)

const bodyOf = (route: Route, request: Request): unknown => {
  // Other types are not read at all, so that no page can send one without the browser asking first.
  if (request.body === undefined) throw new BodyMissingError(request.headers['content-type'])
  return read(route, request.body)
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

const answer = (route: Route, response: Response, value: unknown): void => {
  const { status = 200, type = 'application/json' } = route.answer
  response
    .status(status)
    .type(type)
    .send(typeof value === 'string' ? value : Wire.stringify(value))
}

const handlerOf = (route: Route, site: Site): RequestHandler => {
  const { params = {}, query = {} } = route
  return async (request, response) => {
    const input = {
      params: paramsOf(params, request),
      query: queryOf(query, request),
      body: route.body === undefined ? undefined : bodyOf(route, request),
    }
    const work = () => route.run?.(site.service, input)
    answer(route, response, await (route.isGated === true ? site.gate.through(work) : work()))
  }
}

/** Paths as Express writes them. */
const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1')

/** Every path answers the methods that it has, OPTIONS, and nothing else. */
const otherMethods = (allowed: readonly string[]): RequestHandler => {
  const methods = allowed.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
  const allow = [...methods, 'OPTIONS'].join(', ')
  return (request, response) => {
    response.setHeader('allow', allow)
    if (request.method !== 'OPTIONS') throw new Problem.MethodUnknownError(request.method, allow)
    response.status(204).end()
  }
}

export const mount = (
  app: Express,
  routes: readonly Route[],
  site: Site,
  operatorToken: string,
  limits: Limits,
): void => {
  const isOperator = Guard.operator(operatorToken)
  const json = express.json({ limit: limits.bodyBytes, strict: true, inflate: false })
  for (const route of routes) {
    const named: RequestHandler = (_request, response, next) => {
      setRoute(response, route.id)
      next()
    }
    const before = [
      named,
      ...(route.access === 'operator' ? [isOperator] : []),
      ...(route.body === undefined ? [] : [json]),
    ]
    app[route.method](expressPath(route.path), ...before, route.handle?.(site) ?? handlerOf(route, site))
  }
  for (const path of new Set(routes.map((route) => route.path)))
    app.all(expressPath(path), otherMethods(routes.filter((route) => route.path === path).map(({ method }) => method)))
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
