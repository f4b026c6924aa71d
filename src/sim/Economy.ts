/**
 * A day in the robot economy, carried out: asks the plan what everybody wants, and lets each participant do it through the SDK. Slot by
 * slot: all who want energy or have some meet in an auction, and robots pay their stations for what they got; customers pay robots for the tasks that
 * were done, robots pay sites and each other, and surplus is paid out. At the end of a slot that is settled meters are read, which mints what
 * producers sold, and the sales are carried out.
 */

import type { SignedOrder } from '../core/Order.ts'
import type { Hex } from '../core/Payment.ts'
import * as Spec from '../market/Spec.ts'
import * as Auction from './Auction.ts'
import { Closing, type ClosingOptions } from './Closing.ts'
import type { Control } from './Control.ts'
import type { Opening } from './Engine.ts'
import { type EconomyState, latencyOf, Metered } from './Feed.ts'
import { Payer } from './Payer.ts'
import * as Plan from './plan/Plan.ts'
import * as Scenario from './Scenario.ts'
import { isSettled } from './Slots.ts'

/** An order as it was signed, in the order of arrival. */
export interface StoredOrder extends SignedOrder {
  readonly place: number
  readonly party: Plan.Party
  readonly filledMilliWh: bigint
}

/** What everybody holds at the end of a slot that was settled. */
export interface WealthState {
  readonly slot: number
  readonly clockSeconds: number
  readonly byRole: { readonly [role in Plan.Role]: readonly bigint[] }
}

/** What was observed; see `report/Document`. */
export interface Outcome {
  readonly acceptMs: readonly number[]
  /** Of every payment that somebody has a receipt for. */
  readonly receiptIds: readonly Hex[]
  payingMs: number
  firstSettledAtMs: number | undefined
  readonly rejected: { readonly [code: string]: number }
  readonly jobs: { requested: number; bought: number; unaffordable: number; unpowered: number }
  readonly tasks: { wanted: number; done: number; unaffordable: number; unpowered: number }
  /** Payments made while the clock of `payingMs` ran. */
  timedPayments: number
  /** From accepted to settled by the simulated clock, seconds, one each payment: from its slot's start to the end of the slot that settled it. */
  readonly settledAfterSeconds: readonly number[]
  /** Every order of the market as its owner signed it, with what it got. */
  readonly signedOrders: StoredOrder[]
  /** Sales by the reference of their terms, so that the journal's can be told apart. */
  readonly sales: Map<string, { readonly slot: number; readonly index: number }>
  /** At whose slot's end each settlement was sent, by its transaction. */
  readonly settledIn: ReadonlyMap<string, number>
  /** What each role holds after each slot that was settled, atomic dollars. */
  readonly wealth: WealthState[]
  /** Orders that were signed, placed and checked, and strategies that could not be followed. */
  readonly orders: { placed: number; faults: number; lastFault: string | undefined }
  /** Each slot as it was published. */
  readonly slots: EconomyState[]
  complete: boolean
}

export interface EconomyOptions extends Omit<ClosingOptions, 'payer'> {
  readonly scenario: string
  /** Speed and pause. */
  readonly control: Control
  /** Strategies in the place of the defaults. */
  readonly strategies?: Plan.Strategies
  /** How the day starts: the deposits that were made, and what is in batteries. */
  readonly opening: Opening
  /** Told of every slot; the next one waits for what it returns. */
  readonly onSlot: (state: EconomyState) => void | Promise<void>
}

/** What the market of a slot came to, without what is paid at once. */
type Cleared = Omit<Plan.Delivered, 'payments' | 'trades' | 'penalties'> & Pick<Plan.Services, 'jobs' | 'tasks'>

class Day {
  readonly outcome: Outcome
  readonly #options: EconomyOptions
  readonly #payer: Payer
  readonly #closing: Closing
  /** Sales and penalties of slots that are not settled yet. */
  readonly #due: { trades: Plan.Trade[]; penalties: Plan.Payment[] } = { trades: [], penalties: [] }
  readonly #metered = new Metered()

