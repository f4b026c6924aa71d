/**
 * Accepting payments (PROTOCOL 4): verify → put in order → check → apply → commit → receipt. An account's payments form a line, ordered by
 * `total − amount`; one that comes early waits for its predecessor, and is refused with it. A sale stands in two lines at once and is
 * accepted when both its legs are at the head.
 */

import { cell, read } from '../core/Accounts.ts'
import type { SunledgerError } from '../core/Errors.ts'
import * as Ledger from '../core/Ledger.ts'
import * as Packed from '../core/Packed.ts'
import type { Address, PaymentRequest, Receipt, SaleTerms } from '../core/Payment.ts'
import { PaymentRefusedError } from '../core/Payment.ts'
import type * as Digest from '../crypto/Digest.ts'
import * as PackedDigest from '../crypto/Packed.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal } from '../store/Journal.ts'
import type { Leg } from './Arrivals.ts'
import * as Arrivals from './Arrivals.ts'
import type * as Commit from './Commit.ts'
import { Decided, type Item, Single } from './Items.ts'
import * as Lines from './Lines.ts'
import * as Purchases from './Purchases.ts'
import { closing } from './Recovering.ts'
import * as Refused from './Refused.ts'
import * as Sales from './Sales.ts'
import type * as Sealing from './Sealing.ts'

export interface AcceptOptions {
  readonly ledger: Ledger.Ledger
  readonly journal: Journal
  readonly commit: Commit.Commit
  readonly domain: Digest.Domain
  /** Finds out who signed; left out: this thread does. */
  readonly check?: Arrivals.Check | undefined
  /** Why nothing is accepted for now, beside what `commit` says; left out: nothing else keeps it. */
  readonly refusal?: () => Error | undefined
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
  /** Does what reads the journal; left out: at once. */
  readonly look?: Purchases.Look
  /** Told of every accepted payment, once it is on disk. */
  readonly onAccepted: (payment: Sealing.Sealed) => void
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
  /** Payments of old that are being looked up. */
  looking(): number
}

/** Acts on a request as bytes. What cannot even be packed is refused as everything else is: by the promise. */
const askerOf = ({ onRefused }: AcceptOptions) => {
  const packed = (request: PaymentRequest): Packed.Packed => {
    try {
      return Packed.fromRequest({ ...request, signature: Signature.compact(request.signature) })
    } catch (error) {
      onRefused((error as SunledgerError).code)
      throw error
    }
  }
  return (request: PaymentRequest, act: (p: Packed.Packed) => Promise<Purchases.Answer>): Promise<Receipt> => {
    const ask = async (): Promise<Receipt> => (await act(packed(request))).receipt()
    const receipt = ask()
    // Whoever asks for a receipt may come for it later, or never.
    receipt.catch(() => {})
    return receipt
  }
}

/** Writes what the payment makes of its payee's credit into it. */
const complete = (ledger: Ledger.Ledger, { packed }: Leg, atMs: number): Packed.Packed => {
  const { view, start } = packed
  const payee = Ledger.payeeOf(ledger, packed)
  PackedDigest.credited(packed, payee)
  const earned = payee === undefined ? 0n : read(payee, cell.creditTotal)
  Packed.writeAmount(view, start + Packed.at.creditTotal, earned + Packed.amount(packed))
  view.setFloat64(start + Packed.at.atMs, atMs)
  return packed
}

/** What each leg's purchase was answered before; undefined where none was, as nearly always: no list is made for it. */
const earlierOf = (purchases: Purchases.Purchases, legs: readonly Leg[]) => {
  for (const leg of legs) {
    const found = purchases.earlier(leg)
    if (found !== undefined) return legs.map((each) => (each === leg ? found : purchases.earlier(each)))
  }
  return undefined
}

