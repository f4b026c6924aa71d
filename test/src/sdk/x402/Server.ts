/** A server without the project's own paywall, which asks and answers as the test says, and a robot that is watched while it pays there. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import type { SpendLimits } from '../../../../src/sdk/Spending.ts'
import { dollar, key, trust } from '../FakeService.ts'
import { Observer } from '../Observer.ts'
import { connect, funded, payee } from '../Payer.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, paid: X402.Payload | undefined) => void

/** A server, and what came to it. */
export const serve = async (handler: Handler) => {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    const header = request.headers['payment-signature']
    handler(request, response, header === undefined ? undefined : X402.parsePayload(X402.decode(String(header))))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, seen }
}

export const offerOf = (amount: bigint, more: object = {}) => ({
  ...{ scheme: 'clearing', network: 'eip155:31337', asset: dollar, amount: `${amount}`, payTo: payee },
  ...{ maxTimeoutSeconds: 60, extra: { clearingHouse: trust.clearingHouse, service: 'http://fake.example' } },
  ...more,
})

export const ask = (response: ServerResponse, url: string, offer: object, headers = {}): void => {
  const required = { x402Version: 2, resource: { url }, accepts: [offer] }
  response.writeHead(402, { 'payment-required': X402.encode(required), ...headers }).end()
}

export const urlOf = (request: IncomingMessage): string => `http://${request.headers.host}${request.url}`

export const robotOf = async (spend: SpendLimits = {}) => {
  const service = funded(100_000_000n)
  const account = new Observer(key(1))
  const robot = await connect(service, { account, spend })
  onTestFinished(() => robot.close())
  return { robot, account, service }
}
