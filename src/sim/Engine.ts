/**
 * The economy in one process: the same plan, strategies and auction as a run against the service, with payments booked in packed purses instead of
 * signed, sent and written down. It is for sizes at which HTTP cannot keep up, and for finding out what a scenario does before it is run.
 *
 * Exercised: every participant's decisions, the auction, deliveries, penalties, and the refusals of the ledger. Not exercised: signatures, receipts,
 * the journal, HTTP, the chain. `onPayment` sees every payment, so that a part of them can be cleared for real beside it.
 */
import * as Energy from '../core/Energy.ts'
import { Purses } from './Purses.ts'
import * as Plan from './plan/Plan.ts'
import type { World } from './Scenario.ts'

export interface EngineOptions {
  readonly strategies?: Plan.Strategies
  /** Customers get what a slot's wages take when it comes, instead of the whole day's at its start, which takes long to work out for many. */
  readonly isFundedAsItGoes?: boolean
  /** Changes the order in which a phase's payments are made; they are then held in memory meanwhile. */
  readonly order?: (intents: Plan.Payment[]) => Plan.Payment[]
  /** Told of every payment in dollars; `energyMilliWh` goes the other way. */
  readonly onPayment?: (from: Plan.Party, to: Plan.Party, amountAtomic: bigint, energyMilliWh: bigint) => void
}

/** What a slot came to. */
export interface Slot extends Omit<Plan.Delivered, 'state' | 'payments' | 'trades' | 'penalties'> {
  readonly slot: number
  /** In dollars; a sale is one, and its credits' leg another in `legs`. */
  readonly payments: number
  readonly legs: number
  readonly amountAtomic: bigint
  readonly orders: number
  readonly faults: number
  /** Refused by the purses; a plan makes none. */
  readonly refused: number
  readonly jobs: Plan.Services['jobs']
  readonly readings: readonly Plan.Reading[]
}

export class Engine {
  readonly world: World
  readonly dollars: Purses
  /** Energy credits, mWh. */
  readonly credits: Purses
  state: Plan.State
  readonly #options: EngineOptions
  #count = { payments: 0, legs: 0, amountAtomic: 0n, refused: 0 }

  constructor(world: World, options: EngineOptions = {}) {
    this.world = world
    this.#options = options
    this.dollars = new Purses(world.scenario)
    this.credits = new Purses(world.scenario)
    this.state = Plan.start(world)
    const fund = (role: Plan.Role, amounts: readonly bigint[]) =>
      amounts.forEach((amount, index) => this.dollars.add({ role, index }, amount))
    if (options.isFundedAsItGoes !== true) fund('customer', Plan.funding(world))
    fund('storage', Plan.storageFunding(world))
  }

  get isOver(): boolean {
    return Plan.isOver(this.world, this.state)
  }

  /** Carries out the next slot. */
  step(): Slot {
    const { world, dollars } = this
    const { slot } = this.state
    this.#count = { payments: 0, legs: 0, amountAtomic: 0n, refused: 0 }
    this.state = this.#phase((pay) => Plan.tasks(world, this.state, pay))
    const services = this.#phase((pay) => Plan.services(world, this.state, dollars.of.robot, pay))
    const { robot: robotsAtomic, site: sitesAtomic, storage: storagesAtomic } = dollars.of
    const holdings = { robotsAtomic, sitesAtomic, storagesAtomic }
    const { placed, faults } = Plan.offers(world, services.state, holdings, this.#options.strategies)
    const { state, payments, trades, penalties, ...delivered } = Plan.deliver(
      world,
      services.state,
      placed,
      Plan.match(placed),
    )
    this.#payAll(payments)
    const read = Plan.readings(world, state)
    this.#mint(services.state, state)
    for (const trade of trades) this.#trade(trade)
    this.#payAll(Plan.payable(penalties, (from) => dollars.held(from)))
    this.state = read.state
    return {
      slot,
      ...this.#count,
      ...delivered,
      orders: placed.length,
      faults: faults.length,
      jobs: services.jobs,
      readings: read.readings,
    }
  }

  /** A phase whose payments are made as they are planned, or, where an order is given, at its end. */
  #phase<T>(plan: (pay: Plan.Sink) => T): T {
    if (this.#options.order === undefined) return plan((intent) => this.#pay(intent))
    const name = Plan.withPurpose(this.state.slot)
    const payments: Plan.Payment[] = []
    const result = plan((intent) => payments.push(name(intent)))
    this.#payAll(payments)
    return result
  }

  #payAll(payments: Plan.Payment[]): void {
    for (const payment of this.#options.order?.(payments) ?? payments) this.#pay(payment)
  }

  #pay({ from, to, amountAtomic, energyMilliWh = Energy.zero }: Omit<Plan.Payment, 'purpose'>): void {
    if (this.#options.isFundedAsItGoes === true && from.role === 'customer') this.dollars.add(from, amountAtomic)
    if (!this.dollars.move(from, to, amountAtomic)) {
      this.#count.refused++
      return
    }
    this.#count.payments++
    this.#count.legs++
    this.#count.amountAtomic += amountAtomic
    this.#options.onPayment?.(from, to, amountAtomic, energyMilliWh)
  }

  /** What producers sold in the slot has been produced. */
  #mint(before: Plan.State, after: Plan.State): void {
    after.producerMilliWh.forEach((total, index) =>
      this.credits.add({ role: 'producer', index }, total - (before.producerMilliWh[index] ?? 0n)),
    )
  }

  #trade({ seller, buyer, energyMilliWh, priceAtomic }: Plan.Trade): void {
    if (this.dollars.held(buyer) < priceAtomic || !this.credits.move(seller, buyer, energyMilliWh)) {
      this.#count.refused++
      return
    }
    this.#count.legs++
    this.#pay({ from: buyer, to: seller, amountAtomic: priceAtomic, energyMilliWh: energyMilliWh })
  }
}
