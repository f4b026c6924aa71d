/**
 * Makes payments and sales through the SDK and keeps count: what each took, what was refused, and what everybody holds after what was really
 * accepted. A plan needs that between phases; a report's figures come from journal and chain and not from here.
 */
import * as Energy from '../core/Energy.ts'
import { SunledgerError } from '../core/Errors.ts'
import { type Hex, type Receipt, refusals, type SaleTerms } from '../core/Payment.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Keccak from '../crypto/Keccak.ts'
import { Flows } from './Feed.ts'
import { each, nameOf, type Participants } from './Participants.ts'
import { Purses } from './Purses.ts'
import type * as Plan from './plan/Plan.ts'
import type { Scenario } from './Scenario.ts'

export interface PayerOptions {
  readonly participants: Participants
  /** Chain time until which payments hold. */
  readonly validUntilSeconds: bigint
  readonly signal: AbortSignal
}

/** Payers that act at the same time. */
const width = 64

/** Sales under way at the same time: few, as a leg that has come waits only some seconds for the other, behind all that its payer sends before. */
const salesWidth = 32

/** Sales in their order, cut before each whose seller has bought since the last cut. */
const wavesOf = (trades: readonly Plan.Trade[]): Plan.Trade[][] => {
  const waves: Plan.Trade[][] = []
  let bought = new Set<string>()
  for (const trade of trades) {
    if (waves.length === 0 || bought.has(nameOf(trade.seller))) {
      waves.push([])
      bought = new Set()
    }
    waves.at(-1)?.push(trade)
    bought.add(nameOf(trade.buyer))
  }
  return waves
}

/** The other leg of a sale did not come in time, or was refused for that. */
const lateCodes: readonly string[] = [refusals.saleUnpaired.code, refusals.otherLegRefused.code]

/** Times that such a sale is made again. */
const mostAttempts = 5

const codeOf = (error: unknown): string => (error instanceof SunledgerError ? error.code : 'unknown')

export class Payer {
  readonly dollars: Purses
  /** Energy credits in clearing-house accounts, mWh. */
  readonly credits: Purses
  readonly flows = new Flows()
  readonly acceptMs: number[] = []
  /** Of every payment that a receipt came for. */
  readonly receiptIds: Hex[] = []
  readonly rejected: { [code: string]: number } = {}
  /** Wall clock in which payments were made. */
  payingMs = 0
  /** Dollars accepted and not yet settled. */
  unsettledAtomic = 0n
  /** The simulated clock: when the slot in hand began, seconds after midnight. */
  clockSeconds = 0
  /** From accepted to settled by that clock, one each payment. */
  readonly settledAfterSeconds: number[] = []
  /** When payments that are not settled were accepted, by that clock. */
  #acceptedAt: number[] = []
  readonly #options: PayerOptions

  constructor(scenario: Scenario, options: PayerOptions) {
    this.dollars = new Purses(scenario)
    this.credits = new Purses(scenario)
    this.#options = options
  }

