/**
 * The service's routes as functions: JSON in and out, checked by the schemas of `core/Wire`, problems as typed errors. Robots stand on
 * it, and so may whoever wants a single route.
 *
 * Requests that mean the same when they arrive twice (reads, payments, orders, readings) are tried again for a while when the
 * connection fails or the service says 502, 503 or 504; the others only where no connection came about, since the chain may have seen
 * what was never answered.
 */
import type { z } from 'zod'
import { type Problem, SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, PaymentRequest, Receipt, SaleTerms } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import * as X402 from '../core/X402.ts'
import { AnswerInvalidError } from './AnswerInvalid.ts'
import * as Guard from './Guard.ts'
import * as Json from './Json.ts'
import * as Option from './Option.ts'
import * as Transport from './Transport.ts'
import * as Url from './Url.ts'

export { AnswerInvalidError } from './AnswerInvalid.ts'

export interface ClientOptions {
  /** Used instead of `node:http`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Longest wait for one answer; default 10 000. What waits for the chain or for another party may take twelve times as long. */
  readonly timeoutMs?: number | undefined
  /** How long a request is tried again while the service cannot be reached; default 30 000; 0: one attempt. */
  readonly retryForMs?: number | undefined
}

/** One request, before it is known how often it is tried. */
interface Call<T> {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly token?: string | undefined
  /** Twice is as good as once. */
  readonly repeatable: boolean
  /** Waits for the chain or for another party. */
  readonly slow?: boolean
  readonly schema: z.ZodType<T>
}

const retried = new Set([502, 503, 504])
const mostMs = 150_000_000

/** The service was too busy, or not there, and says that it has not looked at the request: whatever it was may be sent again. */
const isUntouched = ({ status, text }: Transport.Answer): boolean =>
  (status === 429 || status === 503) && /"code":"SL6(1[5679]|21)"/.test(text)

export class Client {
  readonly url: URL
  readonly #transport: Transport.Transport
  readonly #timeoutMs: number
  readonly #retryForMs: number

