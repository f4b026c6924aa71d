/**
 * Accepting payments (PROTOCOL 4): verify → put in order → check → apply → commit → receipt. An account's payments form a line, ordered by
 * `total − amount`; one that comes early waits for its predecessor, and is refused with it. A sale stands in two lines at once and is
 * accepted when both its legs are at the head.
 */
import * as Ledger from '../core/Ledger.ts'
import type { Hex, Payment, PaymentRequest, Receipt, Refusal, SaleTerms } from '../core/Payment.ts'
import { genesisHistory, PaymentRefusedError, start } from '../core/Payment.ts'
import type { PaymentRecord } from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal } from '../store/Journal.ts'
import * as Commit from './Commit.ts'
import * as Lines from './Lines.ts'

export interface AcceptOptions {
  readonly ledger: Ledger.Ledger
  readonly journal: Journal
  readonly commit: Commit.Commit
  readonly domain: Digest.Domain
  /** Chain time. */
  readonly nowSeconds: () => bigint
  /** How long an early payment waits for its predecessor. */
  readonly waitMs?: number
  /** How long a leg of a sale waits for the other, and for its predecessors. */
  readonly pairingMs?: number
  /** Early payments that an account may have waiting. */
  readonly mostWaiting?: number
  /** Told of every accepted payment, once it is on disk. */
  readonly onAccepted: (position: number, receipt: Receipt) => void
  /** Told of every refusal's code. */
  readonly onRefused: (code: string) => void
}

export interface Accept {
  /** @throws {PaymentRefusedError} */
  pay(request: PaymentRequest): Promise<Receipt>
  /** One leg of a sale; resolves with its own receipt once both are accepted. @throws {PaymentRefusedError} */
  trade(terms: SaleTerms, request: PaymentRequest): Promise<Receipt>
}

interface Item extends Lines.Item {
  readonly resolve: (receipts: readonly Receipt[]) => void
  readonly reject: (error: PaymentRefusedError, leg: Payment | undefined) => void
}

interface Leg {
  readonly payment: Payment
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: Error) => void
}

const purchaseOf = (payment: Payment): string => payment.payer + payment.asset + payment.reference

