/**
 * Accepting payments (PROTOCOL 4): verify → put in order → check → apply → commit → receipt. An account's payments form a line, ordered by
 * `total − amount`; one that comes early waits for its predecessor, and is refused with it. A sale stands in two lines at once and is
 * accepted when both its legs are at the head.
 */
import type { SunledgerError } from '../core/Errors.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address, Payment, PaymentRequest, Receipt, SaleTerms } from '../core/Payment.ts'
import { PaymentRefusedError, start } from '../core/Payment.ts'
import type { PaymentRecord } from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal } from '../store/Journal.ts'
import type * as Commit from './Commit.ts'
import * as Lines from './Lines.ts'
import * as Purchases from './Purchases.ts'
import * as Sales from './Sales.ts'

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
  /** Asked before a payment that moves its payer on is taken in; throws where the payer sends too many. */
  readonly admit?: ((payer: Address) => void) | undefined
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
  /** Payments that wait for a predecessor. */
  early(): number
}

interface Item extends Lines.Item {
  /** Receipts of the legs, in their order. */
  readonly resolve: (receipts: readonly Receipt[]) => void
  /** `leg`: the one of a sale that was at fault; left out: all. */
  readonly reject: (error: Error, leg?: Payment) => void
}

export const create = (options: AcceptOptions): Accept => {
  const { ledger, journal, commit, domain } = options
  const { waitMs = 250, pairingMs = 3000, mostWaiting = 64 } = options
  const purchases = Purchases.create(journal, domain)
  /** Answers under way, by content: the same payment again gets the same answer, a changed copy does not. */
  const underWay = new Map<string, Promise<Receipt>>()

  const accountOf = (payment: Payment) => Ledger.account(ledger, payment.asset, payment.payer)

  /** Places between a payment and the head of its line; negative where its place has passed. */
  const ahead = (payment: Payment): bigint => start(payment) - accountOf(payment).debitTotal

  const lines = Lines.create<Item>(mostWaiting, (item) =>
    refuse(
      item,
      new PaymentRefusedError('outOfOrder'),
      item.legs.find((leg) => ahead(leg) > 0n),
    ),
  )

  /** Refuses an item and everything that waits for it. */
  const refuse = (item: Item, error: Error, leg?: Payment): void => {
    lines.leave(item)
    item.reject(error, leg)
    refuseSuccessors(item)
  }

  const refuseSuccessors = (item: Item): void => {
    for (const leg of item.legs) {
      // Where the total was reached in another way, whoever stands there does not wait for this one. Without this, anybody with an
      // old receipt could get the payer's waiting payments refused.
      if (leg.total <= accountOf(leg).debitTotal) continue
      const successor = lines.at(leg, leg.total)
      if (successor !== undefined) refuse(successor, new PaymentRefusedError('predecessorRefused'), leg)
    }
  }

  /** The place of a leg has passed: the same payment again, or another at its total. */
  const repeat = (item: Item): void => {
    const found = item.legs.map(purchases.same)
    const receipts = found.flatMap((receipt) => receipt ?? [])
    lines.leave(item)
    if (receipts.length === item.legs.length) {
      item.resolve(receipts)
      return
    }
    const leg = item.legs.find((each, i) => found[i] === undefined && ahead(each) < 0n)
    refuse(item, new PaymentRefusedError('conflict', { expected: 'a total above the last accepted debit' }), leg)
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

  /** Answers what was bought before. False where it was not. */
  const answerEarlier = (item: Item): boolean => {
    const earlier = item.legs.map(purchases.earlier)
    if (earlier.every((found) => found === undefined)) return false
    const receipts = earlier.flatMap((found) => (found === undefined || found === 'referenceReused' ? [] : [found]))
    if (receipts.length < item.legs.length) {
      // Also where only one leg of a sale was paid before, on its own.
      const leg = item.legs.find((_, i) => earlier[i] !== undefined)
      refuse(item, new PaymentRefusedError('referenceReused'), leg)
      return true
    }
    lines.leave(item)
    Promise.all(receipts).then(item.resolve, (error: Error) => item.reject(error))
    refuseSuccessors(item)
    return true
  }

  /** Budgets count by the day, and the journal must say which: a record once a day, and only where there are budgets. */
  const beginDay = (): void => {
    if (ledger.budgets.size === 0) return
    const day = Ledger.today(ledger, options.nowSeconds())
    // Whatever keeps it from the disk keeps the payment behind it from there too, which is told its payer.
    if (day !== ledger.day) commit.add({ type: 'day', day }).catch(() => {})
  }

  /** All legs are at the head of their lines: accept or refuse now. */
  const decide = (item: Item): void => {
    if (answerEarlier(item)) return
    for (const leg of item.legs) {
      const problem = problemOf(leg)
      if (problem !== undefined) {
        refuse(item, problem, leg)
        return
      }
    }
    lines.leave(item)
    beginDay()
    const atMs = Date.now()
    const [first, second] = item.legs.map((leg) => recordOf(leg, atMs)) as [PaymentRecord, PaymentRecord?]
    const committed = commit.add(second === undefined ? first : { type: 'sale', legs: [first, second] })
    const answered = committed.then(({ position, receipts }) => {
      for (const receipt of receipts) options.onAccepted(position, receipt)
      return receipts
    })
    purchases.begin(item.legs, answered)
    answered.then(item.resolve, (error: Error) => item.reject(error))
    for (const leg of item.legs) follow(leg)
  }

  /** A payment was accepted: who stood at its place has missed it, who stands behind it is next. */
  const follow = (leg: Payment): void => {
    const rival = lines.at(leg, start(leg))
    if (rival !== undefined) refuse(rival, new PaymentRefusedError('conflict'), leg)
    const successor = lines.at(leg, leg.total)
    if (successor !== undefined) advance(successor)
  }

  /** Moves an item on from where it stands. What cannot be found out, because the journal cannot be read, concerns this one alone. */
  const advance = (item: Item): void => {
    try {
      place(item)
    } catch (error) {
      refuse(item, error as Error)
    }
  }

  const place = (item: Item): void => {
    const places = item.legs.map(ahead)
    if (places.some((distance) => distance < 0n)) repeat(item)
    else if (places.every((distance) => distance === 0n)) decide(item)
    else {
      const parked = lines.park(item)
      // Whoever stands at the place already may still be accepted, so its successors are left alone.
      if (parked === 'taken') item.reject(new PaymentRefusedError('conflict'))
      if (parked === 'full') refuse(item, new PaymentRefusedError('tooManyWaiting'))
    }
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
  const once = (request: PaymentRequest, run: (leg: Sales.Leg) => void): Promise<Receipt> => {
    if (commit.failure !== undefined) return Promise.reject(commit.failure)
    let payment: Payment
    try {
      payment = verify(request)
    } catch (error) {
      options.onRefused((error as PaymentRefusedError).code)
      return Promise.reject(error)
    }
    const content = Purchases.contentOf(payment)
    const running = underWay.get(content)
    if (running !== undefined) return running
    // Only what its payer alone can have sent counts: anybody may hold debits that were accepted, and could use up the payer's rate.
    if (payment.total > accountOf(payment).debitTotal) {
      try {
        options.admit?.(payment.payer)
      } catch (error) {
        options.onRefused((error as SunledgerError).code)
        return Promise.reject(error)
      }
    }
    const answer = new Promise<Receipt>((resolve, reject) => run({ payment, resolve, reject }))
    underWay.set(content, answer)
    const done = () => underWay.delete(content)
    answer.then(done, (error) => {
      done()
      options.onRefused((error as PaymentRefusedError).code)
    })
    return answer
  }

  const sales = Sales.create({
    purchases,
    pairingMs,
    onPair: (seller, buyer) => {
      const both = [seller, buyer]
      advance({
        legs: both.map((leg) => leg.payment),
        waitMs: pairingMs,
        resolve(receipts) {
          both.forEach((leg, i) => {
            leg.resolve(receipts[i] as Receipt)
          })
        },
        reject(error, failed) {
          for (const leg of both)
            leg.reject(
              failed === undefined || failed.payer === leg.payment.payer
                ? error
                : new PaymentRefusedError('otherLegRefused'),
            )
        },
      })
    },
  })

  return {
    pay: (request) =>
      once(request, ({ payment, resolve, reject }) =>
        advance({ legs: [payment], waitMs, resolve: ([receipt]) => resolve(receipt as Receipt), reject }),
      ),
    trade: (terms, request) => once(request, (leg) => sales.take(terms, leg)),
    early: lines.size,
  }
}
