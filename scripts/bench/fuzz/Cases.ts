/**
 * Requests as bytes: every route with messages that its description allows, changed copies of real ones, other methods, paths and headers,
 * and bytes that are no request. The same seed gives the same requests.
 */
import type { Document } from '../../../src/http/Document.ts'
import * as Random from '../../../src/sim/Random.ts'
import * as Values from './Values.ts'

/** A real request, whose repetition changes nothing. */
export interface Sample {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

export interface Case {
  readonly number: number
  readonly kind: string
  readonly method: string
  readonly path: string
  readonly bytes: Buffer
  /** Nothing follows on this connection: half-closed after the bytes, so that the other side need not wait for more. */
  readonly last: boolean
}

export interface World {
  readonly seed: number
  readonly document: Document
  readonly samples: readonly Sample[]
  readonly token: string
}

type Headers = { readonly [name: string]: string }

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'post', 'CONNECTX']

const pieces = [
  '',
  '..',
  '.',
  '%2e%2e',
  '%00',
  '%',
  '%zz',
  '%E0%A4%A',
  '//',
  '\\',
  ';a=b',
  '*',
  '__proto__',
  'constructor',
  '💸',
  'x'.repeat(3000),
]

const contentTypes = [
  'text/plain',
  'application/json; charset=utf-16',
  'application/json; charset=nonsense',
  'application/jsonx',
  'APPLICATION/JSON',
  'application/json;;;',
  'multipart/form-data; boundary=x',
  'application/problem+json',
  '',
]

/** One header that is not as it should be. */
const oddHeaders = (random: Random.Random, token: string): Headers =>
  Random.pick<Headers>(random, [
    { 'content-type': Random.pick(random, contentTypes) },
    { 'content-encoding': Random.pick(random, ['gzip', 'br', 'identity, gzip', 'x']) },
    {
      host: Random.pick(random, ['evil.example', '', 'localhost:99999', '[::1', 'LOCALHOST', 'localhost@evil.example']),
    },
    { origin: Random.pick(random, ['null', 'http://evil.example', 'http://localhost', 'x', '']) },
    {
      authorization: Random.pick(random, [
        '',
        'Bearer',
        `Basic ${token}`,
        `Bearer ${token}x`,
        `bearer ${token}`,
        'x'.repeat(8000),
      ]),
    },
    { 'x-request-id': Random.pick(random, ['', ' ', '../..', '\u007f', 'x'.repeat(5000), '<script>']) },
    { expect: Random.pick(random, ['100-continue', 'a miracle']) },
    { 'last-event-id': Random.pick(random, ['-1', '1e9', '99999999999999999999', 'x', '0']) },
    { accept: Random.pick(random, ['text/html', '*/*;q=0', 'x'.repeat(500)]) },
    { cookie: 'x=y; '.repeat(Random.pick(random, [1, 500, 3000])) },
    { range: 'bytes=0-1', 'if-none-match': '*', 'x-http-method-override': 'DELETE', 'x-forwarded-for': '1.2.3.4' },
    { connection: 'upgrade', upgrade: Random.pick(random, ['websocket', 'h2c']) },
    { 'transfer-encoding': Random.pick(random, ['chunked, chunked', 'gzip', 'identity']) },
  ])

const write = (method: string, path: string, headers: Headers, body: Buffer | string = ''): Buffer => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), Buffer.from(body)])
}

const headersOf = (body: string | undefined, more: Headers = {}): Headers => ({
  host: 'localhost',
  ...(body === undefined
    ? {}
    : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
  ...more,
})

interface Operation {
  readonly parameters?: readonly { readonly name?: string; readonly in?: string; readonly schema?: object }[]
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: object } } }
  readonly security?: unknown
}

const plainText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** A request to an operation, made from its description. */
const described = (random: Random.Random, world: World): Sample => {
  const [template, item] = Random.pick(random, Object.entries(world.document.paths))
  const [method, operation] = Random.pick(random, Object.entries(item)) as [string, Operation]
  const value = (schema: object | undefined) =>
    Values.from(random, world.document, (schema ?? {}) as { [key: string]: unknown })
  const text = (schema: object | undefined) =>
    encodeURIComponent(
      plainText(value(schema))
        .replace(/[\ud800-\udfff]/g, '?')
        .slice(0, 4000),
    )
  let path = template
  const query: string[] = []
  for (const { name = '', in: place, schema } of operation.parameters ?? []) {
    if (place === 'path') path = path.replace(`{${name}}`, text(schema))
    if (place === 'query' && Random.chance(random, 0.5)) query.push(`${name}=${text(schema)}`)
  }
  const schema = operation.requestBody?.content['application/json']?.schema
  return {
    method: method.toUpperCase(),
    path: query.length === 0 ? path : `${path}?${query.join('&')}`,
    ...(schema === undefined ? {} : { body: value(schema) }),
  }
}

