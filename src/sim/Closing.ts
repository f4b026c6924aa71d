/**
 * The end of a slot that is settled: every meter is read, everything goes on chain, what was sold is delivered against payment, and those who used
 * energy take its credits to their wallets, where readings retire them.
 */
import type { Settlements, SignedReading } from '../core/Wire.ts'
import { type Client, ServiceUnreachableError } from '../sdk/Client.ts'
import { each, nameOf, type Participants } from './Participants.ts'
import type { Payer } from './Payer.ts'
import * as Plan from './plan/Plan.ts'
import * as Scenario from './Scenario.ts'

export interface ClosingOptions {
  readonly world: Scenario.World
  readonly client: Client
  readonly payer: Payer
  readonly participants: Participants
  readonly operatorToken: string
  /** Chain time at midnight at the place. */
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
/** Times a day that credits are taken to wallets. */
const withdrawalsADay = 12

const isProducer = ({ meter }: Plan.Reading): boolean => meter.role === 'producer'

export class Closing {
  readonly #options: ClosingOptions
  /** What each meter showed when it was last read. */
  readonly #shown = new Map<string, bigint>()
  /** At whose slot's end each settlement was sent, by its transaction. */
  readonly settledIn = new Map<string, number>()
  /** What meters showed when sales were last carried out: a battery's losses on what it has not got yet are not taken from what it has. */
  #delivered: readonly Plan.Reading[] = []
  /** What was sent to each owner's wallet to be retired. */
  readonly #withdrawn = new Map<string, bigint>()

  constructor(options: ClosingOptions) {
    this.#options = options
  }

  /**
   * Before the first slot: what batteries have stored and sites have bought ahead is credits from the day before. On this chain they do not exist yet, so
   * a meter for each, approved for that, mints them.
   */
  async open(state: Plan.State): Promise<void> {
    const { midnightSeconds, advanceTo, participants, payer } = this.#options
    await advanceTo(midnightSeconds)
    const stocks = Plan.openingCredits(state).filter(({ energyMilliWh }) => energyMilliWh > 0n)
    if (stocks.length === 0) return
    const readings = stocks.map(({ party, energyMilliWh }) =>
      participants.openingMeterOf(party).read({ timestamp: midnightSeconds, energyMilliWh, computeUnits: 0n }),
    )
    await this.#settle(await Promise.all(readings))
    for (const { party, energyMilliWh } of stocks) payer.credits.add(party, energyMilliWh)
  }

  /**
   * The end of a slot that is settled: meters are read, which mints what producers sold; then sales of it are carried out; and some times a day those
   * who used energy take the credits for it to their wallets.
   * @param deliver carries out the sales
   */
  async close(
    slot: number,
    readings: readonly Plan.Reading[],
    deliver: () => Promise<void>,
  ): Promise<{ members: number; gas: bigint }> {
    const { world, midnightSeconds, advanceTo, payer } = this.#options
    const isLast = slot + 1 === world.scenario.slots
    const clockSeconds = Scenario.startSeconds(world.scenario, slot + 1)
    const timestamp = midnightSeconds + BigInt(clockSeconds)
    const transactions: Settlements['transactions'][number][] = []
    const settle = async (signed: readonly SignedReading[] = []) => {
      const { transactions: sent } = await this.#settle(signed)
      for (const { transaction } of sent) this.settledIn.set(transaction, slot)
      transactions.push(...sent)
    }
    const read = async (some: readonly Plan.Reading[]) => settle(await this.#sign(timestamp, some))
    if (!isLast && this.#isWithdrawalDue(slot)) await this.#withdraw(this.#delivered, settle)
    await advanceTo(timestamp)
    // At the very end consumers are read when all that they bought has come to their wallets.
    const [producers, consumers] = [readings.filter(isProducer), readings.filter((reading) => !isProducer(reading))]
    await read(isLast ? producers : readings)
    payer.settled(clockSeconds)
    payer.clockSeconds = clockSeconds
    this.#noteProduction(producers)
    await deliver()
    this.#delivered = readings
    if (isLast) {
      await this.#withdraw(readings, settle)
      await read(consumers)
      payer.settled(clockSeconds)
    }
    return {
      members: transactions.reduce((sum, { members }) => sum + members, 0),
      gas: transactions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
    }
  }

  #isWithdrawalDue(slot: number): boolean {
    const { slots } = this.#options.world.scenario
    const times = (at: number) => Math.floor((at * withdrawalsADay) / slots)
    return times(slot + 1) !== times(slot + 1 - this.#options.settleEvery)
  }

  /**
   * Those who used energy take its credits to their wallets: sites and stations all that they bought, stationary batteries what they lost. First everything
   * is settled, so that the credits are there to be taken. What fails stays in the account for the next time.
   */
  async #withdraw(readings: readonly Plan.Reading[], settle: () => Promise<void>): Promise<void> {
    const { participants, validUntilSeconds, payer } = this.#options
    const holders = readings.flatMap(({ meter, energyMilliWh }) => {
      if (meter.role === 'producer') return []
      const held = payer.credits.held(meter)
      const lost = energyMilliWh - (this.#withdrawn.get(nameOf(meter)) ?? 0n)
      const amount = meter.role === 'storage' && lost < held ? lost : held
      return amount > 0n ? [{ meter, amount }] : []
    })
    if (holders.length === 0) return
    await settle()
    await each(holders, width, async ({ meter, amount }) => {
      const robot = participants.of(meter)
      const asset = robot.deployment.energyCredit.asset
      try {
        await robot.withdraw(amount, { asset, deadline: validUntilSeconds })
        payer.credits.add(meter, -amount)
        this.#withdrawn.set(nameOf(meter), (this.#withdrawn.get(nameOf(meter)) ?? 0n) + amount)
      } catch (error) {
        if (!(error instanceof ServiceUnreachableError)) throw error
      }
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

  /** Producers hold what their meters showed. */
  #noteProduction(readings: readonly Plan.Reading[]): void {
    for (const { meter, energyMilliWh } of readings) {
      this.#options.payer.credits.add(meter, energyMilliWh - (this.#shown.get(nameOf(meter)) ?? 0n))
      this.#shown.set(nameOf(meter), energyMilliWh)
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
