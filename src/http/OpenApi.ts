/**
 * The OpenAPI 3.1 document: made from the routes and the very schemas that check their messages, so it cannot say anything else than what
 * the service does.
 */
import { z } from 'zod'
import type { Document, Json } from './Document.ts'
import * as Glossary from './Glossary.ts'
import * as Refusals from './Refusals.ts'
import { type Answer, laneOf, type Route, refusing, type Shape, tags } from './Route.ts'

const titles: { readonly [status: number]: string } = {
  400: 'The request is wrong.',
  401: 'The operator’s token is missing or wrong.',
  402: 'There is too little money.',
  403: 'The request comes from somewhere that may not call.',
  404: 'There is no such thing.',
  408: 'The request took too long to arrive.',
  409: 'It does not fit how things stand.',
  410: 'It came too late.',
  413: 'The body is too large.',
  415: 'The body is of another type.',
  417: 'It expects what the service does not do.',
  422: 'The contract refuses it.',
  429: 'Too many at once; `Retry-After` says when to come back.',
  431: 'The headers are too large.',
  500: 'The service made a mistake; its log has it.',
  503: 'Not now; `Retry-After` says when to come back.',
  504: 'Sent to the chain, and not mined yet.',
}

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

const capital = (id: string): string => id.charAt(0).toUpperCase() + id.slice(1)

/** Names for every schema in use: the glossary's, and for what only one route has, that route's. */
const naming = (routes: readonly Route[]) => {
  const registry = z.registry<{ id: string; description: string }>()
  const names = new Map<z.ZodType, string>()
  const add = (schema: z.ZodType, id: string, description: string): void => {
    if (names.has(schema)) return
    names.set(schema, id)
    registry.add(schema, { id, description })
  }
  for (const [name, [schema, description]] of Object.entries(Glossary.schemas)) add(schema, name, description)
  for (const { id, body, answer } of routes) {
    if (body !== undefined) add(body, `${capital(id)}Request`, 'What the route takes.')
    if (answer.schema !== undefined) add(answer.schema, `${capital(id)}Answer`, answer.description)
  }
  return { registry, names }
}

/** Says what each field means. A reference may have a description beside it in OpenAPI 3.1. */
const explain = (name: string, schema: unknown): void => {
  if (typeof schema !== 'object' || schema === null) return
  const { properties, ...rest } = schema as { properties?: { [field: string]: Json } }
  for (const [field, of] of Object.entries(properties ?? {})) {
    const meaning = Glossary.fields[`${name}.${field}`] ?? Glossary.fields[field]
    if (meaning !== undefined) of['description'] = meaning
    explain(name, of)
  }
  for (const part of Object.values(rest)) explain(name, part)
}

const schemasOf = (registry: ReturnType<typeof naming>['registry']): { [name: string]: Json } => {
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => `#/components/schemas/${id}` })
  const components: { [name: string]: Json } = {}
  for (const [name, { $schema, $id, ...schema }] of Object.entries(schemas as { [name: string]: Json })) {
    explain(name, schema)
    components[name] = { description: Glossary.schemas[name]?.[1] ?? 'What the route takes or answers.', ...schema }
  }
  return components
}

const parametersOf = (route: Route, names: Map<z.ZodType, string>): Json[] => {
  const of = (place: string, shape: Shape = {}): Json[] =>
    Object.entries(shape).map(([name, schema]) => {
      const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema
      const known = names.get(inner)
      const { $schema, ...plain } = known === undefined ? (z.toJSONSchema(schema, { io: 'output' }) as Json) : {}
      return {
        name,
        in: place,
        required: place === 'path',
        description: Glossary.parameters[name],
        schema: known === undefined ? plain : reference(known),
      }
    })
  const id = { $ref: '#/components/parameters/RequestId' }
  return [...of('path', route.params), ...of('query', route.query), ...of('header', route.headers), id]
}

const contentOf = ({ schema, type = 'application/json' }: Answer, names: Map<z.ZodType, string>): Json => ({
  [type]: { schema: schema === undefined ? { type: 'string' } : reference(names.get(schema) as string) },
})

const headersOf = (status: number): Json => ({
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
  ...(status === 429 || status === 503 ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {}),
})

const responsesOf = (route: Route, names: Map<z.ZodType, string>): Json => {
  const { answer } = route
  const content = contentOf(answer, names)
  const problem = { 'application/problem+json': { schema: reference('Problem') } }
  const responses: { [status: string]: Json } = {}
  for (const [status, codes] of Object.entries(
    refusing(
      Refusals.always,
      laneOf(route) === 'payment' ? {} : Refusals.besidePayments,
      route.body === undefined ? {} : Refusals.body,
      route.refusals ?? {},
    ),
  ))
    responses[status] = {
      description: `${titles[Number(status)]} ${codes.map((code: string) => `[${code}](/docs/errors#${code.toLowerCase()})`).join(', ')}`,
      headers: headersOf(Number(status)),
      content: problem,
      'x-codes': codes,
    }
  for (const [status, description] of Object.entries(answer.otherwise ?? {}))
    responses[status] = {
      ...responses[status],
      description: [description, responses[status]?.['description']].filter(Boolean).join(' '),
      headers: headersOf(Number(status)),
      content: { ...content, ...(responses[status] === undefined ? {} : problem) },
    }
  if (route.still !== undefined) responses[304] = { description: 'As the client has it already, by its ETag.' }
  const status = answer.status ?? 200
  responses[status] = { description: answer.description, headers: headersOf(status), content }
  return responses
}

const operationOf = (route: Route, names: Map<z.ZodType, string>): Json => ({
  operationId: route.id,
  tags: [route.tag],
  summary: route.summary,
  ...(route.description === undefined ? {} : { description: route.description }),
  ...(route.access === 'operator' ? { security: [{ operatorToken: [] }] } : {}),
  'x-access': route.access,
  'x-lane': laneOf(route),
  parameters: parametersOf(route, names),
  ...(route.body === undefined
    ? {}
    : {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: reference(names.get(route.body) as string) } },
        },
      }),
  responses: responsesOf(route, names),
})

const info = {
  title: 'Sunledger',
  version: '1',
  summary: 'The clearing service of a payment ledger for machines.',
  description:
    'Amounts are decimal strings of atomic units (0.000001 of a dollar, 1 mWh of energy); hex is lower case in answers. What changes anything is signed by whom it concerns, and may be delivered by anybody; what only the operator may do wants its token. Errors are problems after RFC 9457, whose `code` is stable. Unknown fields are refused, so that a misspelt one is never passed over.',
  license: { name: 'MIT', identifier: 'MIT' },
}

const common = {
  parameters: {
    RequestId: {
      name: 'X-Request-Id',
      in: 'header',
      required: false,
      description: 'Names the request in answers and logs. Left out, or of another form: the service makes one.',
      schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
    },
  },
  headers: {
    RequestId: { description: 'Names the request, in the service’s log too.', schema: { type: 'string' } },
    RetryAfter: { description: 'Seconds to wait before asking again.', schema: { type: 'integer', minimum: 1 } },
  },
  securitySchemes: {
    operatorToken: {
      type: 'http',
      scheme: 'bearer',
      description: '`operatorToken` from keys.json in the data folder.',
    },
  },
}

/** The document of these routes. */
export const from = (routes: readonly Route[]): Document => {
  const { registry, names } = naming(routes)
  const paths: { [path: string]: { [method: string]: Json } } = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route, names) }
  return {
    openapi: '3.1.1',
    info,
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: schemasOf(registry), ...common },
  }
}
