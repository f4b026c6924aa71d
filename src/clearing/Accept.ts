/**
 * Accepting payments (PROTOCOL 4): verify → put in order → check → apply → commit → receipt. An account's payments form a line, ordered by
 * `total − amount`; one that comes early waits for its predecessor, and is refused with it. A sale stands in two lines at once and is
 * accepted when both its legs are at the head.
 */

import { cell, read } from '../core/Accounts.ts'
import type { SunledgerError } from '../core/Errors.ts'
import * as Ledger from '../core/Ledger.ts'
import * as Packed from '../core/Packed.ts'
import type { Address, PaymentRequest, Receipt, Refusal, SaleTerms } from '../core/Payment.ts'
import { PaymentRefusedError } from '../core/Payment.ts'
import type * as Digest from '../crypto/Digest.ts'
import * as PackedDigest from '../crypto/Packed.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal } from '../store/Journal.ts'
import type { Leg } from './Arrivals.ts'
import * as Arrivals from './Arrivals.ts'
import type * as Commit from './Commit.ts'
import * as Lines from './Lines.ts'
import * as Purchases from './Purchases.ts'
import * as Sales from './Sales.ts'

export interface AcceptOptions {
  readonly ledger: Ledger.Ledger
  readonly journal: Journal
  readonly commit: Commit.Commit
  readonly domain: Digest.Domain
  /** Finds out who signed; left out: this thread does. */
  readonly check?: Arrivals.Check | undefined
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
  readonly onAccepted: (payment: Commit.Sealed) => void
  /** Told of every refusal's code. */
  readonly onRefused: (code: string) => void
}

export interface Accept {
  /** The same as `pay` for a payment as bytes, whose id and payer are not known yet; nobody else may write to it any more. */
  take(payment: Packed.Packed): Promise<Purchases.Answer>
  /** @throws {PaymentRefusedError} */
  pay(request: PaymentRequest): Promise<Receipt>
  /** One leg of a sale; resolves with its own receipt once both are accepted. @throws {PaymentRefusedError} */
  trade(terms: SaleTerms, request: PaymentRequest): Promise<Receipt>
  /** Payments that wait for a predecessor. */
  early(): number
}

interface Item extends Lines.Item {
  readonly legs: readonly Leg[]
  /** Answers for the legs, in their order. */
  readonly resolve: (answers: readonly Purchases.Answer[]) => void
  /** `leg`: the one of a sale that was at fault; left out: all. */
  readonly reject: (error: Error, leg?: Leg) => void
}

/** A request as bytes. @throws {SignatureInvalidError} */
const packedOf = (request: PaymentRequest): Packed.Packed =>
  Packed.fromRequest({ ...request, signature: Signature.compact(request.signature) })

const placeKey = (line: string, total: bigint): string => `${line} ${total}`

/** Whoever asks for a receipt may come for it later, or never. */
const receiptOf = (answer: Promise<Purchases.Answer>): Promise<Receipt> => {
  const receipt = answer.then((found) => found.receipt())
  receipt.catch(() => {})
  return receipt
}

