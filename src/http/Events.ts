/**
 * The event stream (SSE). With `?account=` it carries that account's received payments, each with its receipt, named by journal position, so
 * that a client that comes back with Last-Event-ID misses none; without, what the whole service does, once a second.
 *
 * A client that reads slower than it is written to costs no memory beyond a page: what it has not taken yet waits in the journal.
 */
import type { RequestHandler, Response } from 'express'
import type * as Sealing from '../clearing/Sealing.ts'
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

/** Told of a payment that its account has received. */
type Hear = (payment: Sealing.Sealed) => void

/** Who listens. What happens is told to those whom it concerns, and costs the same however many others listen. */
interface Ears {
  /** For payments to an account. Returns how to end it. */
  add(account: Address, hear: Hear): () => void
  /** For how things stand, each second, and settlements. */
  addToAll(response: Response): () => void
  close(): void
}

/** These say how things stand; a slow client just sees fewer of them. */
const tell = (response: Response, event: string, text: string): void => {
  if (!isOver(response) && !response.writableNeedDrain) write(response, event, text)
}

const ears = (service: Service): Ears => {
  const byAccount = new Map<Address, Set<Hear>>()
  const all = new Set<Response>()
  const stop = service.listen({
    payment(payment) {
      if (byAccount.size > 0) for (const hear of byAccount.get(payment.payee()) ?? []) hear(payment)
    },
    chain({ settlements }) {
      if (all.size === 0) return
      const texts = settlements.map(Wire.stringify)
      for (const response of all) for (const text of texts) tell(response, 'settlement', text)
    },
  })
  const timer = setInterval(() => {
    if (all.size === 0) return
    const text = Wire.stringify(service.status())
    for (const response of all) tell(response, 'status', text)
  }, 1000)
  return {
    add(account, hear) {
      const own = byAccount.get(account) ?? new Set()
      byAccount.set(account, own.add(hear))
      return () => {
        own.delete(hear)
        if (own.size === 0) byAccount.delete(account)
      }
    },
    addToAll(response) {
      tell(response, 'status', Wire.stringify(service.status()))
      all.add(response)
      return () => void all.delete(response)
    },
    close() {
      clearInterval(timer)
      stop()
    },
  }
}

/** First what was missed, then what comes, in order and each once. */
const followAccount = (
  service: Service,
  heard: Ears,
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
  const stop = heard.add(account, (paid) => {
    try {
      if (isLive && !isOver(response) && !show(paid.position, paid.receipt())) wait()
    } catch {
      // Whatever is wrong with this one, the others are told.
      response.destroy()
    }
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
  const heard = ears(service)
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
    const stop =
      account === undefined ? heard.addToAll(response) : followAccount(service, heard, account, after, response)
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
      heard.close()
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
