/**
 * A day in the robot economy, carried out: asks the plan what everybody wants, and lets each participant do it through the SDK. Slot by
 * slot: customers pay robots; robots pay sites and each other; all who want energy or have some meet in an auction, and robots pay their stations
 * for what they got. At the end of a slot that is settled meters are read, which mints what producers sold, and the sales are carried out.
 */
import * as Auction from './Auction.ts'
import { Closing, type ClosingOptions } from './Closing.ts'
import type { Control } from './Control.ts'
import { type EconomyState, latencyOf, Metered } from './Feed.ts'
import { Payer } from './Payer.ts'
import * as Plan from './plan/Plan.ts'
import * as Scenario from './Scenario.ts'

/** What was observed; see `report/Document`. */
export interface Outcome {
  readonly acceptMs: readonly number[]
  payingMs: number
  firstSettledAtMs: number | undefined
  readonly rejected: { readonly [code: string]: number }
  readonly jobs: { requested: number; bought: number; unaffordable: number }
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
  /** Told of every slot; the next one waits for what it returns. */
  readonly onSlot: (state: EconomyState) => void | Promise<void>
}

/** What the market of a slot came to, without what is paid at once. */
type Cleared = Omit<Plan.Delivered, 'payments' | 'trades' | 'penalties'>

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
      payingMs: 0,
      firstSettledAtMs: undefined,
      rejected: this.#payer.rejected,
      jobs: { requested: 0, bought: 0, unaffordable: 0 },
      orders: { placed: 0, faults: 0, lastFault: undefined },
      slots: [],
      complete: false,
    }
    const fund = (role: Plan.Role, amounts: readonly bigint[]) =>
      amounts.forEach((amount, index) => this.#payer.dollars.add({ role, index }, amount))
    fund('customer', Plan.funding(world))
    fund('storage', Plan.storageFunding(world))
  }

  /** Carries out every slot, or those until it is told to stop. */
  async run(): Promise<Outcome> {
    const { world, signal } = this.#options
    let state = Plan.start(world)
    while (!Plan.isOver(world, state) && !signal.aborted) state = await this.#slot(state)
    this.outcome.complete = Plan.isOver(world, state) && !signal.aborted
    return this.outcome
  }

  async #slot(before: Plan.State): Promise<Plan.State> {
    const { control, signal, world } = this.#options
    const { slot } = before
    await control.wait(0, 0, signal)
    const [beganMs, firstSample, paidMs] = [performance.now(), this.#payer.acceptMs.length, this.#payer.payingMs]
    const cleared = await this.#pay(before)
    const { readings, state } = Plan.readings(world, cleared.state)
    if (signal.aborted) return state
    await control.wait(Scenario.slotSeconds(world.scenario, slot), performance.now() - beganMs, signal)
    const settling = performance.now()
    const unsettledAtomic = this.#payer.unsettledAtomic
    const settled = this.#isSettled(slot) ? await this.#close(slot, readings) : undefined
    if (settled !== undefined) this.outcome.firstSettledAtMs ??= performance.now()
    const samples = this.#payer.acceptMs.slice(firstSample)
    this.outcome.payingMs = this.#payer.payingMs
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
    const { state, curtailedMilliWh, missedMilliWh, soldMilliWh, missingMilliWh } = cleared
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
        Number((metered.producedMilliWh + curtailedMilliWh) * 36n) / 1e4 / Scenario.slotSeconds(world.scenario, slot),
      priceAtomicPerKwh: state.lastPriceAtomicPerKwh,
      ...metered,
      soldMilliWh,
      missingMilliWh,
      curtailedMilliWh,
      unmetMilliWh: missedMilliWh,
      batteryMilliWh: stored,
      flows: this.#payer.flows.take(),
      ...measured,
      speed: control.speed,
      paused: control.paused,
    }
    this.outcome.slots.push(told)
    await onSlot(told)
  }

  #isSettled(slot: number): boolean {
    const { slots } = this.#options.world.scenario
    return slot === 0 || slot + 1 === slots || (slot + 1) % this.#options.settleEvery === 0
  }

  /** The phases in which payments are made; each is answered before the next is planned. */
  async #pay(before: Plan.State): Promise<Cleared> {
    const { world, strategies } = this.#options
    const { dollars } = this.#payer
    const name = Plan.withPurpose(before.slot)
    const payments: Plan.Payment[] = []
    const sink: Plan.Sink = (intent) => payments.push(name(intent))
    const tasked = Plan.tasks(world, before, sink)
    await this.#payer.pay(payments.splice(0))
    const served = Plan.services(world, tasked, dollars.of.robot, sink)
    const failed = await this.#payer.pay(payments)
    this.outcome.jobs.requested += served.jobs.requested
    this.outcome.jobs.bought += served.jobs.bought - failed.filter(({ to }) => to.role === 'site').length
    this.outcome.jobs.unaffordable += served.jobs.unaffordable
    const { robot: robotsAtomic, site: sitesAtomic, storage: storagesAtomic } = dollars.of
    const offers = Plan.offers(world, served.state, { robotsAtomic, sitesAtomic, storagesAtomic }, strategies)
    this.outcome.orders.placed += offers.placed.length
    this.outcome.orders.faults += offers.faults.length
    this.outcome.orders.lastFault = offers.faults.at(-1)?.message ?? this.outcome.orders.lastFault
    const delivered = Plan.deliver(world, served.state, offers.placed, await this.#auction(before.slot, offers.placed))
    await this.#payer.pay(delivered.payments)
    for (const trade of delivered.trades) this.#payer.setAside(trade)
    this.#due.trades.push(...delivered.trades)
    this.#due.penalties.push(...delivered.penalties)
    return delivered
  }

  #auction(slot: number, placed: readonly Plan.Placed[]): Promise<Plan.Match> {
    const { world, participants } = this.#options
    const { domain, sign } = participants
    const addressOf = (party: Plan.Party) => participants.of(party).address
    return Auction.hold({ world, slot, domain, addressOf, sign }, placed)
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
