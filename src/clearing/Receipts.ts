/**
 * Receipts that others bring back. A receipt whose credit is proven under this service's own credit key, and whose debit its payer signed,
 * was answered from a journal that had it. Where this journal does not have it, the journal is older than the one that answered, and nothing
 * more may be accepted from it. Anything less proves nothing, is refused by name, and stops nothing: no payer can make such a receipt alone,
 * since a group's signature leaves the process only once the group is on disk (`Commit`).
 */
import { setImmediate } from 'node:timers/promises'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, Receipt } from '../core/Payment.ts'
import type * as Digest from '../crypto/Digest.ts'
import * as ReceiptCheck from '../crypto/ReceiptCheck.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal } from '../store/Journal.ts'
import { JournalOlderError } from '../store/Journal.ts'
import type { Commit } from './Commit.ts'

export interface ReceiptsOptions {
  readonly journal: Journal
  readonly commit: Pick<Commit, 'failure'>
  readonly domain: Digest.Domain
  readonly creditKey: Address
  /** Ends acceptance, and says why. */
  readonly halt: (reason: Error) => void
}

/** What became of a receipt. */
export interface Brought {
  readonly id: Hex
  /** The journal has had it all along. */
  readonly state: 'known'
}

export interface Receipts {
  /** Each one's result, in order. @throws {JournalOlderError} the journal does not have what one of them proves */
  bring(receipts: readonly Receipt[]): Promise<(Brought | ReceiptUnprovenError)[]>
}

/** Checked in one turn of the loop, so that payments do not wait for more. */
const perTurn = 4

export const create = ({ journal, commit, domain, creditKey, halt }: ReceiptsOptions): Receipts => {
  const bringOne = (brought: Receipt): Brought | ReceiptUnprovenError => {
    const signature = Signature.compact(brought.payment.signature)
    const receipt = { ...brought, payment: { ...brought.payment, signature } }
    const fault = ReceiptCheck.fault(receipt, domain, creditKey)
    if (fault !== undefined) return new ReceiptUnprovenError(fault)
    const { id, total, payer } = receipt.payment
    if (journal.payment(id) !== undefined) return { id, state: 'known' }
    const error = new JournalOlderError(
      `payment ${id}, debit total ${total} of ${payer}, by a receipt under this service’s credit key`,
      'no such payment in the journal',
    )
    halt(error)
    throw error
  }

  return {
    async bring(receipts) {
      const results: (Brought | ReceiptUnprovenError)[] = []
      for (const receipt of receipts) {
        if (commit.failure !== undefined) throw commit.failure
        if (results.length % perTurn === perTurn - 1) await setImmediate()
        results.push(bringOne(receipt))
      }
      return results
    },
  }
}

/** A receipt does not prove that this service accepted the payment. */
export class ReceiptUnprovenError extends SunledgerError {
  override readonly name = 'ReceiptUnprovenError'
  constructor({ why, expected, actual }: ReceiptCheck.Fault) {
    super('SL421', `The receipt proves nothing to this service: ${why}.`, {
      expected,
      actual,
      hint: 'Bring it to the service whose credit key signed it. Nothing has been changed because of it.',
      status: 422,
    })
  }
}