  constructor(options: EconomyOptions) {
    const { world } = options
    this.#options = options
    this.#payer = new Payer(world.scenario, options)
    this.#closing = new Closing({ ...options, payer: this.#payer })
    this.outcome = {
      acceptMs: this.#payer.acceptMs,
      receiptIds: this.#payer.receiptIds,
      payingMs: 0,
      firstSettledAtMs: undefined,
      rejected: this.#payer.rejected,
      jobs: { requested: 0, bought: 0, unaffordable: 0, unpowered: 0 },
      tasks: { wanted: 0, done: 0, unaffordable: 0, unpowered: 0 },
      timedPayments: 0,
      settledAfterSeconds: this.#payer.settledAfterSeconds,
      signedOrders: [],
      sales: new Map(),
      settledIn: this.#closing.settledIn,
      wealth: [],
      orders: { placed: 0, faults: 0, lastFault: undefined },
      slots: [],
      complete: false,
    }
    this.#payer.dollars.fill(options.opening.dollars)
  }

  /** Carries out every slot, or those until it is told to stop. */
  async run(): Promise<Outcome> {
    const { world, signal } = this.#options
    let { state } = this.#options.opening
    await this.#closing.open(state)
    while (!Plan.isOver(world, state) && !signal.aborted) state = await this.#slot(state)
    this.outcome.complete = Plan.isOver(world, state) && !signal.aborted
    return this.outcome
  }

  async #slot(before: Plan.State): Promise<Plan.State> {
    const { control, signal, world, settleEvery } = this.#options
    const { slot } = before
    await control.wait(0, 0, signal)
    const [beganMs, firstSample, paidMs] = [performance.now(), this.#payer.acceptMs.length, this.#payer.payingMs]
    this.#payer.clockSeconds = Scenario.startSeconds(world.scenario, slot)
    const cleared = await this.#pay(before)
    const { readings, state } = Plan.readings(world, cleared.state)
    if (signal.aborted) return state
    await control.wait(Scenario.slotSeconds(world.scenario, slot), performance.now() - beganMs, signal)
    const settling = performance.now()
    const unsettledAtomic = this.#payer.unsettledAtomic
    const settled = isSettled(world.scenario, slot, settleEvery) ? await this.#close(slot, readings) : undefined
    if (settled !== undefined) {
      this.outcome.firstSettledAtMs ??= performance.now()
      const clockSeconds = Scenario.startSeconds(world.scenario, slot + 1)
      this.outcome.wealth.push({ slot, clockSeconds, byRole: this.#payer.wealth() })
    }
    const samples = this.#payer.acceptMs.slice(firstSample)
    this.outcome.payingMs = this.#payer.payingMs
    this.outcome.timedPayments = this.#payer.acceptMs.length
    await this.#tell(slot, cleared, readings, {
      unsettledAtomic,
      payments: samples.length,
      paymentsPerSecond: samples.length === 0 ? 0 : (samples.length * 1000) / (this.#payer.payingMs - paidMs),
      latencyMs: latencyOf(samples),
      settled: settled === undefined ? undefined : { ...settled, tookMs: performance.now() - settling },
    })
    return state
  }

  /** Publishes how things stand after a slot. */
  async #tell(
    slot: number,
    cleared: Cleared,
    readings: readonly Plan.Reading[],
    measured: Pick<EconomyState, 'unsettledAtomic' | 'payments' | 'paymentsPerSecond' | 'latencyMs' | 'settled'>,
  ): Promise<void> {
    const { world, control, scenario, midnightSeconds, onSlot } = this.#options
    const { state, curtailedMilliWh, soldMilliWh, missingMilliWh, importedMilliWh, jobs, tasks } = cleared
    const clockSeconds = Scenario.startSeconds(world.scenario, slot + 1)
    const metered = this.#metered.next(readings)
    const stored = [...state.batteryMilliWh, ...state.storageMilliWh].reduce((sum, charge) => sum + charge, 0n)
    const told: EconomyState = {
      scenario,
      slot,
      slots: world.scenario.slots,
      clockSeconds,
      timeSeconds: midnightSeconds + BigInt(clockSeconds),
      sunKw:
        Number((metered.producedMilliWh - importedMilliWh + curtailedMilliWh) * 36n) /
        1e4 /
        Scenario.slotSeconds(world.scenario, slot),
      priceAtomicPerKwh: state.lastPriceAtomicPerKwh,
      clearingPriceAtomicPerKwh: cleared.priceAtomicPerKwh,
      ...metered,
      importedMilliWh,
      soldMilliWh,
      missingMilliWh,
      curtailedMilliWh,
      neededMilliWh: cleared.neededMilliWh + jobs.neededMilliWh,
      unmetMilliWh: cleared.missedMilliWh + jobs.missedMilliWh,
      computeMilliWh: jobs.neededMilliWh,
      jobs,
      tasks,
      batteryMilliWh: stored,
      flows: this.#payer.flows.take(),
      ...measured,
      speed: control.speed,
      paused: control.paused,
    }
    this.outcome.slots.push(told)
    await onSlot(told)
  }

