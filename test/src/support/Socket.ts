/** A client that says bytes, and nothing that a library would say by itself. */
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Line {
  readonly socket: Socket
  /** All that has come so far. */
  text(): string
  say(text: string): void
  /** Resolves when what has come holds this. */
  hears(what: string | RegExp): Promise<string>
  /** Resolves with all that came, when the other side has ended. */
  readonly ended: Promise<string>
}

export const open = (url: string): Promise<Line> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''))
    onTestFinished(() => void socket.destroy())
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => {
      text += part
    })
    const ended = new Promise<string>((end) => socket.once('close', () => end(text)))
    socket.once('error', reject)
    socket.once('connect', () => {
      // Being cut off is what many of these ask for.
      socket.on('error', () => {})
      resolve({
        socket,
        text: () => text,
        say: (more) => void socket.write(more),
        hears: (what) =>
          new Promise((heard) => {
            const look = (): void => {
              const found = typeof what === 'string' ? text.includes(what) : what.test(text)
              if (!found) return
              socket.off('data', look)
              heard(text)
            }
            socket.on('data', look)
            look()
          }),
        ended,
      })
    })
  })

/** A request as bytes. */
export const request = (method: string, path: string, headers: { [name: string]: string } = {}, body = ''): string => {
  const all = {
    host: 'localhost',
    ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** Status and code of the last answer in a text. */
export const answerIn = (text: string): string => {
  const status = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].at(-1)?.[1]
  const code = [...text.matchAll(/"code":"(SL\d{3})"/g)].at(-1)?.[1]
  return code === undefined ? `${status}` : `${status} ${code}`
}