  /**
   * @throws {UrlInvalidError}
   * @example const client = new Client('http://127.0.0.1:4020')
   */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.url = Url.parse(url)
    Option.object('the options', options)
    if (options.fetch !== undefined) Option.callable('fetch', options.fetch)
    this.#transport =
      options.fetch === undefined ? Transport.node(this.url) : Transport.fetched(this.url, options.fetch)
    this.#timeoutMs = Option.number('timeoutMs', options.timeoutMs ?? 10_000, 1, mostMs)
    this.#retryForMs = Option.number('retryForMs', options.retryForMs ?? 30_000, 0, mostMs)
  }

  /** Which chain, contracts and keys the service stands for, and its clock. */
  status(): Promise<Wire.Status> {
    return this.#get('/v1/status', Wire.status)
  }

  /** What an account holds. @throws {AnswerInvalidError} also where the service shows another account */
  async account(address: Address): Promise<Wire.AccountView> {
    const view = await this.#get(`/v1/accounts/${address}`, Wire.accountView)
    // Its name goes into what is signed.
    if (view.account !== address) throw new AnswerInvalidError('/v1/accounts', `the account ${address}`, view.account)
    return view
  }

  /** One page of what an account paid and was paid, oldest first. `next` is the `after` of the next page. */
  statement(
    address: Address,
    page: { after?: number | undefined; limit?: number | undefined } = {},
  ): Promise<Wire.Statement> {
    const query = new URLSearchParams()
    if (page.after !== undefined) query.set('after', String(page.after))
    if (page.limit !== undefined) query.set('limit', String(page.limit))
    const suffix = query.size === 0 ? '' : `?${query}`
    return this.#get(`/v1/accounts/${address}/statement${suffix}`, Wire.statement)
  }

  /** An accepted payment's receipt, by its id. */
  payment(id: Hex): Promise<Receipt> {
    return this.#get(`/v1/payments/${id}`, Wire.receipt)
  }

  /** Sends payments, in order. Each one's receipt, or why it was refused. */
  async pay(requests: readonly PaymentRequest[]): Promise<(Receipt | ServiceError | AnswerInvalidError)[]> {
    const [first] = requests
    if (first === undefined) return []
    if (requests.length > 1) {
      const results = await this.#post('/v1/payments', requests, Wire.paymentResults, true)
      if (results.length !== requests.length)
        throw new AnswerInvalidError('/v1/payments', `${requests.length} results`, `${results.length}`)
      return results.map((result) => ('payment' in result ? result : refusalOf(result as Problem, '/v1/payments')))
    }
    try {
      return [await this.#post('/v1/payments', first, Wire.receipt, true)]
    } catch (error) {
      if (error instanceof ServiceError) return [error]
      throw error
    }
  }

  /** Brings back receipts that the service may have lost, at most 100: what became of each, or why it proves nothing. */
  bring(receipts: readonly Receipt[]): Promise<Wire.BroughtResults> {
    return this.#post('/v1/receipts', { receipts }, Wire.broughtResults, true)
  }

  /** Sends one party's leg of a sale and waits for the other's. The receipt of the own leg. */
  order(terms: SaleTerms, payment: PaymentRequest): Promise<Receipt> {
    return this.#post('/v1/orders', { terms, payment }, Wire.receipt, true, { slow: true })
  }

  /** Sent again where the answer was lost: an authorization counts once, and the service tells the transaction in which it did. */
  deposit(request: Wire.DepositRequest): Promise<Wire.Transaction> {
    return this.#post('/v1/deposits', request, Wire.transaction, true, { slow: true })
  }

  withdraw(request: Wire.WithdrawalRequest): Promise<Wire.Transaction> {
    return this.#post('/v1/withdrawals', request, Wire.transaction, false, { slow: true })
  }

  exit(request: Wire.ExitRequest): Promise<Wire.Transaction> {
    return this.#post('/v1/exits', request, Wire.transaction, false, { slow: true })
  }

  bindOwner(request: Wire.OwnerRequest): Promise<Wire.Transaction> {
    return this.#post('/v1/owners', request, Wire.transaction, false, { slow: true })
  }

  /** What an account may spend, signed by its bound owner. */
  setBudget(request: Wire.BudgetRequest): Promise<Wire.BudgetView> {
    return this.#post('/v1/budgets', request, Wire.budgetView, true)
  }

  /** Asks the service, as an x402 facilitator, whether a payment is good. Nothing moves. */
  verifyX402(request: X402.FacilitatorRequest): Promise<X402.Verified> {
    return this.#post('/verify', { x402Version: X402.version, ...request }, X402.verifiedSchema, true) as never
  }

  /** Has a payment settled; asked again with the same `claim`, the answer is the same. */
  settleX402(request: X402.FacilitatorRequest): Promise<X402.Settled> {
    const body = { x402Version: X402.version, ...request }
    return this.#post('/settle', body, X402.settledSchema, true, { slow: true }) as never
  }

  /** Local chain only: dollars for a wallet. */
  faucet(to: Address, amount: bigint): Promise<Wire.Transaction> {
    return this.#post('/v1/faucet', { to, amount }, Wire.transaction, false, { slow: true })
  }

  /** Hands in signed readings, at most 1 000. How many the service has queued for the chain. */
  async submit(readings: readonly Wire.SignedReading[]): Promise<number> {
    return (await this.#post('/v1/readings', readings, Wire.queued, true)).queued
  }

  /** Approves a meter: needs the operator's token. */
  approveMeter(request: Wire.MeterRequest, token: string): Promise<Wire.Transaction> {
    return this.#post('/v1/meters', request, Wire.transaction, false, { slow: true, token })
  }

  /** Settles everything now: needs the operator's token. */
  settle(token: string): Promise<Wire.Settlements> {
    return this.#post('/v1/settlements', {}, Wire.settlements, false, { slow: true, token })
  }

  /** Opens the stream of payments to an account. One attempt; `Events` reconnects. @throws {Transport.ConnectionError} */
  events(address: Address, after: number, signal: AbortSignal): Promise<Transport.Stream> {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(after) }
    return this.#transport.stream(`/v1/events?account=${address}`, headers, signal)
  }

  #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#call({ method: 'GET', path, repeatable: true, schema })
  }

  #post<T>(
    path: string,
    body: unknown,
    schema: z.ZodType<T>,
    repeatable: boolean,
    rest: { slow?: boolean; token?: string } = {},
  ): Promise<T> {
    return this.#call({ method: 'POST', path, body: Wire.stringify(body), repeatable, schema, ...rest })
  }

  async #call<T>(call: Call<T>): Promise<T> {
    const deadline = performance.now() + this.#retryForMs
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(call)
      const failed = answer instanceof Transport.ConnectionError
      const untouched = failed ? !answer.maySent : isUntouched(answer)
      if (!failed && !untouched && !retried.has(answer.status)) return read(call, answer)
      const harmless = call.repeatable || untouched
      const waitMs = pause(attempt, failed ? undefined : answer.retryAfterSeconds)
      if (!harmless || performance.now() + waitMs > deadline) {
        if (failed) throw new ServiceUnreachableError(this.url, answer, call.repeatable)
        return read(call, answer)
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }

  async #attempt<T>(call: Call<T>): Promise<Transport.Answer | Transport.ConnectionError> {
    try {
      return await this.#transport.send({
        method: call.method,
        path: call.path,
        timeoutMs: call.slow === true ? this.#timeoutMs * 12 : this.#timeoutMs,
        ...(call.body === undefined ? {} : { body: call.body }),
        ...(call.token === undefined ? {} : { headers: { authorization: `Bearer ${call.token}` } }),
        ...(call.repeatable ? {} : { alone: true }),
        ...(call.slow === true ? { patient: true } : {}),
      })
    } catch (error) {
      if (error instanceof Transport.ConnectionError) return error
      throw error
    }
  }
}

