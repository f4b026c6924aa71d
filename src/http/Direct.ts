/**
 * The short way to `POST /v1/payments`. Nearly every request is one, and finding its route and reading its body by Express takes as long as all
 * that is done with it but the signature. What is served here is the route as it is declared, behind the same guards; what is not plainly such a
 * request (another type, no length, a foreign host) is left to Express, which serves it or says what is wrong with it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { scan } from '../core/Scan.ts'
import * as Body from './Body.ts'
import type { Limits } from './Limits.ts'
import * as Mount from './Mount.ts'
import type { Route } from './Route.ts'
import { type Site, setRoute } from './Site.ts'

/** Serves the request, or leaves it alone: false. */
export type Direct = (request: IncomingMessage, response: ServerResponse) => boolean

const types = new Set(['application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-8'])
const type = 'application/json; charset=utf-8'

/** Length of the body, where there is one that is read here; 0: there is not. */
const lengthOf = ({ headers }: IncomingMessage, most: number): number => {
  const length = Number(headers['content-length'] ?? 0)
  const isPlain = headers['content-encoding'] === undefined && headers['transfer-encoding'] === undefined
  return isPlain && length <= most && types.has(headers['content-type'] ?? '') ? length : 0
}

/** Hands over the whole body; a request that breaks off is never answered. */
const read = (request: IncomingMessage, then: (body: Buffer) => void): void => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.once('end', () => then(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)))
}

/** @param guard refuses foreign hosts @param onError answers what went wrong */
export const create = (
  route: Route,
  site: Site,
  limits: Limits,
  guard: RequestHandler,
  onError: (error: unknown, request: IncomingMessage, response: ServerResponse) => void,
): Direct => {
  const isAllowed = (request: IncomingMessage, response: ServerResponse): boolean => {
    try {
      guard(request as Request, response as Response, () => {})
      return true
    } catch {
      return false
    }
  }

  const answer = async (body: Buffer, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const input = { params: {}, query: {}, body: scan(body) ?? Mount.read(route, Body.parse(body)), from: '' }
      const text = (await site.gate.through(() => route.run?.(site.service, input))) as string
      // It may have been cut off meanwhile.
      if (response.headersSent) return
      const length = Buffer.byteLength(text)
      // Where there is nothing but ASCII, as in a receipt, it need not be turned into UTF-8.
      const encoding = length === text.length ? 'latin1' : 'utf8'
      response.writeHead(200, { 'content-type': type, 'content-length': length }).end(text, encoding)
    } catch (error) {
      onError(error, request, response)
    }
  }

  return (request, response) => {
    if (request.method !== 'POST' || request.url !== route.path) return false
    if (lengthOf(request, limits.bodyBytes) === 0 || !isAllowed(request, response)) return false
    setRoute(response as Response, route.id)
    read(request, (body) => void answer(body, request, response))
    return true
  }
}
