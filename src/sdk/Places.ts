/**
 * The places of a line's payments: each comes right after the one before it, and is signed there. This is the one place where the SDK signs
 * debits, and where I21 is checked for each.
 */
import { maxTotal } from '../core/Amount.ts'
import type { Address } from '../core/Payment.ts'
import { PaymentRefusedError } from '../core/Payment.ts'
import type { Desk } from './Desk.ts'
import * as Entry from './Entry.ts'
import type { Signed } from './Signed.ts'

/** What a line knows while payments get their places. */
export interface Around {
  /** The highest total that a receipt proves. */
  readonly accepted: bigint
  /** All payments without an answer. */
  readonly open: readonly Entry.Entry[]
  /** It cannot be signed. */
  onRefused(entry: Entry.Entry, error: unknown): void
}

export class Places {
  readonly #desk: Desk
  readonly #asset: Address
  readonly #signed: Signed
  /** Where the next payment goes: after all that has been placed. */
  #head: Entry.Place

  constructor(desk: Desk, asset: Address, signed: Signed, accepted: Entry.Place) {
    this.#desk = desk
    this.#asset = asset
    this.#signed = signed
    this.#head = accepted
  }

  /** Goes back to what was accepted. */
  restart(accepted: Entry.Place): void {
    this.#head = accepted
  }

  /** Gives each its total and history, and signs those whose place is new. @throws {CeilingPassedError} */
  async fill(batch: readonly Entry.Entry[], around: Around): Promise<void> {
    const most = Entry.ceiling(around.accepted, around.open)
    const pending: Promise<void>[] = []
    for (const entry of batch) {
      if (entry.placed) continue
      entry.placed = true
      if (entry.request !== undefined && Entry.continues(this.#head, entry.request)) this.#head = entry.request
      // What may have been charged is only ever sent as it is; the answer will say what became of it.
      else if (entry.unknown) continue
      else {
        const signed = this.#sign(entry, most, around)
        if (signed !== undefined) pending.push(signed)
      }
    }
    if (pending.length > 0) await Promise.all(pending)
  }

  #sign(entry: Entry.Entry, most: bigint, { onRefused }: Around): Promise<void> | undefined {
    const { history } = this.#head
    const unsigned = Entry.unsigned(entry, this.#asset, this.#head, this.#desk.validUntil)
    if (unsigned.total > maxTotal) {
      onRefused(entry, new PaymentRefusedError('totalTooLarge'))
      return undefined
    }
    if (unsigned.total > most) throw new Entry.CeilingPassedError(most, unsigned.total)
    this.#head = unsigned
    const keep = (): void => {
      if (entry.request !== undefined) this.#signed.add(entry.request, history)
    }
    const signed = Entry.sign(entry, unsigned, this.#desk, (error) => onRefused(entry, error))
    if (signed !== undefined) return signed.then(keep)
    keep()
    return undefined
  }
}
