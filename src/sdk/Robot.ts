/**
 * A machine with an account: it pays, is paid, and gets at its money. The key stays here; the service is believed only as far as its
 * signatures and this account's own reach (see `State`, `Receipt`).
 */
import type { Address, Receipt as ReceiptType, SaleTerms } from '../core/Payment.ts'
import { PaymentRefusedError } from '../core/Payment.ts'
import type { AccountView, BudgetView, Statement, Transaction } from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as AddressText from './Address.ts'
import * as Balance from './Balance.ts'
import * as Budget from './Budget.ts'
import { Client } from './Client.ts'
import * as Deployment from './Deployment.ts'
import * as Desk from './Desk.ts'
import * as Events from './Events.ts'
import * as Funds from './Funds.ts'
import * as Guard from './Guard.ts'
import type { Debit, Keep, Kept } from './Keep.ts'
import * as KeepState from './KeepState.ts'
import { Line } from './Line.ts'
import * as Option from './Option.ts'
import * as Purpose from './Purpose.ts'
import { ReceiptKeeper } from './ReceiptKeeper.ts'
import { RobotClosedError } from './RobotClosed.ts'
import type { PayOptions, RobotOptions } from './RobotOptions.ts'
import * as Sale from './Sale.ts'
import * as Signer from './Signer.ts'
import { Spending } from './Spending.ts'
import * as State from './State.ts'
import { type Range, Till, type TillOptions } from './Till.ts'
import type { PaidInit } from './x402/Asked.ts'
import * as Fetch from './x402/Fetch.ts'
import type { Payer } from './x402/Offer.ts'
import * as Stream from './x402/Stream.ts'

export { RobotClosedError } from './RobotClosed.ts'
export type { PayOptions, RobotOptions } from './RobotOptions.ts'

export class Robot {
  readonly address: Address
  readonly client: Client
  readonly deployment: Deployment.Deployment
  /** What became of payments that an earlier process signed and had no answer to. */
  recovered: readonly PromiseSettledResult<ReceiptType>[] = []
  readonly #purse: Funds.Purse
  readonly #lines = new Map<Address, Line>()
  /** The last accepted debits when it connected: what was kept, or what a receipt proved. */
  readonly #accepted = new Map<Address, Debit>()
  readonly #desk: Desk.Desk
  readonly #asset: Address
  /** What paying for requests needs; see `ClearingScheme`. */
  readonly payer: Payer
  readonly #fetch: Fetch.Fetch
  readonly #end = new AbortController()
  readonly #keep: Keep | undefined
  readonly #receipts: ReceiptKeeper
  #view: AccountView
  /** Ranges of its credit that `payments` has handed on. */
  #seen: readonly Range[] = []
  /** Journal positions up to which it has heard of payments, and proved sales. */
  readonly #heard: { payments: number; sales: number }

