/**
 * The line to the chain's node, as bad as real ones: it can be down, and to the next requests with a method it can do whatever lines and
 * providers do: lose the answer to what the node has acted on, deliver twice, answer late or never, answer with an error, with or
 * without having passed the request on.
 */
import { createServer, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface Refusal {
  readonly error: string
  readonly acted: boolean
}

export type Fault =
  /** The node acts; the connection breaks before its answer. */
  | 'lose'
  /** The node gets it twice; its second answer is passed on. */
  | 'twice'
  /** The node acts; no answer ever comes. */
  | 'mute'
  /** The node acts; its answer takes this long. */
  | { readonly lateMs: number }
  /** A JSON-RPC error comes back; the node has acted on the request or never got it. */
  | Refusal
  /** An answer of HTTP; the node never got the request. */
  | { readonly status: number }

export interface BadLine {
  readonly url: string
  /** Methods in the order in which they reached the node. */
  readonly calls: string[]
  /** Down: nothing reaches the node. */
  down(is: boolean): void
  /** From now on it leads to another node. */
  lead(target: string): void
  /** No longer request is taken, as pools take no longer transaction. */
  limit(characters: number): void
  /** What happens to the next requests with this method. */
  fault(method: string, times: number, fault: Fault): void
  /** The answers to the next requests with this method are lost on their way. */
  lose(method: string, times: number): void
  /** Asked before a request with this method is passed on; resolves when it may be. */
  hold(method: string, until: () => Promise<unknown>): void
  /** Called once, when the node has acted on a request with this method, before its answer goes back. */
  acted(method: string, then: () => Promise<unknown>): void
}

const methodsIn = (body: string): string[] => [JSON.parse(body)].flat().map(({ method }: { method: string }) => method)

const forward = (target: string, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      target,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        let text = ''
        response.on('data', (part: Buffer) => {
          text += part.toString()
        })
        response.on('end', () => resolve(text))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  )

const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Request {
  readonly id: unknown
  readonly method: string
}

/** Answers the requests with this method with an error, and the others as the node does. */
const refuse = async (target: string, body: string, method: string, { error, acted }: Refusal): Promise<string> => {
  const asked: Request | Request[] = JSON.parse(body)
  const refused = [asked].flat().filter((each) => each.method === method)
  const passed = [asked].flat().filter((each) => acted || each.method !== method)
  const answers: Request[] = passed.length === 0 ? [] : JSON.parse(await forward(target, JSON.stringify(passed)))
  const errors = refused.map(({ id }) => ({ jsonrpc: '2.0', id, error: { code: -32000, message: error } }))
  const kept = answers.filter(({ id }) => !refused.some((each) => each.id === id))
  return JSON.stringify(Array.isArray(asked) ? [...kept, ...errors] : errors[0])
}

interface Planned {
  readonly method: string
  readonly fault: Fault
  times: number
}

/** Does to one request what the fault says. */
const suffer = async (
  { fault, method }: Planned,
  target: string,
  body: string,
  response: ServerResponse,
): Promise<void> => {
  if (typeof fault === 'object' && 'status' in fault) {
    response.statusCode = fault.status
    return void response.end('{"error":"come again"}')
  }
  if (typeof fault === 'object' && 'error' in fault) {
    return void response.end(await refuse(target, body, method, fault))
  }
  const answer = await forward(target, body)
  if (fault === 'lose') response.socket?.destroy()
  if (fault === 'twice') response.end(await forward(target, body))
  if (typeof fault === 'object') {
    await soon(fault.lateMs)
    response.end(answer)
  }
}

export const start = async (first: string): Promise<BadLine> => {
  let target = first
  const calls: string[] = []
  const faults = new Map<string, Planned>()
  const holding = new Map<string, () => Promise<unknown>>()
  const waiting = new Map<string, () => Promise<unknown>>()
  let isDown = false
  let longest = Number.POSITIVE_INFINITY

  const faultOf = (methods: readonly string[]): Planned | undefined => {
    const found = methods.map((method) => faults.get(method)).find((planned) => (planned?.times ?? 0) > 0)
    if (found !== undefined) found.times--
    return found
  }

  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const part of incoming) body += part
    if (isDown) return void incoming.socket.destroy()
    const methods = methodsIn(body)
    if (body.length > longest && methods.includes('eth_sendRawTransaction')) {
      const fault = { error: `oversized data: ${body.length} characters, limit ${longest}`, acted: false }
      return void response.end(await refuse(target, body, 'eth_sendRawTransaction', fault))
    }
    for (const method of methods) await holding.get(method)?.()
    const fault = faultOf(methods)
    calls.push(...methods)
    if (fault !== undefined) return suffer(fault, target, body, response)
    const answer = await forward(target, body)
    for (const method of methods) {
      const then = waiting.get(method)
      waiting.delete(method)
      await then?.()
    }
    if (isDown) incoming.socket.destroy()
    else response.end(answer)
  })
  const url = await listen(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url,
    calls,
    down(is) {
      isDown = is
    },
    lead(to) {
      target = to
    },
    limit(characters) {
      longest = characters
    },
    fault: (method, times, fault) => faults.set(method, { method, times, fault }),
    lose: (method, times) => faults.set(method, { method, times, fault: 'lose' }),
    hold: (method, until) => holding.set(method, until),
    acted: (method, then) => waiting.set(method, then),
  }
}