  /** The phases in which payments are made; each is answered before the next is planned. */
  async #pay(before: Plan.State): Promise<Cleared> {
    const { world, strategies } = this.#options
    const { dollars } = this.#payer
    const wanted = Plan.demand(world, before, dollars.of.customer)
    const { robot: robotsAtomic, site: sitesAtomic, storage: storagesAtomic } = dollars.of
    const offers = Plan.offers(world, wanted, { robotsAtomic, sitesAtomic, storagesAtomic }, strategies)
    this.outcome.orders.placed += offers.placed.length
    this.outcome.orders.faults += offers.faults.length
    this.outcome.orders.lastFault = offers.faults.at(-1)?.message ?? this.outcome.orders.lastFault
    const match = await this.#auction(before.slot, offers.placed)
    const { payments, trades, penalties, ...delivered } = Plan.deliver(world, wanted, offers.placed, match)
    await this.#payer.pay(payments)
    for (const trade of trades) {
      this.#payer.setAside(trade)
      this.outcome.sales.set(this.#payer.referenceOf(trade), { slot: trade.slot, index: trade.index })
    }
    this.#due.trades.push(...trades)
    this.#due.penalties.push(...penalties)
    const name = Plan.withPurpose(before.slot)
    const others: Plan.Payment[] = []
    const served = Plan.services(world, delivered.state, dollars.copy(), (intent) => others.push(name(intent)))
    const failed = await this.#payer.pay(others)
    this.#count(served, failed)
    return { ...delivered, state: served.state, jobs: served.jobs, tasks: served.tasks }
  }

  /** What became of tasks and jobs; what was refused was not done. */
  #count({ jobs, tasks }: Plan.Services, failed: readonly Plan.Payment[]): void {
    const refused = (to: Plan.Role, from: Plan.Role) =>
      failed.filter((payment) => payment.to.role === to && payment.from.role === from).length
    const { outcome } = this
    outcome.jobs.requested += jobs.requested
    outcome.jobs.bought += jobs.bought - refused('site', 'robot')
    outcome.jobs.unaffordable += jobs.unaffordable
    outcome.jobs.unpowered += jobs.unpowered
    outcome.tasks.wanted += tasks.wanted
    outcome.tasks.done += tasks.done - refused('robot', 'customer')
    outcome.tasks.unaffordable += tasks.unaffordable
    outcome.tasks.unpowered += tasks.unpowered
  }

  async #auction(slot: number, placed: readonly Plan.Placed[]): Promise<Plan.Match> {
    const { world, participants } = this.#options
    const { domain, sign } = participants
    const addressOf = (party: Plan.Party) => participants.of(party).address
    const { match, orders } = await Auction.hold({ world, slot, domain, addressOf, sign }, placed)
    orders.forEach((order, place) => {
      const filledMilliWh = Spec.energyOf(world.spec, match.filled[place] ?? 0)
      this.outcome.signedOrders.push({ ...order, place, party: (placed[place] as Plan.Placed).party, filledMilliWh })
    })
    return match
  }

  /** The end of a slot that is settled. */
  #close(slot: number, readings: readonly Plan.Reading[]) {
    return this.#closing.close(slot, readings, async () => {
      await this.#payer.trade(this.#due.trades.splice(0))
      const penalties = Plan.payable(this.#due.penalties.splice(0), (from) => this.#payer.dollars.held(from))
      await this.#payer.pay(penalties)
    })
  }
}

/** Carries out a day. */
export const start = (options: EconomyOptions): { outcome: Outcome; done: Promise<Outcome> } => {
  const day = new Day(options)
  return { outcome: day.outcome, done: day.run() }
}
