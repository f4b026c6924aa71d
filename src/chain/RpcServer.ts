/**
 * JSON-RPC over HTTP for the local chain. Hardhat has a server of its own, which takes in a request byte by byte as numbers: 15 ms for a
 * settlement of 90 kB, and as long for what is read back after it, in which its chain has nothing to do. Here a body is read as
 * it comes. What is asked and answered is the same: single questions and several in one, errors in the form of geth, any origin. Only
 * WebSockets are left out: nobody here uses them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>

export interface RpcServer {
  readonly port: number
  close(): Promise<void>
}

/** A deployment has 50 kB, a settlement 180, and 500 questions in one less than that. */
const mostBytes = 32 * 1024 * 1024

const codes = { parse: -32_700, invalid: -32_600, internal: -32_603, reverted: 3 } as const

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

/** The body; undefined where it is too large. */
const bodyOf = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > mostBytes) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

const handle = async (ask: Ask, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-allow-headers', '*')
  response.setHeader('access-control-allow-methods', 'OPTIONS, GET, POST')
  if (request.method === 'OPTIONS') return void response.end()
  const body = await bodyOf(request)
  if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end()
  const question = parsed(body)
  const told =
    question === undefined
      ? failed(null, codes.parse, 'Parse error: the body is no JSON')
      : Array.isArray(question)
        ? await Promise.all(question.map((each) => answer(ask, each)))
        : await answer(ask, question)
  response.setHeader('content-type', 'application/json').end(JSON.stringify(told))
}

/** @param port 0: any free one */
export const listen = async (ask: Ask, host: string, port: number): Promise<RpcServer> => {
  // A connection that broke has nobody left to be told.
  const server = createServer(
    (request, response) => void handle(ask, request, response).catch(() => response.destroy()),
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
