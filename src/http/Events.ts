/**
 * The event stream (SSE). With `?account=` it carries that account's received payments, each with its receipt, named by journal position, so
 * that a client that comes back with Last-Event-ID misses none; without, what the whole service does, once a second.
 */
import type { RequestHandler, Response } from 'express'
import type { Service } from '../clearing/Service.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Receipt } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'

/** A client that reads slower than this falls behind is cut off; it comes back where it was. */
const mostBuffered = 1 << 20
const page = 200
const mostStreams = 10_000
const heartbeatMs = 15_000

const write = (response: Response, event: string, data: string, id?: number): void => {
  response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`)
  if (response.writableLength > mostBuffered) response.end()
}

/** First what was missed, then what comes, in order and each once. */
const followAccount = (
  service: Service,
  account: Address,
  after: number | undefined,
  response: Response,
): (() => void) => {
  let last = after ?? 0
  let caughtUp = after === undefined
  // What was read from the journal may be announced as well a moment later; an account has one payment a position at most.
  const show = (position: number, receipt: Receipt): void => {
    if (position <= last) return
    last = position
    write(response, 'payment', Wire.formatReceipt(receipt), position)
  }
  const stop = service.listen({
    payment(position, receipt) {
      if (caughtUp && receipt.credit.account === account) show(position, receipt)
    },
  })
  const catchUp = (): void => {
    if (caughtUp || response.writableEnded) return
    const missed = service.received(account, last, page)
    for (const { position, receipt } of missed) show(position, receipt)
    // The journal is read in one go with going live, so nothing falls between.
    if (missed.length === 0) caughtUp = true
    else setImmediate(catchUp)
  }
  catchUp()
  return stop
}

const followAll = (service: Service, response: Response): (() => void) => {
  const show = () => write(response, 'status', Wire.stringify(service.status()))
  show()
  const timer = setInterval(show, 1000)
  const stop = service.listen({
    chain({ settlements }) {
      for (const settlement of settlements) write(response, 'settlement', Wire.stringify(settlement))
    },
  })
  return () => {
    clearInterval(timer)
    stop()
  }
}

const positionOf = (text: unknown): number | undefined => {
  if (text === undefined) return undefined
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) throw new PositionInvalidError(String(text))
  return Number(text)
}

export const stream = (service: Service): RequestHandler & { close(): void } => {
  const open = new Set<Response>()
  const handler: RequestHandler = (request, response) => {
    if (open.size >= mostStreams) throw new TooManyStreamsError(mostStreams)
    const after = positionOf(request.headers['last-event-id'] ?? request.query['after'])
    const account =
      request.query['account'] === undefined ? undefined : Wire.parse(Wire.address, request.query['account'])
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    response.write('retry: 500\n\n')
    open.add(response)
    const stop = account === undefined ? followAll(service, response) : followAccount(service, account, after, response)
    const alive = setInterval(() => response.write(': alive\n\n'), heartbeatMs)
    response.on('close', () => {
      clearInterval(alive)
      stop()
      open.delete(response)
    })
  }
  return Object.assign(handler, {
    close() {
      for (const response of open) response.end()
    },
  })
}

export class PositionInvalidError extends SunledgerError {
  override readonly name = 'PositionInvalidError'
  constructor(actual: string) {
    super('SL608', 'Not a journal position.', { expected: 'a whole number', actual: actual.slice(0, 60) })
  }
}

export class TooManyStreamsError extends SunledgerError {
  override readonly name = 'TooManyStreamsError'
  constructor(most: number) {
    super('SL609', 'Too many event streams are open.', { expected: `at most ${most}`, status: 503 })
  }
}
