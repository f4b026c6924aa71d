/**
 * What was paid before: the same payment again, and the same purchase (payer, asset, reference) under another total. Both are answered
 * with the receipt that there is, and nothing is charged twice. Knows what is on disk and what is on its way there.
 */
import type { Payment, Receipt } from '../core/Payment.ts'
import { genesisHistory } from '../core/Payment.ts'
import type * as Digest from '../crypto/Digest.ts'
import type { Journal } from '../store/Journal.ts'
import * as Commit from './Commit.ts'

export interface Purchases {
  /**
   * The receipt of a purchase that was paid before, undefined where it was not. A payment without a reference is no purchase.
   * `referenceReused`: it was paid, but to another payee or with another amount.
   */
  earlier(payment: Payment): Promise<Receipt> | 'referenceReused' | undefined
  /** The receipt of this very payment, where it is on disk with the same content. */
  same(payment: Payment): Receipt | undefined
  /** Tells of payments that have been applied and are on their way to disk; their receipts come in the same order. */
  begin(payments: readonly Payment[], receipts: Promise<readonly Receipt[]>): void
}

interface UnderWay {
  readonly payment: Payment
  readonly receipt: Promise<Receipt>
}

const purchaseOf = ({ payer, asset, reference }: Payment): string => payer + asset + reference

/**
 * What a payment says beside its name, which stands for asset, total and history: a copy that differs in it is another payment, made from the
 * same signature, or under another's key.
 */
export const contentOf = ({ id, payer, payee, amount, reference, validUntil }: Payment): string =>
  [id, payer, payee, amount, reference, validUntil].join(' ')

export const create = (journal: Journal, domain: Digest.Domain): Purchases => {
  const underWay = new Map<string, UnderWay>()

  const sameAs = (payment: Payment, stored: Payment): boolean =>
    stored.payee === payment.payee && stored.amount === payment.amount

  return {
    earlier(payment) {
      if (payment.reference === genesisHistory) return undefined
      const pending = underWay.get(purchaseOf(payment))
      if (pending !== undefined) return sameAs(payment, pending.payment) ? pending.receipt : 'referenceReused'
      const record = journal.byReference(payment.payer, payment.asset, payment.reference)
      if (record === undefined) return undefined
      if (!sameAs(payment, record)) return 'referenceReused'
      const stored = journal.payment(record.id)
      return stored === undefined ? undefined : Promise.resolve(Commit.receiptFrom(domain, stored))
    },
    same(payment) {
      const stored = journal.payment(payment.id)
      if (stored === undefined || contentOf(stored.record) !== contentOf(payment)) return undefined
      return Commit.receiptFrom(domain, stored)
    },
    begin(payments, receipts) {
      payments.forEach((payment, i) => {
        const purchase = purchaseOf(payment)
        const receipt = receipts.then((all) => all[i] as Receipt)
        underWay.set(purchase, { payment, receipt })
        const end = () => {
          if (underWay.get(purchase)?.payment === payment) underWay.delete(purchase)
        }
        receipt.then(end, end)
      })
    },
  }
}
