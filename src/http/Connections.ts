/**
 * Who is connected, and what each holds of our memory. A client that is slow, broken or hostile must change nothing for others: one that
 * connects and says nothing gives way to whoever comes, one that sends or takes nothing is cut off, and where all together hold too
 * much, those go that hold most.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Limits } from './Limits.ts'
import * as Peer from './Peer.ts'
import * as Proxies from './Proxies.ts'

interface State {
  readonly address: string
  /** The last request that began on it; those before it on the same connection are answered earlier. */
  request?: IncomingMessage
  response?: ServerResponse
  /** The one before it, which may not be answered yet either. */
  before?: ServerResponse | undefined
  /** Requests that are not answered yet. */
  unanswered: number
  /** Bytes that had arrived when it began. */
  readBefore: number
  /** Bytes that the client had taken when it was last looked at, and since when it is no more. */
  taken: number
  sinceMs: number
}

export interface Connections {
  /** A request begins. False: too many on its connection wait for their answers, and it is cut off. */
  begin(request: IncomingMessage, response: ServerResponse): boolean
  /** Whether the next bytes on a connection would be taken for the answer to what cannot be read on it, and to nothing else. */
  isNext(socket: Socket): boolean
  /** Whether all that was asked on it so far has been answered, something was, and the client has taken it; it counts as asking now. */
  rests(socket: Socket): boolean
  /** Responses that are under way. */
  unanswered(): ServerResponse[]
  readonly open: number
  /** How many were cut off, and why. */
  readonly dropped: { readonly [reason: string]: number }
  stop(): void
}

const sweepMs = 1000
/** Requests on one connection that wait for their answers. Node reads on however many they are, and each takes some kilobytes. */
export const mostPipelined = 64
/** Connections that are looked at to find an idle one; those that are being served are put at the end. */
const mostLooked = 1000

const isOpen = (response: ServerResponse | undefined): boolean => response !== undefined && !response.writableFinished

const isUnderWay = ({ response }: State): boolean => isOpen(response)

/** It waits for the client: nothing was asked, or not yet in full. */
const isIdle = (state: State): boolean => !isUnderWay(state) || state.request?.complete === false

const heldBy = (socket: Socket, state: State): number =>
  socket.writableLength + (state.request?.complete === false ? socket.bytesRead - state.readBefore : 0)

/** True: the client has taken nothing for too long. */
const isStalled = (socket: Socket, state: State, nowMs: number, stalledMs: number): boolean => {
  const taken = socket.bytesWritten - socket.writableLength
  if (socket.writableLength === 0 || taken !== state.taken) {
    state.taken = taken
    state.sinceMs = nowMs
  }
  return nowMs - state.sinceMs > stalledMs
}

export const watch = (server: Server, limits: Limits): Connections => {
  /** Least recently asking first. */
  const states = new Map<Socket, State>()
  const perAddress = new Map<string, number>()
  const proxies = Proxies.create(limits.trustedProxies)
  const dropped = { address: 0, crowded: 0, stalled: 0, memory: 0, pipelined: 0 }

  const drop = (socket: Socket, reason: keyof typeof dropped): void => {
    dropped[reason]++
    socket.destroy()
  }

  const touch = (socket: Socket, state: State): void => {
    states.delete(socket)
    states.set(socket, state)
  }

  /** Makes room: the one that has been idle longest goes, or where all are being served the newcomer. */
  const makeRoom = (newcomer: Socket): void => {
    let looked = 0
    for (const [socket, state] of states) {
      const isIdleOne = isIdle(state)
      if (isIdleOne || ++looked > mostLooked) {
        const leaving = isIdleOne ? socket : newcomer
        states.delete(leaving)
        return drop(leaving, 'crowded')
      }
      touch(socket, state)
    }
  }

  server.on('connection', (socket: Socket) => {
    const address = Peer.of(socket)
    const count = (perAddress.get(address) ?? 0) + 1
    if (count > limits.perAddress.connections && Peer.isTold(socket) && !proxies.has(socket))
      return drop(socket, 'address')
    perAddress.set(address, count)
    states.set(socket, { address, unanswered: 0, readBefore: 0, taken: 0, sinceMs: performance.now() })
    socket.once('close', () => {
      states.delete(socket)
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
    if (states.size > limits.connections) makeRoom(socket)
  })

  const sweep = (): void => {
    const nowMs = performance.now()
    const holders: { socket: Socket; bytes: number }[] = []
    let held = 0
    for (const [socket, state] of states) {
      if (isStalled(socket, state, nowMs, limits.stalledMs)) drop(socket, 'stalled')
      const bytes = heldBy(socket, state)
      if (bytes === 0) continue
      held += bytes
      holders.push({ socket, bytes })
    }
    if (held <= limits.heldBytes) return
    for (const { socket, bytes } of holders.sort((a, b) => b.bytes - a.bytes)) {
      if (held <= limits.heldBytes) return
      drop(socket, 'memory')
      held -= bytes
    }
  }
  const timer = setInterval(sweep, Math.min(sweepMs, limits.stalledMs / 4)).unref()

  return {
    begin(request, response) {
      const { socket } = request
      const state = states.get(socket)
      if (state === undefined) return true
      if (++state.unanswered > mostPipelined) {
        drop(socket, 'pipelined')
        return false
      }
      response.once('close', () => state.unanswered--)
      state.request = request
      state.before = state.response
      state.response = response
      state.readBefore = socket.bytesRead
      touch(socket, state)
      return true
    },
    isNext(socket) {
      const { request, response, before } = states.get(socket) ?? {}
      // What was asked in full is still owed its own answer; what was not is what cannot be read.
      return !isOpen(response) || (request?.complete === false && response?.headersSent === false && !isOpen(before))
    },
    rests(socket) {
      const state = states.get(socket)
      if (state?.request?.complete !== true || isUnderWay(state) || isOpen(state.before)) return false
      touch(socket, state)
      return socket.writableLength === 0
    },
    unanswered: () => [...states.values()].flatMap((state) => (isUnderWay(state) ? (state.response ?? []) : [])),
    get open() {
      return states.size
    },
    dropped,
    stop: () => clearInterval(timer),
  }
}
