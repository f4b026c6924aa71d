/**
 * Many payers, each with a connection of its own and one payment in flight, sent at a rate that does not wait for answers. Whoever is told
 * to come back sends the very same payment again when its turn comes. What is due while every payer waits for an answer has nobody who could
 * want it, and is not sent later either: what is offered says so.
 */
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

export interface Payer {
  readonly socket: Socket
  /** Whole requests, in order. */
  readonly requests: readonly Buffer[]
  next: number
  /** When its payment was to be sent. */
  dueMs: number
  isWaiting: boolean
  /** Of the answer that is coming in: bytes still to come, and its status; -1: its head has not come. */
  left: number
  status: number
}

export interface Phase {
  /** Sent a second. */
  readonly offered: number
  readonly accepted: number
  readonly shed: number
  /** Anything else: there should be none. */
  readonly other: number
  /** Answers that were told when to come back, of those that were shed. */
  readonly withRetryAfter: number
  /** Of accepted payments, from when they were due to being answered, ascending. */
  readonly latenciesMs: Float64Array
  readonly seconds: number
}

export const open = (url: string, requests: readonly (readonly Buffer[])[]): Promise<Payer[]> => {
  const { hostname, port } = new URL(url)
  return Promise.all(
    requests.map(
      (own) =>
        new Promise<Payer>((resolve, reject) => {
          const socket = connect({ host: hostname, port: Number(port), noDelay: true })
          const payer: Payer = { socket, requests: own, next: 0, dueMs: 0, isWaiting: false, left: -1, status: 0 }
          socket.once('error', reject).once('connect', () => resolve(payer))
        }),
    ),
  )
}

interface Count {
  accepted: number
  shed: number
  other: number
  withRetryAfter: number
  latencies: number[]
}

const headEnd = Buffer.from('\r\n\r\n')

/** Takes a part of an answer; true: it is whole. */
const take = (payer: Payer, part: Buffer, count: Count): boolean => {
  if (payer.left < 0) {
    const end = part.indexOf(headEnd)
    if (end < 0) throw new Error('an answer’s head came in pieces')
    const head = part.toString('latin1', 0, end)
    payer.status = Number(head.slice(9, 12))
    payer.left = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0) - (part.length - end - 4)
    if (payer.status === 503 && /retry-after: \d/i.test(head)) count.withRetryAfter++
  } else payer.left -= part.length
  return payer.left <= 0
}

const answered = (payer: Payer, count: Count): void => {
  payer.isWaiting = false
  payer.left = -1
  if (payer.status === 200) {
    payer.next++
    count.accepted++
    count.latencies.push(performance.now() - payer.dueMs)
  } else if (payer.status === 503) count.shed++
  else count.other++
}

const send = (payer: Payer, dueMs: number): void => {
  payer.isWaiting = true
  payer.dueMs = dueMs
  payer.socket.write(payer.requests[payer.next] as Buffer)
}

/** @param perSecond what is sent; or so many at once, the next as soon as one is answered. All payers take turns. */
export const run = async (
  payers: readonly Payer[],
  perSecond: number | { readonly payers: number },
  seconds: number,
): Promise<Phase> => {
  const count: Count = { accepted: 0, shed: 0, other: 0, withRetryAfter: 0, latencies: [] }
  const idle: Payer[] = [...payers]
  const isClosed = typeof perSecond !== 'number'
  let [sent, unwanted, isOver] = [0, 0, false]
  const began = performance.now()
  const go = (payer: Payer): void => {
    if (payer.next >= payer.requests.length) throw new Error('there are too few signed payments')
    send(payer, isClosed ? performance.now() : began + (1000 * (sent + unwanted)) / perSecond)
    sent++
  }
  for (const payer of payers) {
    payer.socket.removeAllListeners('data')
    payer.socket.on('data', (part: Buffer) => {
      if (!take(payer, part, count)) return
      answered(payer, count)
      idle.push(payer)
      if (isClosed && !isOver) go(idle.shift() as Payer)
    })
  }
  if (isClosed) for (const payer of idle.splice(0, perSecond.payers)) go(payer)
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - began) / 1000) {
    if (!isClosed) {
      // What is due by now; whoever came back last goes last, so that all take turns.
      const due = Math.max(0, Math.floor(elapsed * (perSecond as number)) - sent - unwanted)
      for (const payer of idle.splice(0, due)) go(payer)
      unwanted = Math.max(unwanted, Math.floor(elapsed * (perSecond as number)) - sent)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const took = (performance.now() - began) / 1000
  const offered = sent / took
  const { accepted, shed } = count
  isOver = true
  for (let i = 0; i < 500 && payers.some(({ isWaiting }) => isWaiting); i++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  const latenciesMs = Float64Array.from(count.latencies).sort()
  return {
    offered,
    accepted: accepted / took,
    shed: shed / took,
    other: count.other,
    withRetryAfter: count.withRetryAfter / Math.max(1, count.shed),
    latenciesMs,
    seconds: took,
  }
}

export const close = (payers: readonly Payer[]): void => {
  for (const { socket } of payers) socket.destroy()
}