export const create = (options: AcceptOptions): Accept => {
  const { ledger, journal, commit, domain } = options
  const { waitMs = 250, pairingMs = 3000, mostWaiting = 64, check = Arrivals.checkHere(domain) } = options
  const purchases = Purchases.create(journal, domain)
  /** Where payments that were refused in this turn of the event loop would have led: what comes in the same list behind them. */
  const refusedNow = new Set<string>()

  /** Where nothing can be written any more, that is why, whatever else would be. */
  const because = (reason: Refusal): Error => commit.failure ?? new PaymentRefusedError(reason)

  const paidBy = ({ packed }: Leg): bigint => Ledger.paid(ledger, packed)

  /** Places between a payment and the head of its line; negative where its place has passed. */
  const ahead = (leg: Leg): bigint => leg.start - paidBy(leg)

  const lines = Lines.create<Item>(mostWaiting, (item) =>
    refuse(
      item,
      because('outOfOrder'),
      item.legs.find((leg) => ahead(leg) > 0n),
    ),
  )

  /** Refuses an item and everything that waits for it. */
  const refuse = (item: Item, error: Error, leg?: Leg): void => {
    lines.leave(item)
    item.reject(error, leg)
    refuseSuccessors(item)
  }

  const refuseSuccessors = (item: Item): void => {
    for (const leg of item.legs) {
      // Where the total was reached in another way, whoever stands there does not wait for this one. Without this, anybody with an
      // old receipt could get the payer's waiting payments refused.
      if (leg.total <= paidBy(leg)) continue
      const successor = lines.at(leg, leg.total)
      if (successor !== undefined) refuse(successor, because('predecessorRefused'), leg)
      if (refusedNow.size === 0) setImmediate(() => refusedNow.clear())
      refusedNow.add(placeKey(leg.line, leg.total))
    }
  }

  /** The place of a leg has passed: the same payment again, or another at its total. */
  const repeat = (item: Item): void => {
    const found = item.legs.map(({ packed }) => purchases.same(packed))
    const answers = found.flatMap((answer) => answer ?? [])
    lines.leave(item)
    if (answers.length === item.legs.length) {
      item.resolve(answers)
      return
    }
    const leg = item.legs.find((each, i) => found[i] === undefined && ahead(each) < 0n)
    refuse(item, new PaymentRefusedError('conflict', { expected: 'a total above the last accepted debit' }), leg)
  }

  /** Writes what the payment makes of its payee's credit into it. */
  const complete = ({ packed }: Leg, atMs: number): Packed.Packed => {
    const { view, start } = packed
    const payee = Ledger.payeeOf(ledger, packed)
    PackedDigest.credited(packed, payee)
    const earned = payee === undefined ? 0n : read(payee, cell.creditTotal)
    Packed.writeAmount(view, start + Packed.at.creditTotal, earned + Packed.amount(packed))
    view.setFloat64(start + Packed.at.atMs, atMs)
    return packed
  }

  const problemOf = ({ packed }: Leg): PaymentRefusedError | undefined => {
    const problem = Ledger.checkPacked(ledger, packed, options.nowSeconds())
    if (problem !== undefined) return new PaymentRefusedError(problem.reason, problem)
    const expected = PackedDigest.otherHistory(packed, Ledger.payerOf(ledger, packed))
    return expected === undefined
      ? undefined
      : new PaymentRefusedError('wrongHistory', { expected, actual: Packed.history(packed) })
  }

  /** Answers what was bought before. False where it was not. */
  const answerEarlier = (item: Item): boolean => {
    const earlier = item.legs.map(({ packed }) => purchases.earlier(packed))
    if (earlier.every((found) => found === undefined)) return false
    const answers = earlier.flatMap((found) => (found === undefined || found === 'referenceReused' ? [] : [found]))
    if (answers.length < item.legs.length) {
      // Also where only one leg of a sale was paid before, on its own.
      const leg = item.legs.find((_, i) => earlier[i] !== undefined)
      refuse(item, new PaymentRefusedError('referenceReused'), leg)
      return true
    }
    lines.leave(item)
    Promise.all(answers).then(item.resolve, (error: Error) => item.reject(error))
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
    const legs = item.legs.map((leg) => complete(leg, atMs))
    for (const leg of item.legs) purchases.begin(leg)
    const end = (): void => {
      for (const leg of item.legs) purchases.end(leg)
    }
    commit.take(legs, {
      resolve(sealed) {
        end()
        for (const one of sealed) options.onAccepted(one)
        item.resolve(sealed)
      },
      reject(error) {
        end()
        item.reject(error)
      },
    })
    for (const leg of item.legs) follow(leg)
  }

  /** A payment was accepted: who stood at its place has missed it, who stands behind it is next. */
  const follow = (leg: Leg): void => {
    const rival = lines.at(leg, leg.start)
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
    // Its signature may have been checked elsewhere while writing failed.
    if (commit.failure !== undefined) throw commit.failure
    const places = item.legs.map(ahead)
    if (places.some((distance) => distance < 0n)) repeat(item)
    else if (places.every((distance) => distance === 0n)) decide(item)
    else if (item.legs.some(({ line, start }) => refusedNow.has(placeKey(line, start))))
      refuse(item, new PaymentRefusedError('predecessorRefused'))
    else {
      const parked = lines.park(item)
      // Whoever stands at the place already may still be accepted, so its successors are left alone.
      if (parked === 'taken') item.reject(new PaymentRefusedError('conflict'))
      if (parked === 'full') refuse(item, new PaymentRefusedError('tooManyWaiting'))
    }
  }

  const { once } = Arrivals.create({ ...options, check, paidBy })

  const sales = Sales.create({
    purchases,
    pairingMs,
    onPair: (seller, buyer) => {
      const both = [seller, buyer]
      advance({
        legs: both,
        waitMs: pairingMs,
        resolve(answers) {
          both.forEach((leg, i) => {
            leg.resolve(answers[i] as Purchases.Answer)
          })
        },
        reject(error, failed) {
          for (const leg of both)
            leg.reject(
              failed === undefined || failed.line === leg.line ? error : new PaymentRefusedError('otherLegRefused'),
            )
        },
      })
    },
  })

  const take = (packed: Packed.Packed): Promise<Purchases.Answer> =>
    once(packed, (leg, resolve, reject) =>
      advance({ legs: [leg], waitMs, resolve: ([answer]) => resolve(answer as Purchases.Answer), reject }),
    )

  /** What cannot even be packed is refused as everything else is: by the promise. */
  const packed = (request: PaymentRequest): Packed.Packed | Error => {
    try {
      return packedOf(request)
    } catch (error) {
      options.onRefused((error as SunledgerError).code)
      return error as Error
    }
  }

  const asked = (request: PaymentRequest, act: (p: Packed.Packed) => Promise<Purchases.Answer>): Promise<Receipt> => {
    const p = packed(request)
    return receiptOf(p instanceof Error ? Promise.reject(p) : act(p))
  }

  return {
    take,
    pay: (request) => asked(request, take),
    trade: (terms, request) =>
      asked(request, (p) =>
        once(p, (leg, resolve, reject) =>
          sales.take(terms, { ...leg, payment: Packed.toRecord(leg.packed), resolve, reject }),
        ),
      ),
    early: lines.size,
  }
}
