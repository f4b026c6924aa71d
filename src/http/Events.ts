/**
 * The event stream (SSE). With `?account=` it carries that account's received payments, each with its receipt, named by journal position, so
 * that a client that comes back with Last-Event-ID misses none (`Feed`); without, what the whole service does, once a second.
 */
import type { RequestHandler } from 'express'
import type { Service } from '../clearing/Service.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as Wire from '../core/Wire.ts'
import * as Feed from './Feed.ts'
import type { Limits } from './Limits.ts'
import { type Listener, type Listeners, writeTo } from './Listeners.ts'
import type { Reads } from './Reads.ts'

export interface Stream extends RequestHandler {
  close(): void
}

/** @param end no position beyond it was ever given out */
const positionOf = (text: unknown, end: number): number => {
  if (text === undefined) return end
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text) || Number(text) > end)
    throw new PositionInvalidError(end, String(text))
  return Number(text)
}

const eventOf = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`

export const stream = (service: Service, limits: Limits, listeners: Listeners, reads: Reads): Stream => {
  const feeds = Feed.create(service, reads)
  const all = new Set<Listener>()
  const say = (text: string): void => reads.deliver('the service', () => writeTo([...all], text))
  const stop = service.listen({
    payment: feeds.take,
    chain({ settlements }) {
      if (all.size > 0) for (const each of settlements) say(eventOf('settlement', Wire.stringify(each)))
    },
  })
  const status = (): string => eventOf('status', Wire.stringify(service.status()))
  const timer = setInterval(() => {
    if (all.size > 0) say(status())
  }, 1000)
  const handler: RequestHandler = (request, response) => {
    const after = positionOf(request.headers['last-event-id'] ?? request.query['after'], service.position())
    const { account: named } = request.query
    const { streamsPerAccount, streamsPerTopic } = limits
    if (named === undefined) {
      const ended = (): void => void (listener !== undefined && all.delete(listener))
      const listener = listeners.open(request, response, 'the service', streamsPerTopic, ended)
      if (listener === undefined) return
      all.add(listener)
      response.write(status())
      return
    }
    const account = Wire.parse(Wire.address, named, 'the account')
    const ended = (): void => void (listener !== undefined && feeds.unfollow(account, listener))
    const listener = listeners.open(request, response, account, streamsPerAccount, ended)
    if (listener !== undefined) feeds.follow(account, after, listener)
  }
  return Object.assign(handler, {
    close() {
      clearInterval(timer)
      stop()
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
