/** Sends one request after the other on connections of its own, and reads what comes back without trusting it to be HTTP. */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** `closed`: the connection ended without an answer. `hung`: nothing came in time. */
export type Outcome = Answer | 'closed' | 'hung'

export interface Caller {
  call(bytes: Buffer, method: string, last: boolean): Promise<Outcome>
  close(): void
}

/** How long whoever sends the last request of a connection waits before it hangs up. */
const patienceMs = 100

const head = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n([\s\S]*?)\r\n\r\n/

const header = (headers: string, name: string): string | undefined =>
  new RegExp(`^${name}: *(.*)$`, 'im').exec(headers)?.[1]?.trim()

/** Where the body of chunks ends; undefined: not yet. */
const unchunk = (text: string): string | undefined => {
  let body = ''
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(text.slice(at, end), 16)
    if (size === 0) return body
    if (text.length < end + 4 + size) return undefined
    body += text.slice(end + 2, end + 2 + size)
    at = end + 4 + size
  }
}

/** The first whole answer in what came; undefined: not yet. Bytes are latin1, so that lengths count bytes. */
const answerIn = (text: string, method: string): Answer | undefined => {
  const found = head.exec(text)
  if (found === null) return undefined
  const [all, code, headers] = found as unknown as [string, string, string]
  if (code === '100') return answerIn(text.slice(all.length), method)
  const type = header(headers, 'content-type')?.split(';')[0] ?? ''
  const rest = text.slice(all.length)
  const answer = (body: string): Answer => ({
    status: Number(code),
    type,
    text: Buffer.from(body, 'latin1').toString(),
  })
  // A stream stays open: that it has begun is its answer.
  if (method === 'HEAD' || code === '204' || type === 'text/event-stream') return answer('')
  const length = header(headers, 'content-length')
  if (length !== undefined) return rest.length < Number(length) ? undefined : answer(rest.slice(0, Number(length)))
  const body = /chunked/i.test(header(headers, 'transfer-encoding') ?? '') ? unchunk(rest) : undefined
  return body === undefined ? undefined : answer(body)
}

export const open = (url: string, timeoutMs: number): Caller => {
  const { hostname, port } = new URL(url)
  let current: Socket | undefined

  const call = (bytes: Buffer, method: string, last: boolean): Promise<Outcome> =>
    new Promise((resolve) => {
      const socket = current ?? connect({ host: hostname, port: Number(port), noDelay: true })
      current = socket
      let text = ''
      let hangUp: NodeJS.Timeout | undefined
      const finish = (outcome: Outcome): void => {
        clearTimeout(timer)
        clearTimeout(hangUp)
        socket.removeAllListeners('data').removeAllListeners('close')
        const isOver =
          last || typeof outcome === 'string' || outcome.type === 'text/event-stream' || /connection: close/i.test(text)
        if (isOver) {
          socket.destroy()
          current = undefined
        }
        resolve(outcome)
      }
      const timer = setTimeout(() => finish('hung'), timeoutMs)
      socket.on('data', (part: Buffer) => {
        text += part.toString('latin1')
        const answer = answerIn(text, method)
        if (answer !== undefined) finish(answer)
      })
      socket.removeAllListeners('error').on('error', () => {})
      socket.once('close', () => finish(answerIn(text, method) ?? 'closed'))
      socket.write(bytes)
      // A server need not answer whoever has hung up, so that is done only where an answer does not come by itself.
      if (last) hangUp = setTimeout(() => socket.end(), patienceMs)
    })

  return { call, close: () => void current?.destroy() }
}
