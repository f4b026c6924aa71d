/** A clearing service over HTTP on a real chain, robots with money, and Express servers that charge: shared by the tests of one file. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express, type RequestHandler } from 'express'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import * as X402 from '../../../src/core/X402.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { type Client, type PaywallOptions, paywall, Robot, type RobotOptions } from '../../../src/index.ts'
import { type Chain, type Deployed, useChain } from './Chain.ts'
import { listen, type Site } from './Http.ts'
import * as Member from './Member.ts'
import { type Running, start } from './Running.ts'

export interface Street {
  readonly chain: Chain
  readonly deployed: Deployed
  readonly service: Running
  readonly http: Site
  /** A robot with a key of its own, and dollars where an amount is given. */
  robot(amount?: string, options?: Partial<RobotOptions>): Promise<Robot>
}

let names = 0

/** Up before the file's first test, down after its last. */
export const useStreet = (): Street => {
  const chain = useChain()
  let deployed: Deployed
  let service: Running
  let http: Site
  const closing: (() => Promise<void>)[] = []
  beforeAll(async () => {
    const atEnd = (close: () => Promise<void>) => void closing.push(close)
    deployed = await chain.deploy()
    service = await start(chain, deployed, { atEnd })
    http = await listen(service, {}, atEnd)
  }, 60_000)
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  })
  return {
    chain,
    get deployed() {
      return deployed
    },
    get service() {
      return service
    },
    get http() {
      return http
    },
    async robot(amount, options = {}) {
      const { key } = Member.create(`street ${++names}`)
      const robot = await Robot.connect(http.url, { account: key, keep: false, ...options })
      onTestFinished(() => robot.close())
      if (amount !== undefined) await robot.deposit(amount)
      return robot
    },
  }
}

/** Serves an application for one test; its address. */
export const serve = async (
  build: (app: Express) => void,
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
) => {
  const app = express()
  build(app)
  // What a handler throws is expected here, and not to be printed.
  app.use(((error: Error, _request, response, _next) => {
    if (!response.headersSent) response.status(500).json({ error: error.message })
    else response.destroy()
  }) as express.ErrorRequestHandler)
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => close(server))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** Makes shops with one route, which count how often their handler ran. */
export const shopOf =
  (street: Street) =>
  async (options: Partial<PaywallOptions> = {}, handler?: RequestHandler, before: RequestHandler[] = []) => {
    const payee = options.payee === undefined ? await street.robot() : (options.payee as Robot)
    const wall = paywall({
      ...{ price: '0.0005', payTo: payee.address, clearing: street.http.url, schemes: ['clearing'] },
      ...options,
    })
    await wall.ready()
    let served = 0
    const url = await serve((app) => {
      for (const each of before) app.use(each)
      app.all('/charge', wall, (request, response, next) => {
        served++
        if (handler !== undefined) return handler(request, response, next)
        response.json({ served })
        return undefined
      })
    })
    return { payee, wall, url: `${url}/charge`, count: () => served }
  }

/** What a 402 asks. */
export const requiredOf = (response: Response): X402.Required =>
  X402.parseRequired(X402.decode(response.headers.get('payment-required') ?? ''))

/** What an answer says of its payment. */
export const settledOf = (response: Response): X402.Settled | undefined => {
  const header = response.headers.get('payment-response')
  return header === null ? undefined : X402.parseSettled(X402.decode(header))
}

/** PAYMENT-SIGNATURE over a receipt that the robot pays for now. */
export const payFor = async (robot: Robot, required: X402.Required, key: string, amount?: bigint): Promise<string> => {
  const accepted = required.accepts.find(({ scheme }) => scheme === 'clearing') as X402.Requirements
  const reference = Digest.reference(required.resource.url, key)
  const receipt = await robot.pay({ to: accepted.payTo, amount: amount ?? BigInt(accepted.amount), reference })
  return X402.encode({
    ...{ x402Version: 2, resource: required.resource, accepted },
    payload: X402.formatClearing({ receipt, key }),
  })
}

/** A request, with its payment. */
export const ask = (url: string, signature?: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, {
    ...init,
    headers: { ...(init.headers as object), ...(signature === undefined ? {} : { 'payment-signature': signature }) },
  })

/** Asks, pays what is asked, and asks again. */
export const buy = async (robot: Robot, url: string, key: string, amount?: bigint) => {
  const signature = await payFor(robot, requiredOf(await ask(url)), key, amount)
  return { signature, answer: await ask(url, signature) }
}

/** As a process that starts again: what payees have served here is forgotten. */
export const forgetServed = (): void => {
  const shelf = globalThis as { [name: symbol]: Map<string, unknown> | undefined }
  shelf[Symbol.for('sunledger.served.1')]?.clear()
}

/** Status and code of a problem. */
export const codeIn = async (response: Response): Promise<string> =>
  `${response.status} ${((await response.json()) as { code: string }).code}`

export const balanceOf = async (robot: Robot): Promise<bigint> => (await robot.balance()).available

export type { Client }
