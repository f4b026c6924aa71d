/** What the routes have besides the service: everything that belongs to HTTP and lives as long as the server. */
import type { RequestHandler } from 'express'
import type { Service } from '../clearing/Service.ts'
import type { Board } from './Board.ts'
import type { Document } from './Document.ts'
import type { Gate } from './Gate.ts'
import type { Metrics } from './Metrics.ts'
import type { Reads } from './Reads.ts'

export interface Site {
  readonly service: Service
  /** The event stream. */
  readonly events: RequestHandler
  /** What the page shows, and its stream. */
  readonly board: Board
  readonly boardEvents: RequestHandler
  /** The OpenAPI document of all routes. */
  readonly document: () => Document
  readonly gate: Gate
  /** Where all is done that is no payment. */
  readonly reads: Reads
  readonly metrics: Metrics
}

/** Kept on the response itself, so that whoever counts answers knows which route gave them. */
const key = Symbol('route')
type Routed = { [key]?: string }

export const setRoute = (response: object, id: string): void => {
  ;(response as Routed)[key] = id
}

/** The operation that answered; `none` where there was no such route. */
export const routeOf = (response: object): string => (response as Routed)[key] ?? 'none'
