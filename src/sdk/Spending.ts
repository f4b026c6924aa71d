/**
 * What a robot pays by itself, because a server asked: bounded for each request and in all. Payments that the program makes itself
 * (`robot.pay`) are not counted; an owner's budget (`Budget`) bounds both, at the service.
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Token } from './Deployment.ts'
import * as Deployment from './Deployment.ts'
import * as Option from './Option.ts'

export interface SpendLimits {
  /** Most for one request, unless the call says (`maxAmount`); default '0.10'. Decimal text, or atomic units. */
  readonly perRequest?: string | bigint | undefined
  /** Most in all, for as long as this robot lives; default: no bound. */
  readonly total?: string | bigint | undefined
}

const usualPerRequest = '0.10'
const mostPurchases = 1_000

/** A purchase that was counted, and what it is paid with. */
export interface Bought {
  readonly amount: bigint
  readonly payTo: string
  /** Undefined: nobody knows what became of it. */
  payment: Promise<unknown> | undefined
}

export class Spending {
  /** What the amounts are in. */
  readonly token: Token
  readonly #perRequest: bigint
  readonly #total: bigint | undefined
  /** The newest ones. */
  readonly #purchases = new Map<string, Bought>()
  #spent = 0n

  constructor(token: Token, limits: SpendLimits = {}) {
    // Limits that are not understood must not be taken for none.
    const { perRequest = usualPerRequest, total } = Option.object('spend', limits)
    this.token = token
    this.#perRequest = Deployment.amount(token, perRequest)
    this.#total = total === undefined ? undefined : Deployment.amount(token, total)
  }

  /** Atomic units. */
  get spent(): bigint {
    return this.#spent
  }

  /** As atomic units. */
  amountOf(amount: string | bigint): bigint {
    return Deployment.amount(this.token, amount)
  }

  /** @throws {PriceTooHighError} */
  check(amount: bigint, maxAmount: string | bigint, what: string): void {
    const most = this.amountOf(maxAmount)
    if (amount > most) throw new PriceTooHighError(what, most, amount)
  }

  /** Whether an amount may be paid within a purchase that costs so much in all. `most`: what was allowed for it. */
  allows(amount: bigint, all: bigint, most: bigint = this.#perRequest): boolean {
    return all <= most && (this.#total === undefined || this.#spent + amount <= this.#total)
  }

  /** What a request may cost, atomic units. @throws {AmountInvalidError} @throws {AmountTooPreciseError} */
  limitOf(maxAmount: string | bigint | undefined): bigint {
    return maxAmount === undefined ? this.#perRequest : this.amountOf(maxAmount)
  }

  /**
   * Takes an amount out of the limits. The limit for the request is checked each time; the same purchase on the same terms is counted once.
   * @param purchase names it
   * @throws {PriceTooHighError}
   */
  take(amount: bigint, payTo: string, purchase: string, maxAmount?: string | bigint): Bought {
    const most = this.limitOf(maxAmount)
    if (amount > most) throw new PriceTooHighError('this request', most, amount)
    const known = this.#purchases.get(purchase)
    if (known !== undefined && known.amount === amount && known.payTo === payTo) return known
    if (this.#total !== undefined && this.#spent + amount > this.#total)
      throw new PriceTooHighError('all requests together', this.#total, this.#spent + amount)
    this.#spent += amount
    const bought = { amount, payTo, payment: undefined }
    this.#purchases.set(purchase, bought)
    if (this.#purchases.size > mostPurchases) this.#purchases.delete(this.#purchases.keys().next().value as string)
    return bought
  }

  /** What it was paid with has run out: another one counts by itself. */
  renew(purchase: string): void {
    this.#purchases.delete(purchase)
  }

  /** Puts it back: it was not paid, or paid back. Once. */
  giveBack(purchase: string, bought: Bought): void {
    if (this.#purchases.get(purchase) !== bought) return
    this.#purchases.delete(purchase)
    this.#spent -= bought.amount
  }
}

/** A server asks more than the robot may spend. Nothing was paid. */
export class PriceTooHighError extends SunledgerError {
  override readonly name = 'PriceTooHighError'
  constructor(what: string, most: bigint, actual: bigint) {
    super('SL673', `The server asks more than the robot may spend for ${what}.`, {
      expected: `at most ${most} atomic units`,
      actual: `${actual}`,
      hint: 'Nothing was paid. Allow more with `maxAmount` for this call, or `spend` when the robot connects.',
      status: 402,
    })
  }
}