export const create = (options: AcceptOptions): Accept => {
  const { ledger, journal, commit, domain } = options
  const { waitMs = 250, pairingMs = 3000, mostWaiting = 64 } = options
  /** Answers under way, by payment: the same payment again gets the same answer. */
  const underWay = new Map<Hex, Promise<Receipt>>()
  /** Purchases that are applied and not yet on disk. */
  const purchases = new Map<string, Promise<readonly Receipt[]>>()
  /** Legs that wait for their other, by the sale's reference. */
  const unpaired = new Map<Hex, Leg & { readonly timer: NodeJS.Timeout }>()
  const lines = Lines.create<Item>(mostWaiting, (item) => refuse(item, new PaymentRefusedError('outOfOrder')))

  /** Refuses an item and everything that waits for it. `leg` is the one of a sale that was at fault. */
  const refuse = (item: Item, error: PaymentRefusedError, leg?: Payment): void => {
    lines.leave(item)
    item.reject(error, leg)
    refuseSuccessors(item)
  }

  const refuseSuccessors = (item: Item): void => {
    for (const payment of item.legs) {
      const successor = lines.at(payment, payment.total)
      if (successor !== undefined) refuse(successor, new PaymentRefusedError('predecessorRefused'))
    }
  }

  const accountOf = (payment: Payment) => Ledger.account(ledger, payment.asset, payment.payer)

  /** A payment whose place has passed: the same one again, or another at its total. */
  const repeat = (item: Item): void => {
    const found = item.legs.map((leg) => journal.payment(leg.id))
    const receipts = found.flatMap((stored) => {
      if (stored === undefined) return []
      const index = stored.group.findIndex((record) => record.id === stored.record.id)
      return Commit.receipts(domain, stored.group, stored.seal)[index] ?? []
    })
    if (receipts.length === item.legs.length) {
      lines.leave(item)
      item.resolve(receipts)
    } else refuse(item, new PaymentRefusedError('conflict', { expected: 'a total above the last accepted debit' }))
  }

  /** A purchase that was paid before is answered with its receipt and not charged again. */
  const paidBefore = (payment: Payment): Promise<readonly Receipt[]> | Refusal | undefined => {
    if (payment.reference === genesisHistory) return undefined
    const pending = purchases.get(purchaseOf(payment))
    if (pending !== undefined) return pending
    const stored = journal.byReference(payment.payer, payment.asset, payment.reference)
    if (stored === undefined) return undefined
    if (stored.payee !== payment.payee || stored.amount !== payment.amount) return 'referenceReused'
    const { group, seal } = journal.payment(stored.id) as NonNullable<ReturnType<Journal['payment']>>
    const index = group.findIndex((record) => record.id === stored.id)
    return Promise.resolve(Commit.receipts(domain, group, seal).slice(index, index + 1))
  }

  const recordOf = (payment: Payment, atMs: number): PaymentRecord => {
    const payee = Ledger.account(ledger, payment.asset, payment.payee)
    return {
      type: 'payment',
      ...payment,
      creditBefore: payee.creditHistory,
      creditTotal: (payee.creditTotal + payment.amount) as PaymentRecord['creditTotal'],
      creditHistory: Digest.creditHistory(payee.creditHistory, payment.payer, payment.amount, payment.reference),
      atMs,
    }
  }

  const problemOf = (payment: Payment): PaymentRefusedError | undefined => {
    const problem = Ledger.check(ledger, payment, options.nowSeconds())
    if (problem !== undefined) return new PaymentRefusedError(problem.reason, problem)
    const { payee, amount, reference, validUntil } = payment
    const before = accountOf(payment).debitHistory
    const expected = Digest.debitHistory(before, payee, amount, reference, validUntil)
    if (expected !== payment.history)
      return new PaymentRefusedError('wrongHistory', { expected, actual: payment.history })
    return undefined
  }

  /** All legs are at the head of their lines: accept or refuse now. */
  const decide = (item: Item): void => {
    const [first] = item.legs as [Payment]
    if (item.legs.length === 1) {
      const before = paidBefore(first)
      if (typeof before === 'string') return refuse(item, new PaymentRefusedError(before))
      if (before !== undefined) {
        lines.leave(item)
        before.then(item.resolve, item.reject as (error: Error) => void)
        return refuseSuccessors(item)
      }
    }
    for (const leg of item.legs) {
      const problem = problemOf(leg)
      if (problem !== undefined) return refuse(item, problem, leg)
    }
    lines.leave(item)
    const records = item.legs.map((leg) => recordOf(leg, Date.now()))
    const committed = commit.add(
      records.length === 2
        ? { type: 'sale', legs: records as [PaymentRecord, PaymentRecord] }
        : (records[0] as PaymentRecord),
    )
    const answered = committed.then(({ position, receipts }) => {
      for (const receipt of receipts) options.onAccepted(position, receipt)
      return receipts
    })
    for (const leg of item.legs) purchases.set(purchaseOf(leg), answered)
    answered.then(item.resolve, item.reject as (error: Error) => void).finally(() => {
      for (const leg of item.legs) purchases.delete(purchaseOf(leg))
    })
    for (const leg of item.legs) {
      const successor = lines.at(leg, leg.total)
      if (successor !== undefined) advance(successor)
    }
  }

  const advance = (item: Item): void => {
    const places = item.legs.map((leg) => start(leg) - accountOf(leg).debitTotal)
    if (places.some((place) => place < 0n)) return repeat(item)
    if (places.every((place) => place === 0n)) return decide(item)
    const parked = lines.park(item)
    if (parked === 'taken') item.reject(new PaymentRefusedError('conflict'), undefined)
    if (parked === 'full') item.reject(new PaymentRefusedError('tooManyWaiting'), undefined)
  }

  const verify = (request: PaymentRequest): Payment => {
    const signature = Signature.compact(request.signature)
    const id = Digest.debit(domain, request.asset, request.total, request.history)
    const payer = Signature.recover(id, signature)
    if (payer === undefined) throw new PaymentRefusedError('badSignature')
    if (request.amount > request.total)
      throw new PaymentRefusedError('wrongHistory', { expected: 'a total of at least the amount' })
    return { ...request, signature, id, payer }
  }

  /** Runs once for each payment however often it is sent at the same time. */
  const once = (request: PaymentRequest, run: (leg: Leg) => void): Promise<Receipt> => {
    if (commit.failure !== undefined) return Promise.reject(commit.failure)
    let payment: Payment
    try {
      payment = verify(request)
    } catch (error) {
      options.onRefused((error as PaymentRefusedError).code)
      return Promise.reject(error)
    }
    const running = underWay.get(payment.id)
    if (running !== undefined) return running
    const answer = new Promise<Receipt>((resolve, reject) => run({ payment, resolve, reject }))
    underWay.set(payment.id, answer)
    const done = () => underWay.delete(payment.id)
    answer.then(done, (error) => {
      done()
      options.onRefused((error as PaymentRefusedError).code)
    })
    return answer
  }

  const pair = (terms: SaleTerms, legs: readonly [Leg, Leg]): void => {
    const [seller, buyer] = legs[0].payment.payer === terms.seller ? legs : [legs[1], legs[0]]
    const both = [seller, buyer]
    advance({
      legs: both.map((leg) => leg.payment),
      waitMs: pairingMs,
      resolve: (receipts) => both.forEach((leg, i) => leg.resolve(receipts[i] as Receipt)),
      reject: (error, failed) =>
        both.forEach((leg) =>
          leg.reject(
            failed === undefined || failed === leg.payment ? error : new PaymentRefusedError('otherLegRefused'),
          ),
        ),
    })
  }

  const isLegOf = (terms: SaleTerms, { payer, payee, asset, amount, reference }: Payment): boolean => {
    if (reference !== Digest.sale(terms)) return false
    const sells =
      payer === terms.seller && payee === terms.buyer && asset === terms.creditAsset && amount === terms.credits
    const buys =
      payer === terms.buyer && payee === terms.seller && asset === terms.dollarAsset && amount === terms.price
    return sells || buys
  }

  return {
    pay: (request) =>
      once(request, ({ payment, resolve, reject }) =>
        advance({ legs: [payment], waitMs, resolve: ([receipt]) => resolve(receipt as Receipt), reject }),
      ),
    trade: (terms, request) =>
      once(request, (leg) => {
        if (!isLegOf(terms, leg.payment)) return leg.reject(new PaymentRefusedError('saleMismatch'))
        const { reference } = leg.payment
        const other = unpaired.get(reference)
        if (other !== undefined && other.payment.payer !== leg.payment.payer) {
          clearTimeout(other.timer)
          unpaired.delete(reference)
          return pair(terms, [other, leg])
        }
        // Its place has passed: an answer that was lost is given again without the other leg.
        if (start(leg.payment) < accountOf(leg.payment).debitTotal)
          return advance({
            legs: [leg.payment],
            waitMs,
            resolve: ([receipt]) => leg.resolve(receipt as Receipt),
            reject: leg.reject,
          })
        const timer = setTimeout(() => {
          unpaired.delete(reference)
          leg.reject(new PaymentRefusedError('saleUnpaired'))
        }, pairingMs)
        unpaired.set(reference, { ...leg, timer })
      }),
  }
}
