/**
 * A client that costs as little as can be: requests are bytes that were made beforehand, each connection is kept alive and has one request under
 * way, and of an answer only its length, its status and what the caller counts in it are looked at.
 */
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: Buffer
}

export interface Options {
  readonly connections: number
  /** Told of every answer, with the number of its request. Throws where it is not what it should be. */
  readonly onAnswer: (answer: Answer, request: number) => void
}

const headEnd = Buffer.from('\r\n\r\n')

/** Bytes as they come in, until an answer is whole. */
class Inbox {
  #parts: Buffer[] = []
  #bytes = 0
  /** Of the whole answer; undefined: its head has not come. */
  #wanted: number | undefined
  #head = ''
  #headBytes = 0

  take(part: Buffer): Answer | undefined {
    this.#parts.push(part)
    this.#bytes += part.length
    if (this.#wanted === undefined && !this.#readHead()) return undefined
    if (this.#bytes < (this.#wanted as number)) return undefined
    const whole = this.#join()
    const answer = {
      status: Number(this.#head.slice(9, 12)),
      head: this.#head,
      body: whole.subarray(this.#headBytes, this.#wanted),
    }
    this.#parts = []
    this.#bytes = 0
    this.#wanted = undefined
    return answer
  }

  #join(): Buffer {
    return this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)
  }

  #readHead(): boolean {
    const whole = this.#join()
    const end = whole.indexOf(headEnd)
    if (end < 0) return false
    this.#parts = [whole]
    this.#head = whole.toString('latin1', 0, end)
    this.#headBytes = end + headEnd.length
    const length = /content-length: (\d+)/i.exec(this.#head)
    if (length === null) throw new Error(`an answer without its length: ${this.#head}`)
    this.#wanted = this.#headBytes + Number(length[1])
    return true
  }
}

const open = (url: URL): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    socket.once('error', reject).once('connect', () => resolve(socket))
  })

/**
 * Sends all requests, each connection its own: connection c those with numbers c, c + connections, … in order.
 * @returns seconds from the first byte to the last answer
 */
export const send = async (address: string, requests: readonly Buffer[], options: Options): Promise<number> => {
  const { connections, onAnswer } = options
  const url = new URL(address)
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(url)))
  const began = performance.now()
  try {
    await Promise.all(
      sockets.map(
        (socket, first) =>
          new Promise<void>((resolve, reject) => {
            const inbox = new Inbox()
            let number = first
            const next = (): void => {
              if (number < requests.length) socket.write(requests[number] as Buffer)
              else resolve()
            }
            socket.on('data', (part) => {
              try {
                const answer = inbox.take(part as Buffer)
                if (answer === undefined) return
                onAnswer(answer, number)
                number += connections
                next()
              } catch (error) {
                reject(error)
              }
            })
            socket.once('error', reject)
            socket.once('close', () => reject(new Error('the server closed a connection')))
            next()
          }),
      ),
    )
    return (performance.now() - began) / 1000
  } finally {
    for (const socket of sockets) socket.removeAllListeners('close').destroy()
  }
}

/** A whole request with a JSON body. */
export const post = (path: string, body: string): Buffer =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

export const get = (path: string, headers: { readonly [name: string]: string } = {}): Buffer => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}\r\n`)
}
