/**
 * JSON-RPC over HTTP for the local chain. Hardhat has a server of its own, which takes in a request byte by byte as numbers: 15 ms for a
 * settlement of 90 kB, and as long for what is read back after it, in which its chain has nothing to do. Here a body is read as
 * it comes. What is asked and answered is the same: single questions and several in one, errors in the form of geth. Only WebSockets are left
 * out: nobody here uses them. Whoever can call it can do anything on the chain, so it refuses foreign names and pages as the service does, and what
 * it takes at once is bounded.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Hosts } from '../core/Hosts.ts'

export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>

export interface RpcServer {
  readonly port: number
  close(): Promise<void>
}

export interface Bounds {
  /** Of one body: a deployment has 50 kB, a settlement 180, and 500 questions in one less than that. */
  readonly bodyBytes: number
  /** Of all bodies that are under way. */
  readonly heldBytes: number
  /** Requests at once. */
  readonly requests: number
  /** Questions in one request. */
  readonly questions: number
}

export const bounds: Bounds = { bodyBytes: 32 * 2 ** 20, heldBytes: 128 * 2 ** 20, requests: 1_024, questions: 5_000 }

export interface Listening {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly hosts: Hosts
  readonly bounds?: Bounds
}

/** As geth has them; `limit` as EIP-1474 does. */
const codes = { parse: -32_700, invalid: -32_600, internal: -32_603, limit: -32_005, reverted: 3 } as const

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const failed = (id: unknown, code: number, message: string, data?: unknown) => ({
  jsonrpc: '2.0',
  id: id ?? null,
  error: { code, message, data },
})

/** What the chain threw, as geth tells it: of a revert the data are what was returned, else they explain. */
const failedBy = (id: unknown, thrown: unknown) => {
  const error = isObject(thrown) ? thrown : {}
  const more = isObject(error['data']) ? error['data'] : {}
  const code = typeof error['code'] === 'number' ? error['code'] : codes.internal
  const message = String(error['message'] ?? thrown)
  const data = typeof error['data'] === 'string' ? error['data'] : more['data']
  const txHash = error['transactionHash'] ?? more['transactionHash']
  return failed(id, code, message, code === codes.reverted ? data : { message, txHash, data, reason: more['reason'] })
}

const answer = async (ask: Ask, question: unknown): Promise<unknown> => {
  if (!isObject(question)) return failed(null, codes.invalid, 'Invalid request')
  const { id, method, params = [] } = question
  if (typeof method !== 'string' || !Array.isArray(params)) return failed(id, codes.invalid, 'Invalid request')
  try {
    return { jsonrpc: '2.0', id: id ?? null, result: await ask(method, params) }
  } catch (error) {
    return failedBy(id, error)
  }
}

/** What is under way. */
interface Held {
  requests: number
  bytes: number
}

interface Taken {
  readonly body: Buffer
  release(): void
}

/** The body, and how to let go of it; or the status that says what is too much. */
const take = async (request: IncomingMessage, held: Held, most: Bounds): Promise<Taken | 413 | 503> => {
  const chunks: Buffer[] = []
  let bytes = 0
  const release = (): void => {
    held.bytes -= bytes
    bytes = 0
  }
  try {
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length
      held.bytes += (chunk as Buffer).length
      const tooMuch = bytes > most.bodyBytes ? 413 : held.bytes > most.heldBytes ? 503 : undefined
      if (tooMuch !== undefined) {
        release()
        return tooMuch
      }
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    release()
    throw error
  }
  return { body: Buffer.concat(chunks), release }
}

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

const told = async (ask: Ask, body: Buffer, most: number): Promise<unknown> => {
  const question = parsed(body)
  if (question === undefined) return failed(null, codes.parse, 'Parse error: the body is no JSON')
  if (!Array.isArray(question)) return answer(ask, question)
  if (question.length > most)
    return failed(null, codes.limit, `Limit exceeded: at most ${most} questions in one request`)
  return Promise.all(question.map((each) => answer(ask, each)))
}

const refuse = (response: ServerResponse, status: number, code: number, message: string): void => {
  const retry = status === 503 ? { 'retry-after': '1' } : {}
  response
    .writeHead(status, { connection: 'close', 'content-type': 'application/json', ...retry })
    .end(JSON.stringify(failed(null, code, message)))
}

const why: { readonly [status in 413 | 503]: string } = {
  413: 'Limit exceeded: the body is too large',
  503: 'Limit exceeded: too much is under way',
}

/** False: it is refused, and answered. */
const isLetIn = (request: IncomingMessage, response: ServerResponse, { hosts }: Listening): boolean => {
  const { host, origin } = request.headers
  const foreign = hosts.foreign({ host, origin })
  if (foreign !== undefined) {
    const { header, expected, actual } = foreign
    const message = `The ${header} header names another host: expected ${expected}, got ${actual.slice(0, 100)}`
    refuse(response, 403, codes.invalid, message)
    return false
  }
  response.setHeader('vary', 'Origin')
  if (!hosts.isNamedOrigin(origin)) return true
  response.setHeader('access-control-allow-origin', origin as string)
  response.setHeader('access-control-allow-headers', 'content-type')
  response.setHeader('access-control-allow-methods', 'OPTIONS, GET, POST')
  return true
}

const handle = async (
  ask: Ask,
  request: IncomingMessage,
  response: ServerResponse,
  listening: Listening,
  held: Held,
): Promise<void> => {
  if (!isLetIn(request, response, listening)) return
  if (request.method === 'OPTIONS') return void response.end()
  const { bounds: most = bounds } = listening
  if (held.requests >= most.requests) return refuse(response, 503, codes.limit, why[503])
  held.requests++
  try {
    const taken = await take(request, held, most)
    if (typeof taken === 'number') return refuse(response, taken, codes.limit, why[taken])
    try {
      const answers = await told(ask, taken.body, most.questions)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answers))
    } finally {
      taken.release()
    }
  } finally {
    held.requests--
  }
}

export const listen = async (ask: Ask, listening: Listening): Promise<RpcServer> => {
  const { host, port } = listening
  const held: Held = { requests: 0, bytes: 0 }
  // A connection that broke has nobody left to be told.
  const server = createServer(
    { requireHostHeader: false },
    (request, response) => void handle(ask, request, response, listening, held).catch(() => response.destroy()),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
