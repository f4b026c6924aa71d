/**
 * The least that a robot can be tested against: accepts payments strictly in order, signs real receipts, answers the routes that a robot
 * calls, through a `fetch` without any socket. What goes wrong on the way is the test's to say (`faults`).
 */
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import type { Problem } from '../../../src/core/Errors.ts'
import type { Address, Hex, PaymentRequest, Receipt, Refusal } from '../../../src/core/Payment.ts'
import { debitGenesis, genesisHistory, PaymentRefusedError } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Merkle from '../../../src/crypto/Merkle.ts'
import * as Signature from '../../../src/crypto/Signature.ts'

export const key = (index: number): Hex => `0x${index.toString(16).padStart(64, '0')}`
const contract = (index: number): Address => `0x${index.toString(16).padStart(40, '0')}`

export const creditKey = key(1000)
export const dollar = contract(1)
export const energyCredit = contract(2)
export const trust = { chainId: 31337, clearingHouse: contract(3), creditKey: Signature.addressOf(creditKey) }
export const domain = Digest.domain(trust.chainId, trust.clearingHouse)

interface Account {
  available: bigint
  debit: { total: bigint; history: Hex; signature: Hex }
  credit: { total: bigint; history: Hex }
}

/** What happens to one HTTP request: `refuse` never arrives, `lose` arrives and its answer does not. */
export type Fault = 'refuse' | 'lose' | 'busy' | undefined

export class FakeService {
  nowSeconds = 1_800_000_000n
  owner: Address = contract(0)
  version = '1'
  /** Requests that came in, in order. */
  readonly requests: { readonly path: string; readonly body: unknown }[] = []
  readonly receipts = new Map<Hex, Receipt>()
  /** Asked for each request to a path. */
  fault: (path: string, count: number) => Fault = () => undefined
  /** How long a request is on its way to the service. */
  delayMs: (path: string, count: number) => number = () => 0
  /** Refuses a payment for the test's own reason. */
  refuse: (request: PaymentRequest) => Refusal | undefined = () => undefined
  /** Changes a receipt on its way out. */
  tamper: (receipt: Receipt) => Receipt = (receipt) => receipt
  readonly #accounts = new Map<string, Account>()
  readonly #purchases = new Map<string, Hex>()

