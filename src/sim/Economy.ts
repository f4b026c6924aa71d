/**
 * A day in the robot economy, carried out: asks the plan what everybody wants, and lets each participant do it through the SDK. Slot by
 * slot: customers pay robots; robots pay stations, sites and each other; sites and stations buy energy credits; meters are read and everything is settled.
 *
 * Balances are kept here as well, from what was really accepted, because a plan needs them between phases; the report's figures come from
 * journal and chain and not from here.
 */
import type { AmountAtomic } from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Settlements, SignedReading } from '../core/Wire.ts'
import * as Keccak from '../crypto/Keccak.ts'
import { type Client, ServiceUnreachableError } from '../sdk/Client.ts'
import { each, type Participants } from './Participants.ts'
import * as Plan from './Plan.ts'
import * as Scenario from './Scenario.ts'

/** What is shown after each slot. */
export interface Progress {
  readonly slot: number
  readonly slots: number
  /** Seconds after midnight at the slot's end. */
  readonly clockSeconds: number
  /** Mean power of all producers in the slot, W. */
  readonly sunWatts: number
  readonly priceAtomicPerKwh: bigint
  readonly payments: number
  readonly paymentsPerSecond: number
  /** Dollars accepted in the slot and not yet settled when it ended, atomic. */
  readonly unsettledAtomic: bigint
  readonly settled: { readonly members: number; readonly gas: bigint; readonly tookMs: number }
}

/** What was observed; see `report/Document`. */
export interface Outcome {
  readonly acceptMs: number[]
  payingMs: number
  firstSettledAtMs: number | undefined
  readonly rejected: { [code: string]: number }
  readonly jobs: { requested: number; bought: number; unaffordable: number }
  complete: boolean
}

export interface EconomyOptions {
  readonly world: Scenario.World
  readonly client: Client
  readonly participants: Participants
  readonly operatorToken: string
  /** Chain time at midnight. */
  readonly midnightSeconds: bigint
  /** Chain time until which payments hold. */
  readonly validUntilSeconds: bigint
  /** Moves the chain's clock forward. */
  readonly advanceTo: (seconds: bigint) => Promise<void>
  /** How many times faster than the clock; 0: as fast as it goes. */
  readonly speed: number
  readonly signal: AbortSignal
  readonly onSlot: (progress: Progress) => void
}

/** Payers that act at the same time. */
const width = 64
/** Times a day that sites and stations take bought credits to their wallets, where readings retire them. */
const withdrawalsADay = 12

interface Books {
  readonly dollars: Map<string, bigint>
  readonly credits: Map<string, bigint>
}

const nameOf = ({ role, index }: Plan.Party): string => `${role} ${index}`

const move = (
  book: Map<string, bigint>,
  from: Plan.Party | undefined,
  to: Plan.Party | undefined,
  amount: bigint,
): void => {
  if (from !== undefined) book.set(nameOf(from), (book.get(nameOf(from)) ?? 0n) - amount)
  if (to !== undefined) book.set(nameOf(to), (book.get(nameOf(to)) ?? 0n) + amount)
}

