/**
 * A day in the robot economy, carried out: asks the plan what everybody wants, and lets each participant do it through the SDK. Slot by
 * slot: customers pay robots; robots pay stations, sites and each other; sites and stations buy energy credits; meters are read and everything is settled.
 *
 * Balances are kept here as well, from what was really accepted, because a plan needs them between phases; the report's figures come from
 * journal and chain and not from here.
 */
import { SunledgerError } from '../core/Errors.ts'
import * as Keccak from '../crypto/Keccak.ts'
import { Books, nameOf } from './Books.ts'
import { Closing, type ClosingOptions } from './Closing.ts'
import type { Control } from './Control.ts'
import { type EconomyState, Flows, latencyOf, Metered } from './Feed.ts'
import { each } from './Participants.ts'
import * as Plan from './Plan.ts'
import * as Scenario from './Scenario.ts'

/** What was observed; see `report/Document`. */
export interface Outcome {
  readonly acceptMs: number[]
  payingMs: number
  firstSettledAtMs: number | undefined
  readonly rejected: { [code: string]: number }
  readonly jobs: { requested: number; bought: number; unaffordable: number }
  complete: boolean
}

export interface EconomyOptions extends ClosingOptions {
  readonly scenario: string
  /** Speed and pause. */
  readonly control: Control
  readonly onSlot: (state: EconomyState) => void
}

/** Payers that act at the same time. */
const width = 64

const codeOf = (error: unknown): string => (error instanceof SunledgerError ? error.code : 'unknown')

/** A payment that was accepted. */
type Paid = Pick<Plan.Payment, 'from' | 'to' | 'amountAtomic'> & { readonly energyMilliWh?: bigint }

class Day {
  readonly outcome: Outcome = {
    acceptMs: [],
    payingMs: 0,
    firstSettledAtMs: undefined,
    rejected: {},
    jobs: { requested: 0, bought: 0, unaffordable: 0 },
    complete: false,
  }
  readonly #options: EconomyOptions
  readonly #books = new Books()
  readonly #closing: Closing
  /** In the slot in hand. */
  #paid = 0
  #unsettled = 0n
  #unmetMilliWh = 0n
  readonly #flows = new Flows()
  readonly #metered = new Metered()

  constructor(options: EconomyOptions, funding: readonly bigint[]) {
    this.#options = options
    this.#closing = new Closing(options, this.#books)
    funding.forEach((amount, index) => this.#books.move('dollars', undefined, { role: 'customer', index }, amount))
  }

  /** Carries out every slot, or those until it is told to stop. */
  async run(): Promise<Outcome> {
    const { world, signal } = this.#options
    let state = Plan.start(world)
    while (!Plan.isOver(world, state) && !signal.aborted) state = await this.#slot(state)
    this.outcome.complete = Plan.isOver(world, state)
    return this.outcome
  }

  async #slot(before: Plan.State): Promise<Plan.State> {
    const { control, signal } = this.#options
    const { slot } = before
    await control.wait(0, 0, signal)
    this.#paid = 0
    const firstSample = this.outcome.acceptMs.length
    const beganMs = performance.now()
    const bought = await this.#pay(before)
    const payingMs = performance.now() - beganMs
    this.outcome.payingMs += payingMs
    const { readings, state } = Plan.readings(this.#options.world, bought)
    if (signal.aborted) return state
    await control.wait(Scenario.slotSeconds(this.#options.world.scenario, slot), performance.now() - beganMs, signal)
    const settling = performance.now()
    const unsettledAtomic = this.#unsettled
    const settled = this.#isSettled(slot) ? await this.#closing.close(slot, readings) : undefined
    if (settled !== undefined) {
      this.#unsettled = 0n
      this.outcome.firstSettledAtMs ??= performance.now()
    }
    this.#tell(before, state, readings, {
      unsettledAtomic,
      paymentsPerSecond: (this.#paid * 1000) / payingMs,
      latencyMs: latencyOf(this.outcome.acceptMs.slice(firstSample)),
      settled: settled === undefined ? undefined : { ...settled, tookMs: performance.now() - settling },
    })
    return state
  }

  /** Publishes how things stand after a slot. */
  #tell(
    before: Plan.State,
    after: Plan.State,
    readings: readonly Plan.Reading[],
    measured: Pick<EconomyState, 'unsettledAtomic' | 'paymentsPerSecond' | 'latencyMs' | 'settled'>,
  ): void {
    const { world, control, scenario, midnightSeconds, onSlot } = this.#options
    const { slot } = before
    const clockSeconds = Scenario.startSeconds(world.scenario, slot + 1)
    const metered = this.#metered.next(readings)
    onSlot({
      scenario,
      slot,
      slots: world.scenario.slots,
      clockSeconds,
      timeSeconds: midnightSeconds + BigInt(clockSeconds),
      sunKw: Number((metered.producedMilliWh * 36n) / 10n) / 1000 / Scenario.slotSeconds(world.scenario, slot),
      priceAtomicPerKwh: world.energyAtomicPerKwh,
      ...metered,
      curtailedMilliWh: 0n,
      unmetMilliWh: this.#unmetMilliWh,
      batteryMilliWh: after.batteryMilliWh.reduce((sum, charge) => sum + charge, 0n),
      flows: this.#flows.take(),
      payments: this.#paid,
      ...measured,
      speed: control.speed,
      paused: control.paused,
    })
  }

  #isSettled(slot: number): boolean {
    const { slots } = this.#options.world.scenario
    return slot === 0 || slot + 1 === slots || (slot + 1) % this.#options.settleEvery === 0
  }