  account(address: Address, asset: Address = dollar): Account {
    const found = this.#accounts.get(asset + address) ?? {
      available: 0n,
      debit: { total: 0n, history: debitGenesis(address), signature: '0x' },
      credit: { total: 0n, history: genesisHistory },
    }
    this.#accounts.set(asset + address, found)
    return found
  }

  /** In order, all receipts of one root. */
  pay(requests: readonly PaymentRequest[]): (Receipt | Problem)[] {
    const accepted: { request: PaymentRequest; receipt: Omit<Receipt, 'proof'> }[] = []
    let vacant = false
    const answers = requests.map((request): Hex | Problem => {
      const id = Digest.debit(domain, request.asset, request.total, request.history)
      const payer = Signature.recover(id, request.signature) as Address
      if (this.receipts.has(id) || accepted.some(({ receipt }) => receipt.payment.id === id)) return id
      const purchase = this.#purchases.get(payer + request.asset + request.reference)
      const refusal = vacant && purchase === undefined ? 'predecessorRefused' : this.#check(request, payer)
      if (refusal !== undefined) {
        vacant = true
        return new PaymentRefusedError(refusal).toProblem()
      }
      if (purchase !== undefined) {
        vacant = true
        return purchase
      }
      accepted.push({ request, receipt: this.#accept(request, id, payer) })
      return id
    })
    const leaves = accepted.map(({ receipt }) => Digest.credit(domain, receipt.credit))
    if (leaves.length > 0) {
      const tree = Merkle.build(leaves)
      const signature = Signature.sign(Digest.credits(domain, Merkle.root(tree)), creditKey)
      for (const [i, { receipt }] of accepted.entries())
        this.receipts.set(receipt.payment.id, { ...receipt, proof: { signature, branch: Merkle.branch(tree, i) } })
    }
    return answers.map((answer) =>
      typeof answer === 'string' ? this.tamper(this.receipts.get(answer) as Receipt) : answer,
    )
  }

  #check(request: PaymentRequest, payer: Address): Refusal | undefined {
    const { debit, available } = this.account(payer, request.asset)
    const asked = this.refuse(request)
    if (asked !== undefined) return asked
    if (request.validUntil < this.nowSeconds) return 'expired'
    const start = request.total - request.amount
    const known = this.#purchases.get(payer + request.asset + request.reference)
    if (known !== undefined && start >= debit.total) return undefined
    if (start !== debit.total) return start < debit.total ? 'conflict' : 'outOfOrder'
    const { payee, amount, reference, validUntil } = request
    if (Digest.debitHistory(debit.history, payee, amount, reference, validUntil) !== request.history)
      return 'wrongHistory'
    return amount > available ? 'overAvailable' : undefined
  }

  #accept(request: PaymentRequest, id: Hex, payer: Address): Omit<Receipt, 'proof'> {
    const { asset, payee, amount, reference, total, history, signature } = request
    const from = this.account(payer, asset)
    from.available -= amount
    from.debit = { total, history, signature }
    const to = this.account(payee, asset)
    const before = to.credit.history
    to.available += amount
    to.credit = {
      total: to.credit.total + amount,
      history: Digest.creditHistory(before, payer, amount, reference),
    }
    this.#purchases.set(payer + asset + reference, id)
    const credit = {
      asset,
      account: payee,
      total: to.credit.total as AmountAtomic,
      history: to.credit.history,
      debit: id,
    }
    return { payment: { ...request, id, payer }, credit, before }
  }

  status() {
    const token = (asset: Address, name: string) => ({ asset, name, version: '1', symbol: name, decimals: 6 })
    return {
      version: this.version,
      ...trust,
      genesisHash: genesisHistory,
      energyMeter: contract(4),
      dollar: token(dollar, 'tUSD'),
      energyCredit: token(energyCredit, 'kWh'),
      settlementKey: contract(5),
      nowSeconds: this.nowSeconds,
      faucet: true,
      signatures: 'native',
      state: 'ready',
      block: 1n,
      payments: this.receipts.size,
      unsettledAtomic: 0n,
    }
  }

  view(address: Address) {
    const line = (asset: Address, symbol: string) => {
      const { available, debit, credit } = this.account(address, asset)
      const none = {
        balance: available,
        unsettledDebit: 0n,
        unsettledCredit: 0n,
        pendingWithdrawals: 0n,
        leaving: false,
      }
      return { asset, symbol, available, ...none, nonce: 0n, debit, credit }
    }
    const assets = [line(dollar, 'tUSD'), line(energyCredit, 'kWh')]
    return { account: address, owner: this.owner, ownerNonce: 0n, position: this.receipts.size, assets }
  }

  #route(path: string, body: unknown): { status: number; value: unknown } {
    if (path === '/v1/status') return { status: 200, value: this.status() }
    if (path.endsWith('/statement')) return { status: 200, value: this.#statement(path.split('/')[3] as Address) }
    if (path.startsWith('/v1/accounts/')) return { status: 200, value: this.view(path.slice(13) as Address) }
    if (path.startsWith('/v1/payments/')) return this.#receipt(path.slice(13) as Hex)
    if (path === '/v1/orders') return this.#one((body as { payment: unknown }).payment)
    if (path === '/v1/payments' && !Array.isArray(body)) return this.#one(body)
    if (path === '/v1/payments')
      return { status: 200, value: this.pay(Wire.parse(Wire.payments, body) as PaymentRequest[]) }
    return { status: 200, value: { transaction: genesisHistory, block: 1n, gasUsed: 1n } }
  }

  /** What an account was paid, in one page. */
  #statement(account: Address): unknown {
    const lines = [...this.receipts.values()].flatMap(({ payment, credit }, i) =>
      payment.payee !== account
        ? []
        : [
            {
              ...{ position: i + 1, direction: 'in', asset: payment.asset, amount: payment.amount, id: payment.id },
              ...{ counterparty: payment.payer, reference: payment.reference, total: credit.total },
              ...{ settled: false, atMs: 1 },
            },
          ],
    )
    return { account, lines, next: null }
  }

  #receipt(id: Hex): { status: number; value: unknown } {
    const found = this.receipts.get(id)
    if (found !== undefined) return { status: 200, value: this.tamper(found) }
    const problem = { type: 't', title: 'Unknown', status: 404, code: 'SL612', detail: 'No such payment.' }
    return { status: 404, value: problem }
  }

  #one(body: unknown): { status: number; value: unknown } {
    const [value] = this.pay([Wire.parse(Wire.paymentRequest, body)])
    return { status: value !== undefined && 'code' in value ? value.status : 200, value }
  }

  /** Stands for the network and the service behind it. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const path = new URL(String(input)).pathname
    const body = init?.body === undefined ? undefined : (JSON.parse(String(init.body)) as unknown)
    this.requests.push({ path, body })
    const count = this.requests.filter((request) => request.path === path).length
    const fault = this.fault(path, count)
    const delayMs = this.delayMs(path, count)
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    if (fault === 'refuse') throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
    if (fault === 'busy') {
      const problem = { type: 't', title: 'Starting', status: 503, code: 'SL999', detail: 'Not yet.' }
      return Response.json(problem, { status: 503, headers: { 'retry-after': '0' } })
    }
    const { status, value } = this.#route(path, body)
    if (fault === 'lose') throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } })
    return new Response(Wire.stringify(value), { status })
  }
}
