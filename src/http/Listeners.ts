/**
 * Who has an event stream open: how many may, how it begins, is kept alive and ends. Anybody may listen to anything, so listeners are bounded for
 * each account, each address and in all. Where an account's listeners are full, whoever has fewer of them than another address takes the place of
 * that one's oldest: nobody can keep an account's own listener out from one address.
 */
import type { Request, Response } from 'express'
import { SunledgerError } from '../core/Errors.ts'
import type { Limits } from './Limits.ts'
import * as Peer from './Peer.ts'
import type { Reads } from './Reads.ts'

export interface Listener {
  readonly response: Response
  readonly peer: string
  readonly topic: string
}

export interface Listeners {
  /**
   * Begins a stream; undefined for HEAD, which is answered.
   * @param topic what is listened to @param most who may @param onEnd told once, however it ends
   * @throws {TooManyStreamsError} @throws {TooManyListenersError}
   */
  open(request: Request, response: Response, topic: string, most: number, onEnd: () => void): Listener | undefined
  count(): number
  /** Ends all, with a word: they come back by themselves, with the last position that they saw. */
  close(): void
}

const heartbeatMs = 15_000
/** Written to in one slice. */
export const atOnce = 16

export const isOver = ({ response }: Listener): boolean => response.writableEnded || response.destroyed

/** Writes to many, some a slice. Whoever has not taken what was written before is left out. */
export function* writeTo(listeners: readonly Listener[], bytes: Buffer | string): Generator<undefined, void, void> {
  let written = 0
  for (const listener of listeners) {
    if (isOver(listener) || listener.response.writableNeedDrain) continue
    listener.response.write(bytes)
    if (++written % atOnce === 0) yield
  }
}

const closing = 'event: closing\ndata: {"reason":"the service is stopping"}\n\n'
const replaced = 'event: closing\ndata: {"reason":"somebody with fewer listeners needs the place"}\n\n'

/** The one that gives way to somebody of this peer: the oldest of whoever has most, if that is more than the newcomer will have. */
const givingWay = (listeners: Iterable<Listener>, peer: string): Listener | undefined => {
  const byPeer = new Map<string, Listener[]>()
  for (const listener of listeners) {
    const own = byPeer.get(listener.peer)
    if (own === undefined) byPeer.set(listener.peer, [listener])
    else own.push(listener)
  }
  let most: readonly Listener[] = []
  for (const own of byPeer.values()) if (own.length > most.length) most = own
  return most.length > (byPeer.get(peer)?.length ?? 0) + 1 ? most[0] : undefined
}

export const create = (limits: Limits, reads: Reads): Listeners => {
  const all = new Set<Listener>()
  const topics = new Map<string, Set<Listener>>()
  const perPeer = new Map<string, number>()

  const enter = (listener: Listener): void => {
    all.add(listener)
    const own = topics.get(listener.topic) ?? new Set()
    topics.set(listener.topic, own.add(listener))
    perPeer.set(listener.peer, (perPeer.get(listener.peer) ?? 0) + 1)
  }

  const leave = (listener: Listener): void => {
    if (!all.delete(listener)) return
    const own = topics.get(listener.topic)
    own?.delete(listener)
    if (own?.size === 0) topics.delete(listener.topic)
    const left = (perPeer.get(listener.peer) ?? 1) - 1
    if (left === 0) perPeer.delete(listener.peer)
    else perPeer.set(listener.peer, left)
  }

  /** @returns who has to go for it */
  const placeFor = (topic: string, most: number, peer: string, isTold: boolean): Listener | undefined => {
    const { streams } = limits.perAddress
    if (isTold && (perPeer.get(peer) ?? 0) >= streams) throw new TooManyListenersError('address', streams)
    const own = topics.get(topic)
    if (own !== undefined && own.size >= most) {
      const leaving = givingWay(own, peer)
      if (leaving === undefined) throw new TooManyListenersError('account', most)
      return leaving
    }
    if (all.size < limits.streams) return undefined
    const leaving = givingWay(all, peer)
    if (leaving === undefined) throw new TooManyStreamsError(limits.streams)
    return leaving
  }

  const timer = setInterval(() => {
    if (all.size > 0) reads.deliver('heartbeat', () => writeTo([...all], ': alive\n\n'))
  }, heartbeatMs).unref()

  return {
    open(request, response, topic, most, onEnd) {
      const { socket } = request
      const listener = { response, peer: Peer.of(request), topic }
      const leaving = placeFor(topic, most, listener.peer, Peer.isTold(request))
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      if (request.method === 'HEAD') return void response.end()
      if (leaving !== undefined) {
        leave(leaving)
        leaving.response.end(replaced)
      }
      enter(listener)
      response.write('retry: 500\n\n')
      // Who has hung up listens no more; it might be noticed only when the system finds nobody to take what is written.
      socket.once('end', () => response.end())
      response.once('close', () => {
        leave(listener)
        onEnd()
      })
      return listener
    },
    count: () => all.size,
    close() {
      clearInterval(timer)
      for (const { response } of all) response.end(closing)
    },
  }
}

/** Too many clients listen, all together. */
export class TooManyStreamsError extends SunledgerError {
  override readonly name = 'TooManyStreamsError'
  constructor(most: number) {
    super('SL609', 'Too many event streams are open.', { expected: `at most ${most}`, status: 503 })
  }
}

/** Too many clients listen to one thing, or from one address. */
export class TooManyListenersError extends SunledgerError {
  override readonly name = 'TooManyListenersError'
  constructor(of: 'account' | 'address', most: number) {
    super('SL620', `This ${of} has too many listeners.`, {
      expected: `at most ${most}`,
      hint: 'Share one stream among those who need it, or read GET /v1/accounts/:address/statement.',
      status: 429,
      retryAfterSeconds: 5,
    })
  }
}