  /** The three phases in which payments are made; each is answered before the next is planned. */
  async #pay(before: Plan.State): Promise<Plan.State> {
    const { world } = this.#options
    const { scenario } = world
    const a = Plan.tasks(world, before)
    await this.#payAll(a.payments)
    const b = Plan.services(world, a.state, this.#books.all('dollars', 'robot', scenario.robots))
    const failed = await this.#payAll(b.payments)
    this.outcome.jobs.requested += b.jobs.requested
    this.outcome.jobs.bought += b.jobs.bought - failed.filter(({ to }) => to.role === 'site').length
    this.outcome.jobs.unaffordable += b.jobs.unaffordable
    this.#unmetMilliWh = b.missedMilliWh
    const c = Plan.trades(world, b.state, {
      producersMilliWh: this.#books.all('credits', 'producer', scenario.producers),
      sitesAtomic: this.#books.all('dollars', 'site', scenario.sites),
      stationsAtomic: this.#books.all('dollars', 'station', scenario.stations),
    })
    await this.#tradeAll(c.trades)
    return c.state
  }

  /** Makes payments, those of one payer at once. Returns those that were refused. */
  async #payAll(payments: readonly Plan.Payment[]): Promise<Plan.Payment[]> {
    const { participants, validUntilSeconds, signal } = this.#options
    const failed: Plan.Payment[] = []
    const byPayer = new Map<string, Plan.Payment[]>()
    for (const payment of payments) {
      const own = byPayer.get(nameOf(payment.from))
      if (own === undefined) byPayer.set(nameOf(payment.from), [payment])
      else own.push(payment)
    }
    await each([...byPayer.values()], width, async (own) => {
      if (signal.aborted) return
      await Promise.all(
        own.map(async (payment) => {
          const { from, to, amountAtomic, purpose } = payment
          const payee = participants.of(to).address
          const options = { to: payee, amount: amountAtomic, for: purpose, key: '', validUntil: validUntilSeconds }
          const done = await this.#timed(() => participants.of(from).pay(options))
          if (!done) failed.push(payment)
          else this.#note(payment)
        }),
      )
    })
    return failed
  }

  /** Makes sales: both legs of each at once, in the plan's order, so that every line has its sales in the same order. */
  async #tradeAll(trades: readonly Plan.Trade[]): Promise<void> {
    const { participants, signal, validUntilSeconds: validUntil } = this.#options
    if (signal.aborted) return
    await Promise.all(
      trades.map(async ({ purpose, seller, buyer, energyMilliWh, priceAtomic }) => {
        const [from, to] = [participants.of(seller), participants.of(buyer)]
        const terms = from.saleTerms({
          seller: from.address,
          buyer: to.address,
          credits: energyMilliWh,
          price: priceAtomic,
          salt: Keccak.ofText(purpose),
        })
        const legs = await Promise.all([
          this.#timed(() => from.sell(terms, { validUntil })),
          this.#timed(() => to.buy(terms, { validUntil })),
        ])
        if (!legs.every(Boolean)) return
        this.#books.move('credits', seller, buyer, energyMilliWh)
        this.#note({ from: buyer, to: seller, amountAtomic: priceAtomic, energyMilliWh })
      }),
    )
  }

  #note({ from, to, amountAtomic, energyMilliWh = 0n }: Paid): void {
    this.#books.move('dollars', from, to, amountAtomic)
    this.#unsettled += amountAtomic
    this.#flows.add(from.role, to.role, amountAtomic, energyMilliWh)
  }

  /** Takes the time of one payment; false where it was refused. */
  async #timed(pay: () => Promise<unknown>): Promise<boolean> {
    const began = performance.now()
    try {
      await pay()
    } catch (error) {
      if (this.#options.signal.aborted) return false
      this.outcome.rejected[codeOf(error)] = (this.outcome.rejected[codeOf(error)] ?? 0) + 1
      return false
    }
    this.outcome.acceptMs.push(performance.now() - began)
    this.#paid++
    return true
  }
}

/** Carries out a day. @param funding what customers deposited, atomic dollars by index */
export const start = (
  options: EconomyOptions,
  funding: readonly bigint[],
): { outcome: Outcome; done: Promise<Outcome> } => {
  const day = new Day(options, funding)
  return { outcome: day.outcome, done: day.run() }
}
