/** The board's event stream: figures once a second, settlements, and what a simulated economy tells. A slow page just sees fewer of them. */
import type { RequestHandler } from 'express'
import * as Wire from '../core/Wire.ts'
import type { Board } from './Board.ts'
import type { Limits } from './Limits.ts'
import { type Listener, type Listeners, writeTo } from './Listeners.ts'
import type { Reads } from './Reads.ts'

/** Events that are on their way to pages; a page that misses one asks for all of it again. */
const mostQueued = 64

export const stream = (board: Board, limits: Limits, listeners: Listeners, reads: Reads): RequestHandler => {
  const pages = new Set<Listener>()
  let queued = 0
  board.listen((event, value) => {
    if (pages.size === 0 || queued >= mostQueued) return
    queued++
    // Written once for all pages.
    const text = Buffer.from(`event: ${event}\ndata: ${Wire.stringify(value)}\n\n`)
    reads.deliver('pages', function* () {
      yield* writeTo([...pages], text)
      queued--
    })
  })
  return (request, response) => {
    const ended = (): void => void (listener !== undefined && pages.delete(listener))
    const listener = listeners.open(request, response, 'pages', limits.streamsPerTopic, ended)
    if (listener !== undefined) pages.add(listener)
  }
}
