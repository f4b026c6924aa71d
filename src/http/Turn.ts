/** A request's turn beside payments: who asks, and how refusals wait for it like everything else. */
import type { Request, RequestHandler, Response } from 'express'
import * as Peer from './Peer.ts'
import type { Asked, Lane, Reads } from './Reads.ts'

/** What a request is to the scheduler. */
export const askedBy = (lane: Lane, request: Request, response: Response, costMs = 0): Asked => ({
  lane,
  of: Peer.of(request),
  isBounded: Peer.isTold(request),
  isWanted: () => !response.destroyed && !request.socket.destroyed,
  costMs,
})

/** A handler that lets a request through at once, and whose refusals come in their turn: who is refused asks again as fast as it is told. */
export const patient =
  (reads: Reads, handler: RequestHandler): RequestHandler =>
  async (request, response, next) => {
    let refusal: unknown
    try {
      handler(request, response, (error?: unknown) => {
        refusal = error
      })
    } catch (error) {
      refusal = error
    }
    if (response.headersSent) return
    if (refusal === undefined) return next()
    await reads.run(askedBy('read', request, response), () => {
      throw refusal
    })
  }

/** A handler that answers in its turn. */
export const inTurn =
  (reads: Reads, handler: RequestHandler): RequestHandler =>
  async (request, response, next) => {
    await reads.run(askedBy('read', request, response), () => void handler(request, response, next))
  }
