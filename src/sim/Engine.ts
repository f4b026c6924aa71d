/**
 * The economy in one process: the same plan, strategies and auction as a run against the service, with payments booked in packed purses instead of
 * signed, sent and written down. It warms a run up, says what a day is like over many seeds, and works out sizes at which HTTP cannot keep up.
 *
 * Exercised: every participant's decisions, the auction, deliveries, penalties, and the refusals of the ledger. Not exercised: signatures, receipts,
 * the journal, HTTP, the chain. `onPayment` sees every payment, so that a part of them can be cleared for real beside it.
 *
 * Sales are carried out where a run carries them out, at the end of slots that are settled; until then the buyer's dollars are set aside. So both come
 * to the same balances in every slot.
 */
import * as Energy from '../core/Energy.ts'
import { Metered } from './Feed.ts'
import { Purses } from './Purses.ts'
import * as Plan from './plan/Plan.ts'
import type { World } from './Scenario.ts'
import { isSettled } from './Slots.ts'

/** How a day starts. */
export interface Opening {
  readonly state: Plan.State
  /** Dollars, by role and index. */
  readonly dollars: { readonly [role in Plan.Role]: ArrayLike<bigint> }
}

export interface EngineOptions {
  readonly strategies?: Plan.Strategies
  /** Left out: a first day. */
  readonly opening?: Opening
  /** Sales are carried out at the end of every so many slots, and of the first and last; left out: each. */
  readonly settleEvery?: number
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
  readonly tasks: Plan.Services['tasks']
  /** Of the slot. */
  readonly producedMilliWh: bigint
  readonly consumedMilliWh: bigint
  readonly readings: readonly Plan.Reading[]
}

/** How a first day starts. */
export const firstDay = (world: World): Opening => ({ state: Plan.start(world), dollars: Plan.funding(world) })

export class Engine {
  readonly world: World
  readonly dollars: Purses
  /** Energy credits, mWh. */
  readonly credits: Purses
  state: Plan.State
  readonly #options: EngineOptions
  readonly #due: { trades: Plan.Trade[]; penalties: Plan.Payment[] } = { trades: [], penalties: [] }
  readonly #metered = new Metered()
  #count = { payments: 0, legs: 0, amountAtomic: 0n, refused: 0 }

  constructor(world: World, options: EngineOptions = {}) {
    this.world = world
    this.#options = options
    this.dollars = new Purses(world.scenario)
    this.credits = new Purses(world.scenario)
    const { state, dollars } = options.opening ?? firstDay(world)
    this.state = state
    this.dollars.fill(dollars)
    for (const { party, energyMilliWh } of Plan.openingCredits(state)) this.credits.add(party, energyMilliWh)
  }

  get isOver(): boolean {
    return Plan.isOver(this.world, this.state)
  }

  /** How the next day starts; the world is that day's. */
  next(world: World): Opening {
    return { state: Plan.nextDay(world, this.state), dollars: this.dollars.copy() }
  }

  /** Carries out the next slot. */
  step(): Slot {
    const { world, dollars } = this
    const { slot } = this.state
    this.#count = { payments: 0, legs: 0, amountAtomic: 0n, refused: 0 }
    const wanted = Plan.demand(world, this.state, dollars.of.customer)
    const { robot: robotsAtomic, site: sitesAtomic, storage: storagesAtomic } = dollars.of
    const holdings = { robotsAtomic, sitesAtomic, storagesAtomic }
    const { placed, faults } = Plan.offers(world, wanted, holdings, this.#options.strategies)
    const { state, payments, trades, penalties, ...delivered } = Plan.deliver(world, wanted, placed, Plan.match(placed))
    this.#payAll(payments)
    for (const trade of trades) dollars.add(trade.buyer, -trade.priceAtomic)
    this.#due.trades.push(...trades)
    this.#due.penalties.push(...penalties)
    const done = this.#services(state)
    const read = Plan.readings(world, done.state)
    this.#mint(wanted, state)
    if (isSettled(world.scenario, slot, this.#options.settleEvery ?? 1)) this.#deliver()
    this.state = read.state
    return {
      slot,
      ...this.#count,
      ...delivered,
      orders: placed.length,
      faults: faults.length,
      jobs: done.jobs,
      tasks: done.tasks,
      ...this.#metered.next(read.readings),
      readings: read.readings,
    }
  }

  /** Phase C, whose payments are made as they are planned, or, where an order is given, at its end. */
  #services(state: Plan.State): Plan.Services {
    const balances = this.dollars.copy()
    if (this.#options.order === undefined)
      return Plan.services(this.world, state, balances, (intent) => this.#pay(intent))
    const name = Plan.withPurpose(state.slot)
    const payments: Plan.Payment[] = []
    const result = Plan.services(this.world, state, balances, (intent) => payments.push(name(intent)))
    this.#payAll(payments)
    return result
  }

  /** What was sold since the last time is delivered against payment; then penalties are paid. */
  #deliver(): void {
    for (const trade of this.#due.trades.splice(0)) this.#trade(trade)
    this.#payAll(Plan.payable(this.#due.penalties.splice(0), (from) => this.dollars.held(from)))
  }

  #payAll(payments: Plan.Payment[]): void {
    for (const payment of this.#options.order?.(payments) ?? payments) this.#pay(payment)
  }

  #pay({ from, to, amountAtomic, energyMilliWh = Energy.zero }: Omit<Plan.Payment, 'purpose'>): void {
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
    this.dollars.add(buyer, priceAtomic)
    if (this.dollars.held(buyer) < priceAtomic || !this.credits.move(seller, buyer, energyMilliWh)) {
      this.#count.refused++
      return
    }
    this.#count.legs++
    this.#pay({ from: buyer, to: seller, amountAtomic: priceAtomic, energyMilliWh })
  }
}
