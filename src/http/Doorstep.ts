/**
 * Requests for payments that are refused where they arrive. At four times what can be worked on three of four requests are, so a refusal
 * must cost next to nothing: these are answered from the bytes that came, before Node parses them, and the connection stays as it was.
 *
 * Only what cannot be mistaken is answered here: one request, whole, in one piece, on a connection on which every byte before was
 * accounted for and every answer has been given. All else is left to Node, which refuses it as well, at six times the cost.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Undefined: it is let in, or refused elsewhere. */
export type Refuse = (socket: Socket, head: string) => string | undefined

/** How a request goes on behind its head; undefined: only a parser can tell. */
interface Frame {
  readonly head: string
  /** Of head and body. */
  readonly bytes: number
}

const wanted = 'POST /v1/payments HTTP/1.1\r\n'
const headEnd = Buffer.from('\r\n\r\n')
/** Headers that say where a request ends, or what becomes of the connection. */
const framing = /\r\n(?:content-length|transfer-encoding|connection|upgrade|expect|trailer)\b[^\r\n]*/gi
const length = /^\r\ncontent-length: ?(\d{1,9})$/i
const stays = /^\r\nconnection: ?keep-alive$/i

/** Length of the body that a head announces; undefined: only a parser can tell. */
const bodyIn = (head: string): number | undefined => {
  let body = -1
  for (const [line] of head.matchAll(framing)) {
    const found = length.exec(line)?.[1]
    if (found !== undefined && body < 0) body = Number(found)
    else if (!stays.test(line)) return undefined
  }
  return Math.max(0, body)
}

/** Heads that came last: a client says the same with every request, but for the length. */
const mostKnown = 256
const mostHead = 1024
const bodies = new Map<string, number | undefined>()

const bodyOf = (head: string): number | undefined => {
  if (head.length > mostHead) return bodyIn(head)
  const known = bodies.get(head)
  if (known !== undefined || bodies.has(head)) return known
  const body = bodyIn(head)
  if (bodies.size >= mostKnown) bodies.clear()
  bodies.set(head, body)
  return body
}

const frameOf = (bytes: Buffer): Frame | undefined => {
  const end = bytes.indexOf(headEnd)
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const body = bodyOf(head)
  return body === undefined ? undefined : { head, bytes: end + headEnd.length + body }
}

/** @param refuse asked for the answer to a request that could be refused */
export const watch = (server: Server, refuse: Refuse): void => {
  // Node's own listener comes first, so its parser is there.
  server.on('connection', (socket: Socket) => {
    const parsers = socket.listeners('data') as ((bytes: Buffer) => void)[]
    /** Of the request that has begun, bytes that have not come; negative: nobody knows. */
    let left = 0
    socket.removeAllListeners('data')
    socket.on('data', (bytes: Buffer) => {
      if (left === 0) {
        const frame = frameOf(bytes)
        left = frame === undefined ? -1 : frame.bytes - bytes.length
        if (frame !== undefined && left === 0 && frame.head.startsWith(wanted)) {
          const answer = refuse(socket, frame.head)
          if (answer !== undefined) return void socket.write(answer, 'latin1')
        }
      } else if (left > 0) left -= bytes.length
      for (const parse of parsers) parse.call(socket, bytes)
    })
  })
}
