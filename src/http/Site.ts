/** What the routes have besides the service: everything that belongs to HTTP and lives as long as the server. */
import type { RequestHandler } from 'express'
import type { Service } from '../clearing/Service.ts'

export interface Site {
  readonly service: Service
  /** The event stream. */
  readonly events: RequestHandler
  /** The OpenAPI document of all routes. */
  readonly document: () => object
}