Guard.methods('client', Client)

/** Doubling from 50 ms to 2 s, with jitter so that a thousand robots do not come back at once. */
const pause = (attempt: number, retryAfterSeconds: number | undefined): number => {
  const backoff = Math.min(2_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2)
  return Math.max(backoff, Math.min(10, retryAfterSeconds ?? 0) * 1_000)
}

const read = <T>(call: Call<T>, answer: Transport.Answer): T => {
  let body: unknown
  try {
    body = JSON.parse(answer.text)
  } catch {
    throw new AnswerInvalidError(call.path, 'JSON', `status ${answer.status}: ${answer.text.slice(0, 60)}`)
  }
  const schema: z.ZodType<T | Problem> = answer.status < 300 ? call.schema : (Wire.problem as z.ZodType<Problem>)
  const result = schema.safeParse(body)
  if (!result.success) {
    const cause = new Wire.MessageInvalidError(result.error)
    throw new AnswerInvalidError(call.path, cause.expected ?? 'the protocol’s form', cause.shortMessage)
  }
  if (answer.status >= 300) throw refusalOf(result.data as Problem, call.path)
  return Json.readable(result.data as T)
}

/** Why the service refused; what has no code of ours says nothing, and is no answer. */
export const refusalOf = (problem: Problem, path: string): ServiceError | AnswerInvalidError => {
  const isOurs = /^SL\d{3}$/.test(problem.code)
  return isOurs ? new ServiceError(problem) : new AnswerInvalidError(path, 'a problem with a code', problem.code)
}

/** The service refused: `code` is the service's own (see `src/ERRORS.md`). */
export class ServiceError extends SunledgerError {
  override readonly name = 'ServiceError'
  readonly problem: Problem
  constructor(problem: Problem) {
    const { code, detail, expected, actual, hint, status } = problem
    super(code, detail, { expected, actual, hint, status })
    this.problem = problem
  }
}

/** No answer from the service, for as long as it was tried. */
export class ServiceUnreachableError extends SunledgerError {
  override readonly name = 'ServiceUnreachableError'
  constructor(url: URL, cause: Transport.ConnectionError, repeatable: boolean) {
    super('SL640', 'The service cannot be reached.', {
      expected: `an answer from ${url.origin}`,
      actual: cause.message,
      hint:
        cause.maySent && !repeatable
          ? 'The request may have been acted on before the connection broke: look at the balance before you repeat it.'
          : 'Is it running? `sunledger serve` starts one, and prints its address.',
      status: 503,
      cause,
    })
  }
}
