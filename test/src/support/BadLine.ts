/**
 * The line to the chain's node, as bad as real ones: it can be down, and it can lose the answer to a request that the node has received
 * and acted on.
 */
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface BadLine {
  readonly url: string
  /** Methods in the order in which they reached the node. */
  readonly calls: string[]
  /** Down: nothing reaches the node. */
  down(is: boolean): void
  /** The answers to the next requests with this method are lost on their way. */
  lose(method: string, times: number): void
  /** Asked before a request with this method is passed on; resolves when it may be. */
  hold(method: string, until: () => Promise<unknown>): void
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

export const start = async (target: string): Promise<BadLine> => {
  const calls: string[] = []
  const losing = new Map<string, number>()
  const holding = new Map<string, () => Promise<unknown>>()
  let isDown = false
  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const part of incoming) body += part
    if (isDown) return void incoming.socket.destroy()
    const methods = methodsIn(body)
    for (const method of methods) await holding.get(method)?.()
    const answer = await forward(target, body)
    calls.push(...methods)
    const lost = methods.find((method) => (losing.get(method) ?? 0) > 0)
    if (lost === undefined && !isDown) return void response.end(answer)
    if (lost !== undefined) losing.set(lost, (losing.get(lost) as number) - 1)
    incoming.socket.destroy()
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
    lose: (method, times) => losing.set(method, times),
    hold: (method, until) => holding.set(method, until),
  }
}
