/**
 * The routes (PROTOCOL 4): JSON in, checked by the schemas of `core/Wire`; JSON or an RFC 9457 problem out. No decision is made here.
 */
import express, { type Express, type Request, type Response } from 'express'
import type { z } from 'zod'
import type { Service } from '../clearing/Service.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, PaymentRequest } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import * as Events from './Events.ts'
import * as Guard from './Guard.ts'
import * as Problem from './Problem.ts'

export interface AppOptions {
  readonly service: Service
  /** What the service is bound to. */
  readonly host: string
  /** Other names under which it may be called. */
  readonly allowedHosts?: readonly string[]
  readonly operatorToken: string
  readonly log: (error: unknown) => void
}

const json = (response: Response, value: unknown, status = 200): void => {
  response.status(status).type('application/json').send(Wire.stringify(value))
}

const pay = async (service: Service, request: PaymentRequest): Promise<string> =>
  Wire.formatReceipt(await service.pay(request))

/** Several at once: each is answered for itself, in order. */
const payAll = async (service: Service, requests: readonly PaymentRequest[]): Promise<string> => {
  const answers = await Promise.allSettled(requests.map((request) => service.pay(request)))
  const texts = answers.map((answer) =>
    answer.status === 'fulfilled'
      ? Wire.formatReceipt(answer.value)
      : JSON.stringify(Problem.from(answer.reason).toProblem()),
  )
  return `[${texts.join(',')}]`
}

const pageOf = (request: Request): { after: number; limit: number } => {
  const number = (name: string, otherwise: number, least: number, most: number): number => {
    const text = request.query[name]
    if (text === undefined) return otherwise
    const value = typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (Number.isNaN(value) || value < least || value > most) throw new QueryInvalidError(name, least, most)
    return value
  }
  return { after: number('after', 0, 0, 999_999_999_999_999), limit: number('limit', 100, 1, 1000) }
}

const bodyOf = <T>(schema: z.ZodType<T>, request: Request): T => {
  // Other types are not read at all, so that no page can send one without the browser asking first.
  if (request.body === undefined) throw new BodyMissingError(request.headers['content-type'])
  return Wire.parse(schema, request.body)
}

const addressOf = (request: Request): Address => Wire.parse(Wire.address, request.params['address'], 'the address')

const paymentRoutes = (app: Express, service: Service): void => {
  app.post('/v1/payments', async (request, response) => {
    const body = bodyOf(Wire.payments, request)
    const text = Array.isArray(body) ? await payAll(service, body) : await pay(service, body as PaymentRequest)
    response.type('application/json').send(text)
  })
  app.get('/v1/payments/:id', (request, response) => {
    const id = Wire.parse(Wire.bytes32, request.params.id, 'the payment’s id')
    response.type('application/json').send(Wire.formatReceipt(service.payment(id)))
  })
  app.post('/v1/orders', async (request, response) => {
    const { terms, payment } = bodyOf(Wire.order, request)
    response.type('application/json').send(Wire.formatReceipt(await service.trade(terms, payment)))
  })
  app.get('/v1/accounts/:address', async (request, response) => {
    json(response, await service.account(addressOf(request)))
  })
  app.get('/v1/accounts/:address/statement', (request, response) => {
    const { after, limit } = pageOf(request)
    json(response, service.statement(addressOf(request), after, limit))
  })
}

const chainRoutes = (app: Express, service: Service): void => {
  app.post('/v1/deposits', async (request, response) => {
    json(response, await service.deposit(bodyOf(Wire.deposit, request)))
  })
  app.post('/v1/withdrawals', async (request, response) => {
    json(response, await service.withdraw(bodyOf(Wire.withdrawal, request)))
  })
  app.post('/v1/exits', async (request, response) => {
    json(response, await service.exit(bodyOf(Wire.exit, request)))
  })
  app.post('/v1/owners', async (request, response) => {
    json(response, await service.bindOwner(bodyOf(Wire.owner, request)))
  })
  app.post('/v1/budgets', async (request, response) => {
    json(response, await service.setBudget(bodyOf(Wire.budget, request)))
  })
  app.post('/v1/faucet', async (request, response) => {
    const { to, amount } = bodyOf(Wire.faucet, request)
    json(response, await service.faucet(to, amount))
  })
  app.post('/v1/readings', async (request, response) => {
    const body = bodyOf(Wire.readings, request)
    json(response, { queued: await service.read(Array.isArray(body) ? body : [body as Wire.SignedReading]) }, 202)
  })
}

const operatorRoutes = (app: Express, service: Service, token: string): void => {
  app.use(['/v1/meters', '/v1/settlements', '/v1/ledger'], Guard.operator(token))
  // The whole ledger, for an audit to hold against the journal's replay (I12).
  app.get('/v1/ledger', async (_request, response) => {
    response.type('text/plain').send(await service.serialize())
  })
  app.post('/v1/meters', async (request, response) => {
    json(response, await service.approveMeter(bodyOf(Wire.meter, request)))
  })
  app.post('/v1/settlements', async (_request, response) => {
    json(response, await service.settle())
  })
}

/** The application, and how to end its open streams. */
export const create = (options: AppOptions): { app: Express; closeStreams: () => void } => {
  const { service } = options
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(Guard.sameHost(options.host, options.allowedHosts))
  const events = Events.stream(service)
  app.get('/healthz', (_request, response) => json(response, { status: 'ok' }))
  app.get('/readyz', (_request, response) => {
    const { state } = service.status()
    json(response, { state }, state === 'ready' ? 200 : 503)
  })
  app.get('/v1/status', (_request, response) => json(response, service.status()))
  app.get('/v1/events', events)
  app.use(express.json({ limit: '1mb', strict: true }))
  paymentRoutes(app, service)
  chainRoutes(app, service)
  operatorRoutes(app, service, options.operatorToken)
  app.use(Problem.notFound)
  app.use(Problem.handler(options.log))
  return { app, closeStreams: events.close }
}

/** A query parameter is not what it should be. */
export class QueryInvalidError extends SunledgerError {
  override readonly name = 'QueryInvalidError'
  constructor(name: string, least: number, most: number) {
    super('SL610', `The query parameter ${name} is not usable.`, {
      expected: `a whole number from ${least} to ${most}`,
    })
  }
}

/** A request has no body that could be read. */
export class BodyMissingError extends SunledgerError {
  override readonly name = 'BodyMissingError'
  constructor(type: string | undefined) {
    super('SL612', 'The request has no JSON body.', {
      expected: 'a body, and the header content-type: application/json',
      actual: type === undefined ? 'no content-type' : `content-type: ${type.slice(0, 100)}`,
      status: 415,
    })
  }
}
