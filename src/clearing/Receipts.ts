/**
 * Receipts that others bring back. A receipt whose credit is proven under this service's own credit key, and whose debit its payer signed,
 * was answered from a journal that had it. Where this journal does not have it, the journal is older than the one that answered, and nothing
 * more may be accepted from it. Anything less proves nothing, is refused by name, and stops nothing: no payer can make such a receipt alone,
 * since a group's signature leaves the process only once the group is on disk (`Commit`).
 *
 * A journal that has been recovered knows that it lacks something: there, whatever a receipt proves is taken back (`core/Recovery`), also when
 * the recovery is over.
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Ledger } from '../core/Ledger.ts'
import type { Address, Hex, Receipt } from '../core/Payment.ts'
import type { RecoveredRecord } from '../core/Record.ts'
import type * as Digest from '../crypto/Digest.ts'
import * as ReceiptCheck from '../crypto/ReceiptCheck.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal } from '../store/Journal.ts'
import { JournalOlderError } from '../store/Journal.ts'
import type { Commit } from './Commit.ts'
import type { Look } from './Purchases.ts'

export interface ReceiptsOptions {
  readonly ledger: Ledger
  readonly journal: Journal
  readonly commit: Pick<Commit, 'add' | 'failure' | 'idle'>
  readonly domain: Digest.Domain
  readonly creditKey: Address
  /** Checks one when reads are done. */
  readonly look: Look
  /** Ends acceptance, and says why. */
  readonly halt: (reason: Error) => void
  /** Told of each payment that came back after the recovery was over. */
  readonly onLate: (record: RecoveredRecord) => void
}

/** What became of a receipt. */
export interface Brought {
  readonly id: Hex
  /** The journal has had it all along; or it has it from now on. */
  readonly state: 'known' | 'recovered'
}

export interface Receipts {
  /** Each one's result, in order, once what came back is on disk. @throws {JournalOlderError} the journal does not have what one of them proves */
  bring(receipts: readonly Receipt[]): Promise<(Brought | ReceiptUnprovenError)[]>
}

const recordOf = ({ payment, credit, before }: Receipt): RecoveredRecord => ({
  ...payment,
  ...{ type: 'recovered', creditBefore: before, creditTotal: credit.total, creditHistory: credit.history },
  atMs: Date.now(),
})

export const create = (options: ReceiptsOptions): Receipts => {
  const { ledger, journal, commit, domain, creditKey, halt } = options
  /** On their way to disk. */
  const underWay = new Map<Hex, Promise<Brought>>()

  const recover = (record: RecoveredRecord): Promise<Brought> => {
    const { id } = record
    if (ledger.recovery?.isOver === true) options.onLate(record)
    const added = commit
      .add(record)
      .then((): Brought => ({ id, state: 'recovered' }))
      .finally(() => underWay.delete(id))
    underWay.set(id, added)
    return added
  }

  /** For good: it is journaled, so that a restart does not forget it. Whoever brought the receipt hears of it then. */
  const stop = async (error: JournalOlderError): Promise<never> => {
    halt(error)
    await commit.idle()
    const { expected = '', actual = '' } = error
    // A journal that cannot be written, or is closed meanwhile, does not keep it; the receipt can be brought again.
    await journal.append([{ type: 'contradicted', expected, actual }]).catch(() => {})
    throw error
  }

  const bringOne = (brought: Receipt): Promise<Brought> | Brought | ReceiptUnprovenError => {
    const signature = Signature.compact(brought.payment.signature)
    const receipt = { ...brought, payment: { ...brought.payment, signature } }
    const fault = ReceiptCheck.fault(receipt, domain, creditKey)
    if (fault !== undefined) return new ReceiptUnprovenError(fault)
    const { id, total, payer } = receipt.payment
    const isUnderWay = underWay.get(id)
    if (isUnderWay !== undefined) return isUnderWay
    if (journal.payment(id) !== undefined) return { id, state: 'known' }
    if (ledger.recovery !== undefined) return recover(recordOf(receipt))
    const error = new JournalOlderError(
      `payment ${id}, debit total ${total} of ${payer}, by a receipt under this service’s credit key`,
      'no such payment in the journal',
    )
    return stop(error)
  }

  return {
    async bring(receipts) {
      const results: (Promise<Brought> | Brought | ReceiptUnprovenError)[] = []
      try {
        for (const receipt of receipts) {
          if (commit.failure !== undefined) throw commit.failure
          // Each by itself, beside payments; what it leads to is not waited for.
          const { result } = await options.look(() => ({ result: bringOne(receipt) }))
          results.push(result)
        }
      } catch (error) {
        // What came before it is on its way all the same.
        await Promise.allSettled(results)
        throw error
      }
      return Promise.all(results)
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