const flip = (random: Random.Random, bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  for (let i = Random.between(random, 1, 4); i > 0; i--)
    copy[Random.below(random, copy.length)] = Random.below(random, 256)
  return copy
}

type Made = Omit<Case, 'number'>

/** By name, with how often it is chosen. */
const kinds: {
  readonly [kind: string]: readonly [number, (random: Random.Random, world: World, base: Sample) => Omit<Made, 'kind'>]
} = {
  described: [30, (_random, _world, base) => plain(base, base.body)],
  mutated: [30, (random, _world, base) => plain(base, Values.mutate(random, base.body))],
  brokenJson: [12, (random, _world, base) => text(base, Values.broken(random, JSON.stringify(base.body ?? {})))],
  method: [
    6,
    (random, _world, base) => {
      const method = Random.pick(random, methods)
      const body = JSON.stringify(base.body ?? {})
      return { method, path: base.path, bytes: write(method, base.path, headersOf(body), body), last: true }
    },
  ],
  path: [
    6,
    (random, _world, base) => {
      const parts = base.path.split('/')
      parts[Random.below(random, parts.length)] = Random.pick(random, pieces)
      const path = `${parts.join('/')}${Random.pick(random, ['', '?', '?after=1&after=2', '?limit[]=1', '?account=%', '#x', '?__proto__=1'])}`
      return { method: base.method, path, bytes: write(base.method, path, headersOf(undefined)), last: true }
    },
  ],
  headers: [
    8,
    (random, world, base) => {
      const body = base.body === undefined ? undefined : JSON.stringify(base.body)
      const headers = headersOf(body, oddHeaders(random, world.token))
      return { method: base.method, path: base.path, bytes: write(base.method, base.path, headers, body), last: true }
    },
  ],
  bytes: [
    4,
    (random, _world, base) => {
      const { bytes } = plain(base, base.body)
      return { ...base, bytes: flip(random, bytes), last: true }
    },
  ],
  truncated: [
    2,
    (random, _world, base) => {
      const { bytes } = plain(base, base.body)
      return { ...base, bytes: bytes.subarray(0, Random.below(random, bytes.length)), last: true }
    },
  ],
  lengths: [
    2,
    (random, _world, base) => {
      const body = JSON.stringify(base.body ?? {})
      const length = Random.pick(random, [
        '0',
        '-1',
        '1',
        '99999999999',
        '1e3',
        '0x10',
        String(body.length + 5),
        '5, 5',
      ])
      return {
        ...base,
        bytes: write(base.method, base.path, headersOf(body, { 'content-length': length }), body),
        last: true,
      }
    },
  ],
}

const plain = (base: Sample, body: unknown): Omit<Made, 'kind'> =>
  text(base, body === undefined ? undefined : JSON.stringify(body))

/** Lone surrogates leave as bytes that are no UTF-8. */
const text = (base: Sample, body: string | undefined): Omit<Made, 'kind'> => {
  const path = base.path
  return { method: base.method, path, bytes: write(base.method, path, headersOf(body), body), last: false }
}

const weights = Object.entries(kinds).map(([kind, [weight]]) => [kind, weight] as const)
const whole = weights.reduce((sum, [, weight]) => sum + weight, 0)

const kindOf = (random: Random.Random): string => {
  let left = Random.below(random, whole)
  for (const [kind, weight] of weights) {
    if (left < weight) return kind
    left -= weight
  }
  return 'described'
}

/** The request of a number. */
export const make = (world: World, number: number): Case => {
  const random = Random.stream(world.seed, 'fuzz', number)
  const kind = kindOf(random)
  const base =
    kind === 'described' || Random.chance(random, 0.4) ? described(random, world) : Random.pick(random, world.samples)
  const made = (kinds[kind] as (typeof kinds)[string])[1](random, world, base)
  // With the operator's token a few reach what lies behind it.
  const isOperator = kind !== 'headers' && Random.chance(random, 0.1)
  const bytes = isOperator
    ? Buffer.from(
        made.bytes
          .toString('latin1')
          .replace('host: localhost\r\n', `host: localhost\r\nauthorization: Bearer ${world.token}\r\n`),
        'latin1',
      )
    : made.bytes
  return { ...made, number, kind, bytes }
}
