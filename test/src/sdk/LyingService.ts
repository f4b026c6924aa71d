/** A service that lies in every field of every answer, and even holds the credit key: it makes receipts for debits that it has refused. */
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import type { Address, PaymentRequest, Receipt } from '../../../src/core/Payment.ts'
import { genesisHistory } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { type Chance, change, codes } from './Chance.ts'
import { creditKey, dollar, domain, energyCredit, FakeService } from './FakeService.ts'
import type { Json, Judge } from './Judge.ts'

const problem = (code: string, status: number): Json => ({ type: 't', title: 't', status, code, detail: 'no' })

/** A receipt for a debit, whatever became of it: the liar has the credit key. */
const forge = (request: PaymentRequest, payer: Address): Receipt => {
  const id = Digest.debit(domain, request.asset, request.total, request.history)
  const before = genesisHistory
  const credit = {
    ...{ asset: request.asset, account: request.payee, total: (request.amount + 7n) as AmountAtomic, debit: id },
    history: Digest.creditHistory(before, payer, request.amount, request.reference),
  }
  const signature = Signature.sign(Digest.credits(domain, Digest.credit(domain, credit)), creditKey)
  return { payment: { ...request, id, payer }, credit, before, proof: { signature, branch: [] } }
}

export class LyingService {
  readonly service = new FakeService()
  readonly #by: Chance
  readonly #judge: Judge
  readonly #payer: Address
  /** Each debit that it got. */
  readonly #inbox: PaymentRequest[] = []
  readonly #said: string[] = []
  readonly #lies: number
  /** It has a plan: refuses all, shows what it refused as accepted, and makes receipts of it. */
  readonly #hasPlan: boolean

  constructor(by: Chance, judge: Judge, payer: Address) {
    this.#by = by
    this.#judge = judge
    this.#payer = payer
    this.#lies = by.one([0, 0.1, 0.4, 0.9])
    this.#hasPlan = by.is(0.2)
    for (const asset of [dollar, energyCredit]) this.service.account(payer, asset).available = 1n << 70n
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const by = this.#by
    const path = new URL(String(input)).pathname
    const body = init?.body === undefined ? undefined : JSON.parse(String(init.body))
    if (/payments$|orders$/.test(path))
      for (const request of [body?.payment ?? body].flat()) {
        const { data } = Wire.paymentRequest.safeParse(request)
        if (data !== undefined) this.#inbox.push(data as PaymentRequest)
      }
    const planned = this.#hasPlan && by.is(0.95) ? this.#plan(path, body) : undefined
    if (planned !== undefined) return this.#answer(Wire.stringify(planned), 'code' in planned ? 409 : 200)
    if (!by.is(this.#lies)) return this.#honest(input, init)
    if (by.is(0.1)) {
      if (by.is(0.5)) await this.service.fetch(input, init).catch(() => {})
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: by.one(['ECONNRESET', 'ECONNREFUSED']) } })
    }
    const text = await this.#lie(path, body, input, init)
    this.#said.push(text)
    return this.#answer(text, by.one([200, 200, 200, 200, 201, 302, 400, 402, 404, 409, 429, 500, 503]))
  }

  #plan(path: string, body: unknown): object | undefined {
    const top = this.#inbox.length === 0 ? undefined : this.#newest()
    if (top === undefined || /statement$|status$/.test(path)) return undefined
    if (path.startsWith('/v1/payments/')) return forge(top, this.#payer)
    if (path === '/v1/orders') return problem('SL309', 409)
    if (path === '/v1/payments')
      return Array.isArray(body) ? body.map(() => problem('SL309', 409)) : problem('SL309', 409)
    return path.startsWith('/v1/accounts/') ? this.#claim(top) : undefined
  }

  /** The account, with this debit as its last accepted one. */
  #claim(top: PaymentRequest) {
    const view = this.service.view(this.#payer)
    return { ...view, assets: view.assets.map((line) => (line.asset === top.asset ? { ...line, debit: top } : line)) }
  }

  #answer(text: string, status: number): Response {
    try {
      this.#judge.heard(JSON.parse(text))
    } catch {
      // No JSON shows nothing.
    }
    return new Response(text, { status })
  }

  async #honest(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Response> {
    const answer = await this.service.fetch(input, init)
    const text = await answer.text()
    this.#said.push(text)
    return this.#answer(text, answer.status)
  }

  async #lie(
    path: string,
    body: unknown,
    input: Parameters<typeof fetch>[0],
    init: RequestInit | undefined,
  ): Promise<string> {
    const by = this.#by
    const how = by.below(8)
    if (how === 0 && this.#said.length > 0) return by.one(this.#said)
    if (how === 1)
      return by.one(['', '{', 'null', '[]', '[[[', '"x"', '<html>', `[${'1,'.repeat(2_000)}1]`, '{"payment":{}}'])
    const top = this.#inbox.length === 0 ? undefined : by.is(0.6) ? this.#newest() : by.one(this.#inbox)
    if (how <= 4 && top !== undefined) {
      if (path.startsWith('/v1/accounts/') && !path.endsWith('/statement')) {
        const view = this.#claim(top)
        return Wire.stringify(by.is(0.1) ? { ...view, assets: [...view.assets, ...view.assets] } : view)
      }
      if (path.startsWith('/v1/payments/')) {
        const asked = this.#inbox.find((each) =>
          path.endsWith(Digest.debit(domain, each.asset, each.total, each.history)),
        )
        return Wire.stringify(forge(by.is(0.8) ? (asked ?? top) : top, this.#payer))
      }
      if (path === '/v1/payments' || path === '/v1/orders') return this.#decide(body, top)
    }
    // Acted upon or not, and told otherwise.
    const honest = by.is(0.6)
      ? await (await this.service.fetch(input, init)).text()
      : Wire.stringify(problem(by.one(codes), 409))
    let value: unknown = JSON.parse(honest)
    for (let i = by.below(3); i >= 0; i--) value = change(value, by)
    return JSON.stringify(value)
  }

  /** Answers for each payment of a request: refused, forged, or another one's. */
  #decide(body: unknown, top: PaymentRequest): string {
    const by = this.#by
    const code = by.one(codes)
    const one = (request: unknown): unknown => {
      const { data } = Wire.paymentRequest.safeParse((request as { payment?: unknown }).payment ?? request)
      if (data === undefined || by.is(0.5))
        return problem(by.is(0.8) ? code : by.one(codes), by.one([402, 409, 409, 409, 500]))
      return forge(by.is(0.8) ? (data as PaymentRequest) : top, this.#payer)
    }
    return Wire.stringify(Array.isArray(body) ? body.map(one) : one(body))
  }

  #newest(): PaymentRequest {
    return this.#inbox.reduce((a, b) => (b.total > a.total ? b : a))
  }
}