const codeOf = (error: unknown): string => (error instanceof SunledgerError ? error.code : 'unknown')

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
  readonly #books: Books = { dollars: new Map(), credits: new Map() }
  readonly #produced = new Map<string, bigint>()
  /** Of the slot in hand. */
  #paid = 0
  #unsettled = 0n

  constructor(options: EconomyOptions, funding: readonly bigint[]) {
    this.#options = options
    funding.forEach((amount, index) => move(this.#books.dollars, undefined, { role: 'customer', index }, amount))
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
    const { world, onSlot } = this.#options
    const { slot } = before
    this.#paid = 0
    this.#unsettled = 0n
    const beganMs = performance.now()
    const bought = await this.#pay(before)
    const payingMs = performance.now() - beganMs
    this.outcome.payingMs += payingMs
    const { readings, state } = Plan.readings(world, bought)
    if (this.#options.signal.aborted) return state
    await this.#withdraw(slot)
    await this.#pace(slot, beganMs)
    const settling = performance.now()
    const timestamp = this.#options.midnightSeconds + BigInt(Scenario.startSeconds(world.scenario, slot + 1))
    await this.#options.advanceTo(timestamp)
    const signed = await this.#sign(timestamp, readings)
    const settled = await this.#settle(signed)
    const sunWatts = this.#noteProduction(slot, readings)
    this.outcome.firstSettledAtMs ??= settled.transactions.length > 0 ? performance.now() : undefined
    onSlot({
      slot,
      slots: world.scenario.slots,
      clockSeconds: Scenario.startSeconds(world.scenario, slot + 1),
      sunWatts,
      priceAtomicPerKwh: world.energyAtomicPerKwh,
      payments: this.#paid,
      paymentsPerSecond: (this.#paid * 1000) / payingMs,
      unsettledAtomic: this.#unsettled,
      settled: {
        members: settled.transactions.reduce((sum, { members }) => sum + members, 0),
        gas: settled.transactions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
        tookMs: performance.now() - settling,
      },
    })
    return state
  }

  /** The three phases in which payments are made; each is answered before the next is planned. */
  async #pay(before: Plan.State): Promise<Plan.State> {
    const { world } = this.#options
    const { scenario } = world
    const dollars = (role: Plan.Role, count: number) =>
      Array.from({ length: count }, (_, index) => this.#books.dollars.get(nameOf({ role, index })) ?? 0n)
    const a = Plan.tasks(world, before)
    await this.#payAll(a.payments)
    const b = Plan.services(world, a.state, dollars('robot', scenario.robots))
    const failed = await this.#payAll(b.payments)
    this.outcome.jobs.requested += b.jobs.requested
    this.outcome.jobs.bought += b.jobs.bought - failed.filter(({ to }) => to.role === 'site').length
    this.outcome.jobs.unaffordable += b.jobs.unaffordable
    const c = Plan.trades(world, b.state, {
      producersMilliWh: Array.from(
        { length: scenario.producers },
        (_, index) => this.#books.credits.get(nameOf({ role: 'producer', index })) ?? 0n,
      ),
      sitesAtomic: dollars('site', scenario.sites),
      stationsAtomic: dollars('station', scenario.stations),
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
          else this.#note(from, to, amountAtomic)
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
        move(this.#books.credits, seller, buyer, energyMilliWh)
        this.#note(buyer, seller, priceAtomic)
      }),
    )
  }

  #note(from: Plan.Party, to: Plan.Party, amount: AmountAtomic): void {
    move(this.#books.dollars, from, to, amount)
    this.#unsettled += amount
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

  /** Sites and stations take the credits they bought to their wallets. What fails stays in the account for the next time. */
  async #withdraw(slot: number): Promise<void> {
    const { world, participants, validUntilSeconds } = this.#options
    const every = Math.max(1, Math.floor(world.scenario.slots / withdrawalsADay))
    if ((slot + 1) % every !== 0 && slot + 1 !== world.scenario.slots) return
    const holders = participants.consumers.filter((party) => (this.#books.credits.get(nameOf(party)) ?? 0n) > 0n)
    if (holders.length === 0) return
    await this.#settle()
    await each(holders, width, async (party) => {
      const amount = this.#books.credits.get(nameOf(party)) as bigint
      const robot = participants.of(party)
      const asset = robot.deployment.energyCredit.asset
      try {
        await robot.withdraw(amount, { asset, deadline: validUntilSeconds })
        move(this.#books.credits, party, undefined, amount)
      } catch (error) {
        if (!(error instanceof ServiceUnreachableError)) throw error
      }
    })
  }

  /** Waits until the slot is over on the wall clock, where the run is to keep pace with it. */
  async #pace(slot: number, beganMs: number): Promise<void> {
    const { world, speed, signal } = this.#options
    if (speed === 0) return
    const leftMs = (Scenario.slotSeconds(world.scenario, slot) * 1000) / speed - (performance.now() - beganMs)
    if (leftMs <= 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, leftMs)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Every meter signs what it shows at the slot's end. */
  #sign(timestamp: bigint, readings: readonly Plan.Reading[]): Promise<SignedReading[]> {
    const { participants } = this.#options
    return Promise.all(
      readings.map(({ meter, energyMilliWh, computeUnits }) =>
        participants.meterOf(meter).read({ timestamp, energyMilliWh, computeUnits }),
      ),
    )
  }

  /** Producers hold what they produced. Returns their mean power in the slot, W. */
  #noteProduction(slot: number, readings: readonly Plan.Reading[]): number {
    let producedMilliWh = 0n
    for (const { meter, energyMilliWh } of readings) {
      if (meter.role !== 'producer') continue
      const more = energyMilliWh - (this.#produced.get(nameOf(meter)) ?? 0n)
      this.#produced.set(nameOf(meter), energyMilliWh)
      move(this.#books.credits, undefined, meter, more)
      producedMilliWh += more
    }
    return Number((producedMilliWh * 36n) / 10n) / Scenario.slotSeconds(this.#options.world.scenario, slot)
  }

  /**
   * Hands in readings and settles. A service that was killed meanwhile is asked again when it is back, readings included, which it keeps
   * in memory only: settling or reading twice is doing it once.
   */
  async #settle(readings: readonly SignedReading[] = []): Promise<Settlements> {
    const { client, operatorToken, signal } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        for (let i = 0; i < readings.length; i += 1000) await client.submit(readings.slice(i, i + 1000))
        return await client.settle(operatorToken)
      } catch (error) {
        if (!(error instanceof ServiceUnreachableError) || attempt === 5 || signal.aborted) throw error
      }
    }
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
