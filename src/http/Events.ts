/**
 * The event stream (SSE). With `?account=` it carries that account's received payments, each with its receipt, named by journal position, so
 * that a client that comes back with Last-Event-ID misses none; without, what the whole service does, once a second.
 *
 * A client that reads slower than it is written to costs no memory beyond a page: what it has not taken yet waits in the journal.
 */
import type { RequestHandler, Response } from 'express'
import type { Service } from '../clearing/Service.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Receipt } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import { isLoopback, type Limits } from './Limits.ts'

/** Payments that are read from the journal at once. */
const page = 100
const heartbeatMs = 15_000

/** False: the client is not keeping up, wait for `drain`. */
const write = (response: Response, event: string, data: string, id?: number): boolean =>
  response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`)

const isOver = (response: Response): boolean => response.writableEnded || response.destroyed

/** First what was missed, then what comes, in order and each once. */
const followAccount = (
  service: Service,
  account: Address,
  after: number | undefined,
  response: Response,
): (() => void) => {
  let last = after ?? service.position()
  let isLive = false
  // What was read from the journal may be announced as well a moment later; an account receives one payment a position at most.
  const show = (position: number, receipt: Receipt): boolean => {
    if (position <= last) return true
    last = position
    return write(response, 'payment', Wire.formatReceipt(receipt), position)
  }
  const stop = service.listen({
    payment({ position, payee, receipt }) {
      if (isLive && payee() === account && !isOver(response) && !show(position, receipt())) wait()
    },
  })
  /** Until the client has taken what was written; what comes meanwhile is read from the journal then. */
  const wait = (): void => {
    isLive = false
    response.once('drain', catchUp)
  }
  const catchUp = (): void => {
    if (isOver(response)) return
    try {
      const missed = service.received(account, last, page)
      let isTaken = true
      for (const { position, receipt } of missed) isTaken = show(position, receipt) && isTaken
      // The journal is read in one go with going live, so nothing falls between.
      if (missed.length === 0) isLive = true
      else if (isTaken) setImmediate(catchUp)
      else wait()
    } catch {
      // The journal is closed or broken: the client comes back, and will be told.
      response.destroy()
    }
  }
  catchUp()
  return stop
}

const followAll = (service: Service, response: Response): (() => void) => {
  const tell = (event: string, value: unknown): void => {
    // These say how things stand; a slow client just sees fewer of them.
    if (!isOver(response) && !response.writableNeedDrain) write(response, event, Wire.stringify(value))
  }
  tell('status', service.status())
  const timer = setInterval(() => tell('status', service.status()), 1000)
  const stop = service.listen({
    chain({ settlements }) {
      for (const settlement of settlements) tell('settlement', settlement)
    },
  })
  return () => {
    clearInterval(timer)
    stop()
  }
}

/** @param end no position beyond it was ever given out */
const positionOf = (text: unknown, end: number): number | undefined => {
  if (text === undefined) return undefined
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text) || Number(text) > end)
    throw new PositionInvalidError(end, String(text))
  return Number(text)
}

export interface Stream extends RequestHandler {
  /** How many are open. */
  open(): number
  /** Ends all, with a word: the client comes back by itself, with the last position that it saw. */
  close(): void
}

export const stream = (service: Service, limits: Limits): Stream => {
  const open = new Set<Response>()
  const perAddress = new Map<string, number>()
  const enter = (address: string, by: 1 | -1): void => {
    const count = (perAddress.get(address) ?? 0) + by
    if (count === 0) perAddress.delete(address)
    else perAddress.set(address, count)
  }
  const handler: RequestHandler = (request, response) => {
    const address = request.socket.remoteAddress ?? ''
    if (open.size >= limits.streams) throw new TooManyStreamsError(limits.streams)
    if (!isLoopback(address) && (perAddress.get(address) ?? 0) >= limits.perAddress.streams)
      throw new TooManyStreamsError(limits.perAddress.streams)
    const after = positionOf(request.headers['last-event-id'] ?? request.query['after'], service.position())
    const { account: named } = request.query
    const account = named === undefined ? undefined : Wire.parse(Wire.address, named, 'the account')
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    if (request.method === 'HEAD') return void response.end()
    response.write('retry: 500\n\n')
    open.add(response)
    enter(address, 1)
    const stop = account === undefined ? followAll(service, response) : followAccount(service, account, after, response)
    const alive = setInterval(() => {
      if (!isOver(response) && !response.writableNeedDrain) response.write(': alive\n\n')
    }, heartbeatMs)
    // Who has hung up listens no more; it might be noticed only when the system finds nobody to take what is written.
    request.socket.once('end', () => response.end())
    response.on('close', () => {
      clearInterval(alive)
      stop()
      open.delete(response)
      enter(address, -1)
    })
  }
  return Object.assign(handler, {
    open: () => open.size,
    close() {
      for (const response of open) response.end('event: closing\ndata: {"reason":"the service is stopping"}\n\n')
    },
  })
}

/** A position that this journal never gave out, or none at all. */
export class PositionInvalidError extends SunledgerError {
  override readonly name = 'PositionInvalidError'
  constructor(end: number, actual: string) {
    super('SL608', 'Not a position of this journal.', {
      expected: `a whole number from 0 to ${end}`,
      actual: actual.slice(0, 60),
      hint: 'A position is good for one deployment. Take one from GET /v1/accounts/:address.',
    })
  }
}

/** Too many clients listen. */
export class TooManyStreamsError extends SunledgerError {
  override readonly name = 'TooManyStreamsError'
  constructor(most: number) {
    super('SL609', 'Too many event streams are open.', { expected: `at most ${most}`, status: 503 })
  }
}