export const create = (options: AcceptOptions): Accept => {
  const { ledger, journal, commit, domain } = options
  const { waitMs = 250, pairingMs = 3000, mostWaiting = 64, check = Arrivals.checkHere(domain) } = options
  const purchases = Purchases.create(journal, commit, options.look ?? (async (work) => work()))
  const refusedNow = Refused.create(waitMs)

  const { because, assertOpen } = closing(options)

  const paidBy = ({ packed }: Leg): bigint => Ledger.paid(ledger, packed)

  /** Places between a payment and the head of its line; negative where its place has passed. */
  const ahead = (leg: Leg): bigint => leg.start - paidBy(leg)

  const lines = Lines.create<Item>(mostWaiting, (item) => timedOut(item))
  const timedOut = (item: Item): void => {
    const early = item.legs.find((leg) => ahead(leg) > 0n)
    refuse(item, because('outOfOrder'), early)
  }

  /** @param leg the one at fault  @param signed the one that is known to be what its payer signed for this place */
  const refuse = (item: Item, error: Error, leg?: Leg, signed?: Leg): void => {
    lines.leave(item)
    item.reject(error, leg)
    refuseSuccessors(item, signed)
  }

  const refuseSuccessors = (item: Item, signed?: Leg): void => {
    for (const leg of item.legs) {
      // Only what its payer signed for this very place takes others with it: whoever has seen a signature can send it with other content.
      // Of what never got to the head of its line, that cannot be known.
      if (leg !== signed && !isNext(leg)) continue
      refusedNow.note(leg)
      for (const next of lines.at(leg, leg.total)) {
        const its = next.legs.find(({ line }) => line === leg.line)
        if (its === undefined || !lines.has(next) || !PackedDigest.isBehind(leg.packed, its.packed)) continue
        refuse(next, because('predecessorRefused'), its, its)
      }
    }
  }

  /** At the head of its line, and its payer signed this content for this place. */
  const isNext = (leg: Leg): boolean =>
    ahead(leg) === 0n && PackedDigest.otherHistory(leg.packed, Ledger.payerOf(ledger, leg.packed)) === undefined

  /** The place of a leg has passed: the same payment again, or another at its total. */
  const repeat = (item: Item): void => {
    lines.leave(item)
    const looked = (found: readonly (Purchases.Answer | undefined)[]): void => {
      const answers = found.flatMap((answer) => answer ?? [])
      if (answers.length === item.legs.length) return item.resolve(answers)
      const leg = item.legs.find((each, i) => found[i] === undefined && ahead(each) < 0n)
      refuse(item, new PaymentRefusedError('conflict', { expected: 'a total above the last accepted debit' }), leg)
    }
    Promise.all(item.legs.map(({ packed }) => purchases.same(packed))).then(looked, (error) => refuse(item, error))
  }

  /** What keeps a leg at the head of its line from being accepted. Only what would be counts for a payer's rate: anybody may hold debits of others. */
  const problemOf = ({ packed }: Leg): Error | undefined => {
    const problem = Ledger.checkPacked(ledger, packed, options.nowSeconds())
    if (problem !== undefined) return new PaymentRefusedError(problem.reason, problem)
    const expected = PackedDigest.otherHistory(packed, Ledger.payerOf(ledger, packed))
    if (expected !== undefined)
      return new PaymentRefusedError('wrongHistory', { expected, actual: Packed.history(packed) })
    try {
      options.admit?.(Packed.payer(packed))
    } catch (error) {
      return error as Error
    }
    return undefined
  }

  /** Answers what was bought before. False where it was not. */
  const answerEarlier = (item: Item): boolean => {
    const earlier = earlierOf(purchases, item.legs)
    if (earlier === undefined) return false
    const answers = earlier.flatMap((found) => (found === undefined || found === 'referenceReused' ? [] : [found]))
    if (answers.length < item.legs.length) {
      // Also where only one leg of a sale was paid before, on its own.
      const leg = item.legs.find((_, i) => earlier[i] !== undefined)
      refuse(item, new PaymentRefusedError('referenceReused'), leg)
      return true
    }
    lines.leave(item)
    Promise.all(answers).then(
      (all) => item.resolve(all),
      (error: Error) => item.reject(error),
    )
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
    const legs = item.legs.map((leg) => complete(ledger, leg, atMs))
    for (const leg of item.legs) purchases.begin(leg)
    commit.take(legs, new Decided(item, purchases, options.onAccepted))
    for (const leg of item.legs) follow(leg)
  }

  /** A payment was accepted: who stood at its place has missed it, or is the same; who stands behind it is next. */
  const follow = (leg: Leg): void => {
    for (const rival of lines.at(leg, leg.start)) {
      const isSame = rival.legs.length === 1 && Packed.isSame((rival.legs[0] as Leg).packed, leg.packed)
      if (!isSame) refuse(rival, new PaymentRefusedError('conflict'), leg)
      else {
        lines.leave(rival)
        leg.answer.then(
          (answer) => rival.resolve([answer]),
          (error: Error) => rival.reject(error),
        )
      }
    }
    for (const successor of lines.at(leg, leg.total)) if (lines.has(successor)) advance(successor)
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
    assertOpen()
    let [isPast, isAhead] = [false, false]
    for (const leg of item.legs) {
      const distance = ahead(leg)
      if (distance < 0n) isPast = true
      else if (distance > 0n) isAhead = true
    }
    if (isPast) repeat(item)
    else if (!isAhead) decide(item)
    else {
      const lost = item.legs.find(isLost)
      if (lost !== undefined) refuse(item, new PaymentRefusedError('predecessorRefused'), lost, lost)
      else if (lines.park(item) === 'full') refuse(item, new PaymentRefusedError('tooManyWaiting'))
    }
  }

  /** Signed behind a payment that was refused a moment ago. */
  const isLost = (leg: Leg): boolean => {
    const before = refusedNow.before(leg)
    return before !== undefined && ahead(leg) > 0n && PackedDigest.isBehind(before.packed, leg.packed)
  }

  const { once } = Arrivals.create({ ...options, check })
  const asked = askerOf(options)

  const sales = Sales.create({
    ...{ purchases, pairingMs, isNext },
    isPast: (leg) => ahead(leg) < 0n,
    onPair: (seller, buyer) => advance({ ...Sales.together(seller, buyer), waitMs: pairingMs }),
  })

  const run = (arrival: Arrivals.Arrival): void => advance(new Single(arrival, waitMs))
  const take = (packed: Packed.Packed): Promise<Purchases.Answer> => once(packed, run)

  return {
    take,
    pay: (request) => asked(request, take),
    trade: (terms, request) =>
      asked(request, (p) =>
        once(p, (arrival) => {
          const { packed, purchase, answer, line, start, total } = arrival
          const leg = { packed, purchase, answer, line, start, total, payment: Packed.toRecord(packed) }
          sales.take(terms, { ...leg, resolve: arrival.resolve.bind(arrival), reject: arrival.reject.bind(arrival) })
        }),
      ),
    early: lines.size,
    looking: purchases.looking,
  }
}
