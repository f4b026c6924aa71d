/**
 * What was paid before: the same payment again, and the same purchase (payer, asset, reference) under another total. Both are answered
 * with the receipt that there is, and nothing is charged twice. Knows what is on disk and what is on its way there.
 */
import * as Packed from '../core/Packed.ts'
import type { Receipt } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import { type Journal, JournalReadError } from '../store/Journal.ts'
import type { Commit } from './Commit.ts'

/** A receipt that there is, made when it is asked for. */
export interface Answer {
  receipt(): Receipt
  /** The same as JSON. */
  json(): string
}

/**
 * Does what reads the journal. Whoever has a payment of old, which anybody can have who knows its id, can send it again and again, and proving one
 * takes as long as accepting ten: so it is a read, and done when reads are.
 */
export type Look = <T>(work: () => T) => Promise<T>

/** A payment that has been applied and is on its way to disk. */
export interface UnderWay {
  readonly packed: Packed.Packed
  /** Names its purchase (`Packed.purchaseKey`); empty where it is none. */
  readonly purchase: string
  /** Resolves with its answer when it is on disk. */
  readonly answer: Promise<Answer>
}

export interface Purchases {
  /**
   * The answer of a purchase that was paid before, undefined where it was not. A payment without a reference is no purchase.
   * `referenceReused`: it was paid, but to another payee or with another amount.
   */
  earlier(payment: Pick<UnderWay, 'packed' | 'purchase'>): Promise<Answer> | 'referenceReused' | undefined
  /** The answer of this very payment, where it is on disk with the same content. */
  same(payment: Packed.Packed): Promise<Answer | undefined>
  /** How many are being looked up: they wait for that, and for nothing else. */
  looking(): number
  /** Tells of a payment that has been applied and is on its way to disk, until `end`. */
  begin(payment: UnderWay): void
  end(payment: UnderWay): void
}

const isSameSale = (a: Packed.Packed, b: Packed.Packed): boolean =>
  Packed.payee(a) === Packed.payee(b) && Packed.amount(a) === Packed.amount(b)

export const create = (journal: Journal, { receiptOf }: Pick<Commit, 'receiptOf'>, look: Look): Purchases => {
  const underWay = new Map<string, UnderWay>()
  let looking = 0

  const counted: Look = async (work) => {
    looking++
    try {
      return await look(work)
    } finally {
      looking--
    }
  }

  const stored = (payment: Packed.Packed): Answer | undefined => {
    const found = journal.payment(Packed.id(payment))
    if (found === undefined || !Packed.isSame(Packed.fromRecord(found.record), payment)) return undefined
    const receipt = receiptOf(found)
    return { receipt: () => receipt, json: () => Wire.formatReceipt(receipt) }
  }

  return {
    earlier({ packed, purchase }) {
      if (purchase === '') return undefined
      const pending = underWay.get(purchase)
      if (pending !== undefined) return isSameSale(packed, pending.packed) ? pending.answer : 'referenceReused'
      const before = journal.purchase(packed)
      if (before === undefined) return undefined
      if (!isSameSale(packed, before)) return 'referenceReused'
      return counted(() => {
        const answer = stored(before)
        // It was bought: that it is not found by its name is no reason to charge for it again.
        if (answer === undefined) throw new JournalReadError(new Error(`no payment ${Packed.id(before)}`))
        return answer
      })
    },
    same: (payment) => counted(() => stored(payment)),
    looking: () => looking,
    begin(payment) {
      if (payment.purchase !== '') underWay.set(payment.purchase, payment)
    },
    end(payment) {
      if (underWay.get(payment.purchase) === payment) underWay.delete(payment.purchase)
    },
  }
}
