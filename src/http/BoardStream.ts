/** The board's event stream: figures once a second, settlements, and what a simulated economy tells. A slow page just sees fewer of them. */
import type { RequestHandler, Response } from 'express'
import * as Wire from '../core/Wire.ts'
import type { Board } from './Board.ts'
import { TooManyStreamsError } from './Events.ts'

/** Pages that may be open; each costs a line a second. */
const mostPages = 1000

export const stream = (board: Board): RequestHandler & { close(): void } => {
  const open = new Set<Response>()
  board.listen((event, value) => {
    // Written once for all pages.
    const text = `event: ${event}\ndata: ${Wire.stringify(value)}\n\n`
    for (const response of open) if (!response.writableNeedDrain && !response.destroyed) response.write(text)
  })
  const handler: RequestHandler = (request, response) => {
    if (open.size >= mostPages) throw new TooManyStreamsError(mostPages)
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    response.write('retry: 1000\n\n')
    open.add(response)
    request.socket.once('end', () => response.end())
    response.on('close', () => open.delete(response))
  }
  return Object.assign(handler, {
    close() {
      for (const response of open) response.end()
    },
  })
}
