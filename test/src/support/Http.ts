/** A listening service, and clients that say exactly what they are told to. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { expect, onTestFinished } from 'vitest'
import type { Service } from '../../../src/clearing/Service.ts'
import type { Problem } from '../../../src/core/Errors.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Server from '../../../src/http/Server.ts'
import * as Documented from './Documented.ts'

export const token = 'the token of the operator'

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** The body, where it is JSON. */
  readonly body: unknown
}

export interface Site {
  readonly url: string
  readonly server: Server.Server
  /** What was logged as our own fault. */
  readonly faults: unknown[]
  get(path: string, headers?: { [name: string]: string }): Promise<Answer>
  post(path: string, body: unknown, headers?: { [name: string]: string }): Promise<Answer>
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One request on a connection of its own; a body that is text goes as it is. The answer must be one that the documentation names. */
export const ask = async (
  url: string,
  method: string,
  headers: { [name: string]: string },
  body?: unknown,
): Promise<Answer> => {
  const answer = await send(url, method, headers, body)
  const { status, body: answered } = answer
  const type = answer.headers['content-type']?.split(';')[0] ?? ''
  expect(Documented.faults({ method, url, status, type, body: answered })).toEqual([])
  return answer
}

/** One request as `ask` makes it, to whatever server. */
export const send = (
  url: string,
  method: string,
  headers: { [name: string]: string },
  body?: unknown,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: json(text) }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined || typeof body === 'string' ? body : Wire.stringify(body))
  })

/** @param atEnd takes what closes it; left out: it lives for one test */
export const listen = async (
  service: Service | Promise<Service>,
  options: Partial<Server.ServerOptions> = {},
  atEnd: (close: () => Promise<void>) => void = onTestFinished,
): Promise<Site> => {
  const faults: unknown[] = []
  const server = await Server.listen({
    service,
    host: '127.0.0.1',
    port: 0,
    operatorToken: token,
    log: (error) => faults.push(error),
    ...options,
    // Tests look at what has just happened; who wants to see how answers are shared says for how long.
    limits: { sharedMs: 0, ...options.limits },
  })
  atEnd(() => server.close())
  const { url } = server
  return {
    url,
    server,
    faults,
    get: (path, headers = {}) => ask(url + path, 'GET', headers),
    post: (path, body, headers = {}) =>
      ask(url + path, 'POST', { 'content-type': 'application/json', ...headers }, body),
  }
}

/** Status and code of a problem. */
export const problemOf = ({ status, headers, body }: Answer): string =>
  `${status} ${headers['content-type']?.split(';')[0]} ${(body as Problem | undefined)?.code}`

export interface Event {
  readonly type: string
  readonly id: number
  readonly data: unknown
}

export interface Listener {
  /** What has come so far. */
  readonly events: Event[]
  readonly response: IncomingMessage
  readonly outgoing: ClientRequest
  /** Resolves when so many have come. */
  count(events: number): Promise<Event[]>
  readonly ended: Promise<void>
  close(): void
}

const eventIn = (block: string): Event | undefined => {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  const data = field('data')
  return data === undefined ? undefined : { type: field('event') ?? '', id: Number(field('id')), data: json(data) }
}

/** Opens an event stream. `isSlow`: nothing is read until `response.resume()`. */
export const follow = (url: string, headers: { [name: string]: string } = {}, isSlow = false): Promise<Listener> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, agent: false }, (response) => {
      const events: Event[] = []
      const waiting: (() => void)[] = []
      let rest = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        const blocks = (rest + part).split('\n\n')
        rest = blocks.pop() as string
        events.push(...blocks.flatMap((block) => eventIn(block) ?? []))
        for (const look of waiting) look()
      })
      if (isSlow) response.pause()
      const ended = new Promise<void>((end) => response.once('close', end))
      onTestFinished(() => void outgoing.destroy())
      resolve({
        events,
        response,
        outgoing,
        ended,
        count: (most) =>
          new Promise((found) => {
            const look = () => {
              if (events.length >= most) found(events)
            }
            waiting.push(look)
            look()
          }),
        close: () => void outgoing.destroy(),
      })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
