/**
 * Brings the two legs of a sale together: a leg waits here for the other party's, and the pair then goes on as one. What is no leg of the
 * terms is refused at once, and a leg whose sale was accepted before is answered with its receipt, but not one that was paid alone.
 */
import * as Amount from '../core/Amount.ts'
import * as Packed from '../core/Packed.ts'
import type { Hex, Payment, SaleTerms } from '../core/Payment.ts'
import { genesisHistory, PaymentRefusedError } from '../core/Payment.ts'
import * as Digest from '../crypto/Digest.ts'
import type { Place } from './Lines.ts'
import type { Answer, Purchases, UnderWay } from './Purchases.ts'

/** A payment that somebody waits for. */
export interface Leg extends Place, UnderWay {
  readonly payment: Payment
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

export interface Sales {
  /** Takes a leg in. */
  take(terms: SaleTerms, leg: Leg): void
}

export interface SalesOptions {
  readonly purchases: Purchases
  readonly pairingMs: number
  /** Its place has passed: it can never be accepted. */
  readonly isPast: (leg: Place & UnderWay) => boolean
  /** It is signed by its payer as what comes next. */
  readonly isNext: (leg: Place & UnderWay) => boolean
  /** Both legs are there. The seller's comes first. */
  readonly onPair: (seller: Leg, buyer: Leg) => void
}

/** Two legs as what is accepted or refused at once. */
export const together = (seller: Leg, buyer: Leg) => {
  const legs = [seller, buyer]
  return {
    legs,
    resolve(answers: readonly Answer[]) {
      legs.forEach((leg, i) => {
        leg.resolve(answers[i] as Answer)
      })
    },
    /** @param at the leg that was at fault; left out: both are told the same */
    reject(error: Error, at?: Place) {
      for (const leg of legs)
        leg.reject(at === undefined || at.line === leg.line ? error : new PaymentRefusedError('otherLegRefused'))
    },
  }
}

/** Whether a payment is one of the two that the terms describe. */
const isLegOf = (terms: SaleTerms, { payer, payee, asset, amount, reference }: Payment): boolean => {
  if (reference !== Digest.sale(terms)) return false
  const sells =
    payer === terms.seller && payee === terms.buyer && asset === terms.creditAsset && amount === terms.credits
  const buys = payer === terms.buyer && payee === terms.seller && asset === terms.dollarAsset && amount === terms.price
  return sells || buys
}

/** What the other party pays, as far as it names a purchase. */
const otherLeg = (terms: SaleTerms, leg: Payment): Packed.Packed => {
  const [asset, amount] =
    leg.payer === terms.seller ? [terms.dollarAsset, terms.price] : [terms.creditAsset, terms.credits]
  const none = { creditBefore: genesisHistory, creditTotal: Amount.zero, creditHistory: genesisHistory, atMs: 0 }
  return Packed.fromRecord({ type: 'payment', ...leg, ...none, payer: leg.payee, payee: leg.payer, asset, amount })
}

const alone = { expected: 'both legs of the sale, paid together', actual: 'this leg was paid alone' }

export const create = ({ purchases, pairingMs, isPast, isNext, onPair }: SalesOptions): Sales => {
  /** Legs that wait for their other, by the sale's reference. */
  const unpaired = new Map<Hex, Leg & { readonly timer: NodeJS.Timeout }>()

  const wait = (leg: Leg): void => {
    const { reference } = leg.payment
    const timer = setTimeout(() => {
      unpaired.delete(reference)
      leg.reject(new PaymentRefusedError('saleUnpaired'))
    }, pairingMs)
    unpaired.set(reference, { ...leg, timer })
  }

  const isPaid = (packed: Packed.Packed): boolean =>
    purchases.earlier({ packed, purchase: Packed.purchaseKey(packed) }) instanceof Promise

  return {
    take(terms, leg) {
      if (!isLegOf(terms, leg.payment)) {
        leg.reject(new PaymentRefusedError('saleMismatch'))
        return
      }
      const earlier = purchases.earlier(leg)
      if (earlier === 'referenceReused') leg.reject(new PaymentRefusedError(earlier))
      else if (earlier !== undefined) {
        // Its receipt would say that the sale was made.
        if (isPaid(otherLeg(terms, leg.payment))) earlier.then(leg.resolve, leg.reject)
        else leg.reject(new PaymentRefusedError('saleUnpaired', alone))
      }
      // Anybody can make a leg of an old debit that was accepted: it must not take the place of the payer's own.
      else if (isPast(leg)) leg.reject(new PaymentRefusedError('conflict'))
      else {
        const other = unpaired.get(leg.payment.reference)
        if (other === undefined) return wait(leg)
        if (other.payment.payer === leg.payment.payer && isNext(other))
          return leg.reject(new PaymentRefusedError('conflict'))
        clearTimeout(other.timer)
        unpaired.delete(leg.payment.reference)
        if (other.payment.payer === leg.payment.payer) {
          // The same party has signed its leg again, at another place in its order: the newer one counts.
          other.reject(new PaymentRefusedError('conflict'))
          wait(leg)
        } else if (leg.payment.payer === terms.seller) onPair(leg, other)
        else onPair(other, leg)
      }
    },
  }
}
