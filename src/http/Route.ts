/**
 * What a route is: one declaration that says where it is, who may call it, what it takes and answers, and how it may refuse. `App` serves it,
 * `OpenApi` describes it, and the tests hold every live answer against it, so none of the three can say something of its own.
 */
import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Service } from '../clearing/Service.ts'
import type { Lane } from './Reads.ts'
import type * as Shared from './Shared.ts'
import type { Site } from './Site.ts'
import type { Still } from './Still.ts'

/**
 * Who may: `anyone` (nothing changes but on a local chain), `signed` (the message itself carries the signature of whom it concerns, and
 * anybody may deliver it), `operator` (the operator's token).
 */
export type Access = 'anyone' | 'signed' | 'operator'

/** In the order in which the documentation shows them. */
export const tags = {
  Payments: 'Pay, and read what was paid.',
  Accounts: 'What an account holds and did.',
  Money: 'In and out of the clearing house: messages signed by whom they concern, which the service puts on chain.',
  Energy: 'Meters and their readings.',
  x402: 'Paying over HTTP: the service as a facilitator of x402 version 2.',
  Service: 'Which service this is, how it does, and its documentation.',
  Operator: 'What the operator alone may do.',
} as const

export type Tag = keyof typeof tags

/** Values by name, each checked by its schema; they arrive as text. */
export interface Shape {
  readonly [name: string]: z.ZodType
}

type Values<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> }

export interface Answer {
  /** 200 where none is given. */
  readonly status?: number
  readonly description: string
  /** Of a JSON answer. */
  readonly schema?: z.ZodType
  /** `application/json` where none is given. */
  readonly type?: string
  /** Answers with the same schema under another status. */
  readonly otherwise?: { readonly [status: number]: string }
}

/** Codes of `src/ERRORS.md` by HTTP status. What every route may answer (`OpenApi`) is not repeated. */
export interface Refusals {
  readonly [status: number]: readonly string[]
}

export interface RouteOf<B extends z.ZodType, P extends Shape, Q extends Shape> {
  readonly method: 'get' | 'post' | 'put'
  /** As OpenAPI writes it: `/v1/accounts/{address}`. */
  readonly path: string
  /** Names the operation. */
  readonly id: string
  readonly tag: Tag
  /** A few words, without a full stop. */
  readonly summary: string
  readonly description?: string
  readonly access: Access
  /** Has its place in the bounded queue in front of acceptance. */
  readonly isGated?: true
  /** Left out: `read` for what is read, else `message`. All but payments are done in slices beside them (`Reads`). */
  readonly lane?: Lane | 'payment'
  /** What it takes of the loop's time besides its slices, ms, such as for asking the chain. */
  readonly costMs?: number
  /** What stands in the path's braces. */
  readonly params?: P
  readonly query?: Q
  /** Request headers that the route reads. */
  readonly headers?: Shape
  readonly body?: B
  /** Reads a body faster than its schema does; what it leaves undefined, the schema reads, and refuses where it has to. */
  readonly read?: (body: unknown) => z.output<B> | undefined
  readonly answer: Answer
  readonly refusals?: Refusals
  // How it answers: one of these.
  /** In one slice. The result is written as JSON; text is sent as it is. */
  readonly run?: (service: Service, input: Input<B, P, Q>) => unknown
  /** In as many slices as there are steps, each a part of the answer's text or nothing; it leaves as it is made, as fast as it is taken. */
  readonly pieces?: (service: Service, input: Input<B, P, Q>) => Generator<string | undefined, void, void>
  /** The same for everybody, and made at most once a second. */
  readonly shared?: (site: Site) => Shared.Sharing
  /** Made once, when it is asked for the first time; undefined: there is no such thing. */
  readonly still?: (site: Site) => (params: Values<P>) => Still | undefined
  /** Answers itself, in one slice: a stream, or with a status of its own. What comes later is no more part of it. */
  readonly handle?: (site: Site) => RequestHandler
}

interface Input<B extends z.ZodType, P extends Shape, Q extends Shape> {
  readonly body: z.output<B>
  readonly params: Values<P>
  readonly query: Values<Q>
  /** The range of addresses that the request comes from (`Peer`). */
  readonly from: string
}

export type Route = RouteOf<z.ZodType, Shape, Shape>

// biome-ignore lint/complexity/noBannedTypes: no names is what is meant
type None = {}

/** Checks a declaration, and gives `run` the types of what it declares. */
export const route = <B extends z.ZodType = z.ZodUnknown, P extends Shape = None, Q extends Shape = None>(
  declared: RouteOf<B, P, Q>,
): Route => declared as unknown as Route

/** In which lane it is done; `payment`: none, it is a payment. */
export const laneOf = ({ isGated, lane, method }: Route): Lane | 'payment' =>
  isGated === true ? 'payment' : (lane ?? (method === 'get' ? 'read' : 'message'))

/** A whole number in a query. */
export const wholeNumber = (least: number, most: number, otherwise: number) => {
  const expected = `expected a whole number from ${least} to ${most}`
  return z
    .string(expected)
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .pipe(z.int().min(least, expected).max(most, expected))
    .default(otherwise)
}

/** Several refusals as one. */
export const refusing = (...all: readonly Refusals[]): Refusals => {
  const together: { [status: number]: string[] } = {}
  for (const refusals of all)
    for (const [status, codes] of Object.entries(refusals))
      together[Number(status)] = [...new Set([...(together[Number(status)] ?? []), ...codes])].sort()
  return together
}