  private constructor(purse: Funds.Purse, view: AccountView, options: RobotOptions & { keep: Keep | undefined }) {
    this.#purse = purse
    this.#keep = options.keep
    this.client = purse.client
    this.deployment = purse.deployment
    this.address = purse.signer.address
    this.#asset = options.asset === undefined ? purse.deployment.dollar.asset : Option.asset(options.asset)
    this.#view = view
    this.#heard = { payments: view.position, sales: view.position }
    this.#receipts = ReceiptKeeper.of(purse.client, this.address, options)
    this.#desk = Desk.make(purse, options, () => this.#refresh(), this.#receipts)
    const spending = new Spending(Deployment.token(this.deployment, this.#asset), options.spend)
    this.payer = { ...purse, spending, pay: (payment) => this.pay(payment) }
    this.#fetch = new Fetch.Fetch(this.payer)
  }

  /**
   * Connects an account to a service. Payments that an earlier process kept and has no answer to are sent again, in order, before this
   * resolves; see `recovered`.
   * @throws {ServiceUnreachableError} @throws {VersionMismatchError} @throws {DeploymentMismatchError}
   * @throws {StateNotOwnError} the service claims a debit that this account has not signed
   * @throws {StateUnprovedError} it claims one and gives no receipt for it
   * @throws {StateRegressedError} the service is behind what was kept
   * @example const robot = await Robot.connect('http://127.0.0.1:4020', { account: privateKeyToAccount(key) })
   */
  static async connect(url: string | URL | Client, options: RobotOptions): Promise<Robot> {
    Option.object('the options', options)
    const client = url instanceof Client ? url : new Client(url, options)
    const [signer, status] = await Promise.all([Signer.from(options.account), options.status ?? client.status()])
    const deployment = Deployment.from(status, options)
    const holder = { deployment: deployment.clearing.separator, account: signer.address }
    const keep = KeepState.keepOf(options.keep)
    const kept = (await keep?.load(holder)) ?? []
    State.checkKept(kept, signer.address, holder.deployment)
    const purse = { client, signer, deployment, clock: new Deployment.Clock(status.nowSeconds) }
    const robot = new Robot(purse, await client.account(signer.address), { ...options, keep })
    await robot.#receipts.load(status.recovery !== undefined)
    await robot.#resume(kept)
    return robot
  }

  /**
   * Pays, once, and resolves with a receipt that has been checked. Payments may be made at the same time; each is charged once, in the
   * order of the calls.
   * @throws {ServiceError} refused; the code says why (`SL306`: not enough available). Nothing was charged.
   * @throws {PaymentUnansweredError} no answer came: pay again with the same `for` and `key`
   * @example await robot.pay({ to, amount: '0.000125', for: 'https://charger.example/sessions/42' })
   */
  async pay(options: PayOptions): Promise<ReceiptType> {
    const { asset, ...purpose } = Purpose.of(options, this.#asset, this.deployment)
    if (purpose.payee === this.address) throw new PaymentRefusedError('selfPayment')
    return this.#line(asset).pay(purpose)
  }

  /**
   * As `fetch`, and pays what a 402 (x402 version 2) asks, within this robot's limits; later requests to the same route are paid ahead.
   * @throws {PriceTooHighError} @throws {NotPayableError} nothing was paid
   * @throws {ServerUnreachableError} call again with the same `key`: it is charged once
   * @throws {PaidAndRefusedError}
   * @example const answer = await robot.fetch('https://charger.example/charge?kWh=1', { maxAmount: '0.10' })
   */
  fetch(url: string | URL | Request, init: PaidInit = {}): Promise<Response> {
    return this.#fetch.fetch(url, init)
  }

  /**
   * Takes a metered stream (`metered`), paying for each unit when it is asked for; ends within `maxAmount`.
   * @example for await (const { data } of robot.stream('https://charger.example/power', { maxAmount: '0.01' })) use(data)
   */
  stream(url: string | URL, options: Stream.StreamOptions = {}): Stream.Stream {
    return Stream.open(this.payer, url, options)
  }

  /**
   * The seller's leg of a sale: gives energy credits against dollars. Resolves when the buyer's leg has come and both are accepted, which the
   * other leg's receipt has proved.
   * @throws {ReceiptWithheldError} this leg was paid alone
   */
  sell(terms: SaleTerms, options: Sale.LegOptions = {}): Promise<ReceiptType> {
    return this.#leg(terms, 'seller', options)
  }

  /** The buyer's leg of a sale: gives dollars against energy credits; otherwise as `sell`. */
  buy(terms: SaleTerms, options: Sale.LegOptions = {}): Promise<ReceiptType> {
    return this.#leg(terms, 'buyer', options)
  }

  /** Terms of a sale of energy credits, which both parties sign. */
  saleTerms(sale: Sale.Sale): SaleTerms {
    return Sale.terms(this.deployment, sale)
  }

  /**
   * Payments received, live, each checked with its proof: from where this robot connected, or the last call left off. Ends with `signal`,
   * with `break`, or when the robot is closed.
   * @throws {ReceiptInvalidError} the service sent what its credit key did not sign
   * @example for await (const { payer, amount } of charger.payments()) serve(payer, amount)
   */
  payments(options: { after?: number; signal?: AbortSignal } = {}): AsyncIterableIterator<Events.Received> {
    const { signal, after } = options
    if (after !== undefined) Option.number('after', after, 0, Number.MAX_SAFE_INTEGER)
    return Events.payments(this.client, {
      ...this.deployment.trust,
      payee: this.address,
      after: after ?? this.#heard.payments,
      // What earlier calls handed on is not handed on again, unless the program goes back by itself.
      seen: after === undefined ? this.#seen : [],
      signal: signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal]),
      onReceived: ({ position }, seen) => {
        this.#heard.payments = Math.max(this.#heard.payments, position)
        if (after === undefined) this.#seen = seen
      },
      onReceipt: this.#receipts.add,
      onReconnect: (from) => this.#receipts.placeAfter(from, this.#heard),
    })
  }

  /** A till for receipts that payers hand to this robot, each taken once. */
  async till(options: Pick<TillOptions, 'asset' | 'maxUnsettled' | 'served'> = {}): Promise<Till> {
    const asset = options.asset ?? this.#asset
    const line = (await this.#refresh()).assets.find((candidate) => candidate.asset === asset)
    const settled = line === undefined ? 0n : line.credit.total - line.unsettledCredit
    const { add: onReceipt } = this.#receipts
    return new Till({ ...this.deployment.trust, payee: this.address, settled, ...options, asset, onReceipt })
  }

  /** What it holds, as the service has it now. */
  async balance(options: { asset?: Address } = {}): Promise<Balance.Balance> {
    const token = Deployment.token(this.deployment, options.asset ?? this.#asset)
    return Balance.of(await this.#refresh(), token)
  }

  /** One page of what it paid and was paid, oldest first; `next` is the next page's `after`, null on the last one. */
  statement(page: { after?: number; limit?: number } = {}): Promise<Statement> {
    return this.client.statement(this.address, page)
  }

  /**
   * Puts money into the account, gasless: the wallet signs an EIP-3009 authorization and the service submits it. Resolves when the
   * deposit counts. On a local chain the faucet first gives the wallet the amount, whatever it holds, unless `faucet: false`.
   * @example await robot.deposit('5.00')
   */
  async deposit(amount: string | bigint, options: Funds.DepositOptions = {}): Promise<Transaction> {
    // Where the chain did not answer when it connected, it may now.
    const owner = options.owner ?? this.#view.owner ?? Funds.ofChain((await this.#refresh()).owner)
    return Funds.deposit(this.#purse, amount, { ...options, owner })
  }

  /** Takes money out, with the service's consent: resolves when it is paid. @throws {OwnerNeededError} an owner is bound */
  withdraw(amount: string | bigint, options: Funds.WithdrawOptions = {}): Promise<Transaction> {
    return Funds.withdraw(this.#purse, amount, options)
  }

  /**
   * Starts to leave: from now on the account can pay nothing, and when the clearing house's exit window is over, anybody can have what is
   * left set apart for `to`. It needs no consent; here the service carries the request to the chain.
   * @throws {OwnerNeededError} an owner is bound
   */
  exit(options: Funds.WithdrawOptions = {}): Promise<Transaction> {
    return Funds.exit(this.#purse, options)
  }

  /**
   * Binds an owner: from then on withdrawals, exits and the next binding are the owner's alone, and this robot's key can only pay.
   * @param options `by`: the owner bound before, who has to sign
   */
  async bindOwner(owner: string, options: { by?: Signer.AccountLike } = {}): Promise<Transaction> {
    const transaction = await Funds.bindOwner(this.#purse, AddressText.parse(owner), options.by)
    await this.#refresh()
    return transaction
  }

  /** What this robot's owner lets it spend, atomic units; undefined: no budget was set. */
  budget(options: { asset?: Address } = {}): Promise<BudgetView | undefined> {
    return Budget.read(this.#purse, this.address, options.asset ?? this.#asset)
  }

  /**
   * As the bound owner of another account: sets what that one may spend from now on. The service enforces it.
   * @throws {OwnerNeededError} this robot's key is not that account's owner
   * @example await owner.setBudget(robot.address, { perPayment: '0.01', perDay: '1.00', total: '100' })
   */
  setBudget(of: string, limits: Budget.Limits): Promise<BudgetView> {
    return Budget.set(this.#purse, of, limits)
  }

  /** Waits for what is on its way, then ends the streams. Nothing more can be paid. */
  async close(): Promise<void> {
    const drained = [...this.#lines.values()].map((line) => line.drain())
    this.#end.abort()
    await Promise.all(drained)
    await this.#receipts.close()
    await this.#keep?.close?.()
  }

  async #refresh(): Promise<AccountView> {
    this.#view = await this.client.account(this.address)
    return this.#view
  }

  #line(asset: Address, kept?: Kept): Line {
    if (this.#end.signal.aborted) throw new RobotClosedError()
    let line = this.#lines.get(asset)
    if (line === undefined) {
      line = new Line(this.#desk, asset, this.#accepted.get(asset) ?? State.none(this.address), kept?.unanswered)
      this.#lines.set(asset, line)
    }
    return line
  }

  async #resume(kept: readonly Kept[]): Promise<void> {
    const assets = new Set([...this.#view.assets, ...kept].map(({ asset }) => asset))
    for (const asset of assets) {
      const known = kept.find((part) => part.asset === asset)?.accepted ?? State.none(this.address)
      this.#accepted.set(asset, await this.#desk.lastDebit(asset, known, this.#view))
    }
    const lines = kept.map((part) => this.#line(part.asset, part))
    this.recovered = (await Promise.all(lines.map((line) => line.recover()))).flat()
  }

  async #leg(given: SaleTerms, party: 'seller' | 'buyer', options: Sale.LegOptions): Promise<ReceiptType> {
    const terms = Sale.check(given, this.deployment)
    if (terms[party] !== this.address)
      throw new PaymentRefusedError('saleMismatch', { expected: this.address, actual: terms[party] })
    const [asset, payee, amount] =
      party === 'seller'
        ? [terms.creditAsset, terms.buyer, terms.credits]
        : [terms.dollarAsset, terms.seller, terms.price]
    const { validUntil, proof } = options
    const after = this.#heard.sales
    const receipt = await this.#line(asset).pay({ payee, amount, reference: Digest.sale(terms), terms, validUntil })
    if (proof !== false) this.#heard.sales = Math.max(after, await Sale.prove(this.#purse, terms, receipt, after))
    return receipt
  }
}

Guard.methods('robot', Robot)
Robot.connect = Guard.guarded('Robot.connect', Robot.connect)