  /** Makes payments, those of one payer at once. Returns those that were refused. */
  async pay(payments: readonly Plan.Payment[]): Promise<Plan.Payment[]> {
    const { participants, validUntilSeconds, signal } = this.#options
    const began = performance.now()
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
          const { from, to, amountAtomic: amount, purpose } = payment
          const options = {
            to: participants.of(to).address,
            amount,
            for: purpose,
            key: '',
            validUntil: validUntilSeconds,
          }
          if ((await this.#refusal(() => participants.of(from).pay(options))) === undefined) this.#note(payment)
          else failed.push(payment)
        }),
      )
    })
    this.payingMs += performance.now() - began
    return failed
  }

  /**
   * Makes sales, both legs of each at once, in their order, so that every account has its sales in the same order each time. A battery may sell what it has
   * bought just before, so sales go in waves, in each of which nobody sells after it has bought. The buyer's dollars have been set aside before (`setAside`).
   */
  async trade(trades: readonly Plan.Trade[]): Promise<void> {
    const began = performance.now()
    for (const wave of wavesOf(trades)) {
      let late: Plan.Trade[] = []
      await each(wave, salesWidth, async (trade) => {
        if (await this.#sell(trade)) late.push(trade)
      })
      // On a machine that is much too busy a leg may wait in vain for the other; nothing has moved then, and the sale is made again by itself.
      for (let attempt = 0; late.length > 0 && attempt < mostAttempts; attempt++) {
        const again = late
        late = []
        await each(again, 1, async (trade) => {
          if (await this.#sell(trade)) late.push(trade)
        })
      }
      for (const { buyer, priceAtomic } of late) this.dollars.add(buyer, priceAtomic)
    }
    this.payingMs += performance.now() - began
  }

  /** True where the legs did not meet in time, so that nothing has moved and the buyer's dollars are still set aside. */
  async #sell(trade: Plan.Trade): Promise<boolean> {
    const { participants, signal, validUntilSeconds: validUntil } = this.#options
    const { seller, buyer, energyMilliWh, priceAtomic } = trade
    if (signal.aborted) return false
    const [from, to] = [participants.of(seller), participants.of(buyer)]
    const terms = this.#termsOf(trade)
    const legs = await Promise.all([
      this.#refusal(() => from.sell(terms, { validUntil, proof: false })),
      this.#refusal(() => to.buy(terms, { validUntil, proof: false })),
    ])
    if (legs.every((code) => code !== undefined && lateCodes.includes(code))) return true
    this.dollars.add(buyer, priceAtomic)
    if (legs.some((code) => code !== undefined)) return false
    this.credits.move(seller, buyer, energyMilliWh)
    this.#note({ from: buyer, to: seller, amountAtomic: priceAtomic, energyMilliWh })
    return false
  }

  /** Takes out of a buyer's purse what it has agreed to pay at the end of the slot. */
  setAside({ buyer, priceAtomic }: Plan.Trade): void {
    this.dollars.add(buyer, -priceAtomic)
  }

  /** The reference under which a sale stands in the journal. */
  referenceOf(trade: Plan.Trade): string {
    return Digest.sale(this.#termsOf(trade))
  }

  #termsOf({ purpose, seller, buyer, energyMilliWh, priceAtomic }: Omit<Plan.Trade, 'slot' | 'index'>): SaleTerms {
    const { participants } = this.#options
    const [from, to] = [participants.of(seller), participants.of(buyer)]
    return from.saleTerms({
      seller: from.address,
      buyer: to.address,
      credits: energyMilliWh,
      price: priceAtomic,
      salt: Keccak.ofText(purpose),
    })
  }

  /** Everything that was accepted has been settled. @param clockSeconds the simulated clock */
  settled(clockSeconds: number): void {
    for (const at of this.#acceptedAt) this.settledAfterSeconds.push(clockSeconds - at)
    this.#acceptedAt = []
    this.unsettledAtomic = 0n
  }

  /** What everybody holds, by role and index. */
  wealth(): { readonly [role in Plan.Role]: readonly bigint[] } {
    return Object.fromEntries(Object.entries(this.dollars.of).map(([role, held]) => [role, [...held]])) as never
  }

  #note({ from, to, amountAtomic, energyMilliWh = Energy.zero }: Omit<Plan.Payment, 'purpose'>): void {
    this.dollars.add(from, -amountAtomic)
    this.dollars.add(to, amountAtomic)
    this.unsettledAtomic += amountAtomic
    this.flows.add(from.role, to.role, amountAtomic, energyMilliWh)
  }

  /** Takes the time of one payment. Returns the code with which it was refused, undefined where it was accepted. */
  async #refusal(pay: () => Promise<Receipt>): Promise<string | undefined> {
    const began = performance.now()
    try {
      this.receiptIds.push((await pay()).payment.id)
    } catch (error) {
      const code = codeOf(error)
      if (!this.#options.signal.aborted) this.rejected[code] = (this.rejected[code] ?? 0) + 1
      return code
    }
    this.acceptMs.push(performance.now() - began)
    this.#acceptedAt.push(this.clockSeconds)
    return undefined
  }
}
