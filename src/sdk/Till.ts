/**
 * A payee's till: takes receipts that payers hand over and makes sure that each buys once, without a connection to the service. It
 * remembers which stretches of its own credit it has served; a second receipt over any part of one is refused. Neighbouring stretches
 * melt together, so what it remembers stays small.
 */
import * as Amount from '../core/Amount.ts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Receipt as ReceiptType } from '../core/Payment.ts'
import { type Range, Ranges } from './Ranges.ts'
import * as Receipt from './Receipt.ts'

export type { Range } from './Ranges.ts'

export interface TillOptions extends Receipt.Trust {
  readonly payee: Address
  /** The asset that it takes; left out: any. */
  readonly asset?: Address | undefined
  /** Refuses receipts once the operator would owe more than this beyond what is settled: decimal text or atomic units. */
  readonly maxUnsettled?: string | bigint | undefined
  /** How much of the payee's credit has been settled on chain; needed for `maxUnsettled`, see `settled`. */
  readonly settled?: bigint | undefined
  /** What an earlier till of this payee had served (`till.served`). */
  readonly served?: readonly Range[] | undefined
  /** Given each receipt that was taken: to keep it until it is settled, see `ReceiptKeeper`. */
  readonly onReceipt?: ((receipt: ReceiptType) => void) | undefined
}

export class Till {
  readonly #options: TillOptions
  readonly #served: Ranges
  readonly #mostUnsettled: bigint | undefined
  #settled: bigint

  constructor(options: TillOptions) {
    this.#options = options
    this.#settled = options.settled ?? 0n
    const most = options.maxUnsettled
    this.#mostUnsettled = typeof most === 'string' ? Amount.parse(most) : most
    this.#served = new Ranges(options.served)
  }

  /**
   * Takes a receipt, once.
   * @throws {ReceiptInvalidError} forged
   * @throws {ReceiptMismatchError} not over what was expected
   * @throws {ReceiptSpentError} it, or part of its credit, has been served
   * @throws {RiskExceededError} the operator would owe more than `maxUnsettled`
   * @example till.accept(receipt, { minimum: '0.000125', reference: Digest.reference(url, key) })
   */
  accept(receipt: ReceiptType, expected: Omit<Receipt.Expected, 'payee' | 'asset'> = {}): Receipt.Verified {
    const { payee, asset, chainId, clearingHouse, creditKey } = this.#options
    const verified = Receipt.verify(receipt, { chainId, clearingHouse, creditKey, payee, asset, ...expected })
    this.take(verified)
    this.#options.onReceipt?.(receipt)
    return verified
  }

  /** Takes the range of a receipt that has been verified already. @throws {ReceiptSpentError} @throws {RiskExceededError} */
  take(range: Range): void {
    this.check(range)
    this.#served.add(range)
  }

  /** Whether `take` would take it; takes nothing. @throws {ReceiptSpentError} @throws {RiskExceededError} */
  check(range: Range): void {
    const overlap = this.#served.overlap(range)
    if (overlap !== undefined) throw new ReceiptSpentError(range, overlap)
    const unsettled = range.to - this.#settled
    if (this.#mostUnsettled !== undefined && unsettled > this.#mostUnsettled)
      throw new RiskExceededError(this.#mostUnsettled, unsettled)
  }

  /** Gives a range back that was taken and bought nothing: it may be taken again. */
  release(range: Range): void {
    this.#served.remove(range)
  }

  /** Counts a range as served, whether or not part of it was. */
  add(range: Range): void {
    this.#served.add(range)
  }

  /** Says how much of the payee's credit has been settled on chain by now. */
  settled(total: bigint): void {
    if (total > this.#settled) this.#settled = total
  }

  /** What has been served, to be given to the next till of this payee. */
  get served(): readonly Range[] {
    return this.#served.all
  }
}

/** A receipt has bought something already. */
export class ReceiptSpentError extends SunledgerError {
  override readonly name = 'ReceiptSpentError'
  constructor(receipt: Range, served: Range) {
    super('SL652', 'The receipt has been served already.', {
      expected: 'a stretch of credit that bought nothing yet',
      actual: `(${receipt.from}, ${receipt.to}] overlaps (${served.from}, ${served.to}]`,
      hint: 'One receipt buys once. Pay again for the next purchase.',
      status: 409,
    })
  }
}

/** Serving more would leave more unsettled than the payee chose to risk. */
export class RiskExceededError extends SunledgerError {
  override readonly name = 'RiskExceededError'
  constructor(most: bigint, actual: bigint) {
    super('SL653', 'More would be unsettled than this payee chose to risk.', {
      expected: `at most ${most} atomic units`,
      actual: `${actual}`,
      hint: 'Wait for the next settlement, then tell the till with `till.settled(total)`.',
      status: 402,
    })
  }
}
