/**
 * The end of a slot that is settled: sites and stations take bought credits to their wallets, every meter is read, and everything goes on
 * chain.
 */
import type { Settlements, SignedReading } from '../core/Wire.ts'
import { type Client, ServiceUnreachableError } from '../sdk/Client.ts'
import { type Books, nameOf } from './Books.ts'
import { each, type Participants } from './Participants.ts'
import type * as Plan from './Plan.ts'
import * as Scenario from './Scenario.ts'

export interface ClosingOptions {
  readonly world: Scenario.World
  readonly client: Client
  readonly participants: Participants
  readonly operatorToken: string
  /** Chain time at midnight. */
  readonly midnightSeconds: bigint
  /** Chain time until which payments hold. */
  readonly validUntilSeconds: bigint
  /** Meters are read and everything is settled at the end of every so many slots, and of the first and last. */
  readonly settleEvery: number
  /** Moves the chain's clock forward. */
  readonly advanceTo: (seconds: bigint) => Promise<void>
  readonly signal: AbortSignal
}

/** Withdrawals under way at the same time. */
const width = 64
/** Times a day that sites and stations take bought credits to their wallets, where readings retire them. */
const withdrawalsADay = 12

export class Closing {
  readonly #options: ClosingOptions
  readonly #books: Books
  /** What each producer's meter showed when it was last read. */
  readonly #produced = new Map<string, bigint>()

  constructor(options: ClosingOptions, books: Books) {
    this.#options = options
    this.#books = books
  }

  /** The end of a slot that is settled: bought credits to the wallets, meters read, everything on chain. */
  async close(slot: number, readings: readonly Plan.Reading[]): Promise<{ members: number; gas: bigint }> {
    const { world, midnightSeconds, advanceTo } = this.#options
    const timestamp = midnightSeconds + BigInt(Scenario.startSeconds(world.scenario, slot + 1))
    const first = await this.#withdraw(slot)
    await advanceTo(timestamp)
    const second = await this.#settle(await this.#sign(timestamp, readings))
    this.#noteProduction(readings)
    const transactions = [...first, ...second.transactions]
    return {
      members: transactions.reduce((sum, { members }) => sum + members, 0),
      gas: transactions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
    }
  }

  /**
   * Sites and stations take the credits they bought to their wallets. What fails stays in the account for the next time. Returns what was
   * settled before, so that the credits were there to be taken.
   */
  async #withdraw(slot: number): Promise<Settlements['transactions']> {
    const { world, participants, validUntilSeconds } = this.#options
    const { slots } = world.scenario
    const times = (at: number) => Math.floor((at * withdrawalsADay) / slots)
    if (slot + 1 !== slots && times(slot + 1) === times(slot + 1 - this.#options.settleEvery)) return []
    const holders = participants.consumers.filter((party) => this.#books.of('credits', party) > 0n)
    if (holders.length === 0) return []
    const { transactions } = await this.#settle()
    await each(holders, width, async (party) => {
      const amount = this.#books.of('credits', party)
      const robot = participants.of(party)
      const asset = robot.deployment.energyCredit.asset
      try {
        await robot.withdraw(amount, { asset, deadline: validUntilSeconds })
        this.#books.move('credits', party, undefined, amount)
      } catch (error) {
        if (!(error instanceof ServiceUnreachableError)) throw error
      }
    })
    return transactions
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

  /** Producers hold what their meters showed. */
  #noteProduction(readings: readonly Plan.Reading[]): void {
    for (const { meter, energyMilliWh } of readings) {
      if (meter.role !== 'producer') continue
      const more = energyMilliWh - (this.#produced.get(nameOf(meter)) ?? 0n)
      this.#books.move('credits', undefined, meter, more)
      this.#produced.set(nameOf(meter), energyMilliWh)
    }
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
