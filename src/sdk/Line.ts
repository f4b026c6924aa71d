/**
 * One account's line of payments in one asset: gives each payment its place (total and history), signs it, keeps it, sends it, and makes
 * sure that each is charged once whatever happens on the way.
 *
 * - Payments made in the same tick travel in one request; a few requests may be on their way at once.
 * - A payment's place builds on the one before it. When one is refused, those behind it are refused too: once everything on its way has
 *   been answered, they are signed again from the last accepted debit and sent again.
 * - A payment without an answer keeps its bytes and is sent again before anything new: the same payment twice is charged once.
 * - Nothing is signed beyond the last accepted total plus the payments that are waiting (I21). What counts as accepted is proved by a
 *   receipt, and payments that an accepted debit includes are not signed again, whatever the service has said of them before.
 */
import type { Address, Hex, PaymentRequest, Receipt } from '../core/Payment.ts'
import { PaymentRefusedError } from '../core/Payment.ts'
import { ServiceError } from './Client.ts'
import type { Desk } from './Desk.ts'
import * as Entry from './Entry.ts'
import type { Debit, Unanswered } from './Keep.ts'
import { Places } from './Places.ts'
import { Signed } from './Signed.ts'
import { Silence } from './Silence.ts'

/** Rounds of signing again without any payment being decided. */
const mostFruitless = 6

export class Line {
  readonly #asset: Address
  readonly #desk: Desk
  /** In the order of their places; those that are on their way come first. */
  #entries: Entry.Entry[] = []
  readonly #byReference = new Map<Hex, Entry.Entry>()
  readonly #signed = new Signed()
  readonly #places: Places
  /** The highest total that a receipt proves. */
  #accepted: Debit
  #flights = 0
  #airborne = 0
  /** A leg of a sale is on its way: nothing is sent beside it, since its successors could only wait. */
  #alone = false
  /** A place has fallen vacant: when all on its way is answered, what is left is placed again. */
  #broken = false
  /** The service knows a debit of ours that we do not. */
  #stale = false
  #late = false
  #fruitless = 0
  #pumping = false
  /** Something that may have been kept has ended without a receipt. */
  #hasEnded = false
  #again = false
  readonly #idle: (() => void)[] = []
  readonly #silence = new Silence(
    () => this.#flights > 0,
    () => void this.#pump(),
  )

  constructor(desk: Desk, asset: Address, accepted: Debit, unanswered: readonly Unanswered[] = []) {
    this.#desk = desk
    this.#asset = asset
    this.#accepted = accepted
    this.#places = new Places(desk, asset, this.#signed, accepted)
    for (const kept of unanswered) this.#enter(Entry.unanswered(kept, desk.domain.separator))
    this.#signed.addAll(unanswered.map(({ payment }) => payment))
    this.#signed.accept(accepted.history, this.#byReference, desk.domain.separator)
  }

  /** Pays, once. The same reference while it is still waiting is the same payment. */
  pay(purpose: Entry.Purpose): Promise<Receipt> {
    const { payee, amount, reference } = purpose
    const standing = this.#byReference.get(reference)
    const known = standing ?? this.#signed.charged(reference)
    if (known !== undefined && (known.payee !== payee || known.amount !== amount))
      return Promise.reject(new PaymentRefusedError('referenceReused'))
    if (standing !== undefined) {
      standing.inherited = false
      return this.#wait(standing)
    }
    const entry = this.#enter(Entry.fresh(purpose))
    if (known !== undefined) Entry.include(entry, known as PaymentRequest, this.#desk.domain.separator)
    return this.#wait(entry)
  }

  /** Sends again what was left unanswered. Each one's receipt, or why it has not been charged. */
  recover(): Promise<PromiseSettledResult<Receipt>[]> {
    return Promise.allSettled(this.#entries.filter((entry) => entry.unknown).map((entry) => this.#wait(entry)))
  }

  /** Resolves when nobody waits any more, and what is left unanswered has been kept. */
  async drain(): Promise<void> {
    if (this.#entries.some(Entry.waiting)) await new Promise<void>((resolve) => this.#idle.push(resolve))
    await this.#save()
  }

  #enter(entry: Entry.Entry): Entry.Entry {
    this.#entries.push(entry)
    this.#byReference.set(entry.reference, entry)
    return entry
  }

  #wait(entry: Entry.Entry): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      entry.waiters.push({ resolve, reject })
      // In a microtask, so that payments made in one go are sent in one go.
      queueMicrotask(() => void this.#pump())
    })
  }

  async #pump(): Promise<void> {
    this.#again = true
    if (this.#pumping) return
    this.#pumping = true
    while (this.#again) {
      this.#again = false
      for (let batch = await this.#prepare(); batch.length > 0; batch = await this.#prepare()) this.#launch(batch)
    }
    this.#pumping = false
    // What ended with an error must not come back after a crash. If it cannot be kept now, whoever pays next is told.
    if (this.#hasEnded) await this.#save().catch(() => {})
    if (!this.#entries.some(Entry.waiting)) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** The next payments to send: placed, signed and kept. None when there are none, or they have to wait. */
  async #prepare(): Promise<readonly Entry.Entry[]> {
    while (this.#entries.some((entry) => !entry.sent && Entry.waiting(entry))) {
      if (this.#broken && this.#flights > 0) break
      try {
        if (this.#broken) await this.#mend()
        const batch = this.#choose()
        if (batch.length === 0) {
          await this.#keepAll()
          break
        }
        await this.#place(batch)
        await this.#save()
        // While we signed or wrote, an answer or a wallet's refusal may have left a place vacant.
        if (!this.#broken) return batch
      } catch (error) {
        this.#giveUp(error)
      }
    }
    return []
  }

  /** Nothing has been heard for long: what waits for others to be answered is kept too, since this process may end before they are. */
  async #keepAll(): Promise<void> {
    if (!this.#silence.isLong || this.#alone || this.#desk.save === undefined) return
    const waiting = Entry.beforeLeg(this.#entries.filter(({ sent, placed }) => !sent && !placed))
    if (waiting.length === 0) return
    await this.#place(waiting)
    await this.#save()
    for (const entry of waiting) entry.unknown = true
  }

  #choose(): readonly Entry.Entry[] {
    return Entry.choose(this.#entries, { isAlone: this.#alone, flights: this.#flights, airborne: this.#airborne })
  }

  #place(batch: readonly Entry.Entry[]): Promise<void> {
    const onRefused = (entry: Entry.Entry, error: unknown): void => this.#settle(entry, error)
    return this.#places.fill(batch, { accepted: this.#accepted.total, open: this.#entries, onRefused })
  }

  async #save(): Promise<void> {
    this.#hasEnded = false
    await this.#desk.save?.({ asset: this.#asset, accepted: this.#accepted, unanswered: Entry.kept(this.#entries) })
  }

  #launch(batch: readonly Entry.Entry[]): void {
    const terms = batch[0]?.terms
    const requests = batch.map((entry) => entry.request as PaymentRequest)
    for (const entry of batch) entry.sent = true
    if (this.#flights === 0) this.#silence.heard()
    this.#flights++
    this.#airborne += batch.length
    this.#alone = terms !== undefined
    const answers: Promise<readonly unknown[]> =
      terms === undefined
        ? this.#desk.pay(requests)
        : this.#desk.order(terms, requests[0] as PaymentRequest).then((receipt) => [receipt])
    void answers
      .catch((error: unknown) => batch.map(() => error))
      .then((results) => {
        for (const [i, entry] of batch.entries()) this.#land(entry, results[i])
        this.#flights--
        this.#airborne -= batch.length
        this.#alone = false
        return this.#pump()
      })
  }

  #land(entry: Entry.Entry, result: unknown): void {
    entry.sent = false
    this.#silence.heard()
    if (result instanceof ServiceError && result.status < 500) this.#refused(entry, result)
    else if (result instanceof Error) this.#lost(entry, result)
    else this.#answered(entry, result as Receipt)
  }

  #answered(entry: Entry.Entry, receipt: Receipt): void {
    const request = entry.request as PaymentRequest
    const same = receipt.payment.id === entry.id
    try {
      this.#desk.verify(receipt, request, same)
    } catch (error) {
      this.#stale = true
      this.#settle(entry, error)
      return
    }
    // One that was not the last of its batch to be answered may show that others are charged whose answers say otherwise.
    if (same) this.#accept(request)
    this.#signed.settled(request.reference)
    // Paid before, under another total: the place that this one would have taken is vacant.
    if (!same) this.#broken = true
    this.#remove(entry)
    for (const waiter of entry.waiters) waiter.resolve(receipt)
  }

  #refused(entry: Entry.Entry, error: ServiceError): void {
    this.#broken = true
    if (entry.charged) {
      const request = entry.request as PaymentRequest
      this.#signed.remember(request)
      return this.#settle(entry, new Entry.ReceiptWithheldError(request, error))
    }
    entry.unknown = false
    if (Entry.stale.has(error.code)) this.#stale = true
    if (entry.waiters.length > 0 && !entry.inherited) {
      if (Entry.misplaced.has(error.code) || Entry.overtaken.has(error.code)) return
      if (error.code === 'SL307' && entry.renewable) {
        this.#late = true
        entry.renewable = false
        entry.request = undefined
        return
      }
    }
    this.#settle(entry, error)
  }

  /** Nobody knows what became of it. It stays, and goes before whatever is paid next. */
  #lost(entry: Entry.Entry, cause: Error): void {
    this.#broken = true
    entry.unknown = true
    this.#untold(entry, cause)
    this.#giveUp(cause)
  }

  /** Nothing more can be sent for now: whoever waits for something unsent is told. */
  #giveUp(error: unknown): void {
    this.#broken = true
    for (const entry of this.#entries.filter(({ sent }) => !sent)) {
      if (!entry.unknown) this.#settle(entry, error)
      else this.#untold(entry, error as Error)
    }
  }

  /** It is kept, and may be charged later. */
  #untold(entry: Entry.Entry, cause: Error): void {
    const error = new Entry.PaymentUnansweredError(entry.request as PaymentRequest, cause)
    for (const waiter of entry.waiters.splice(0)) waiter.reject(error)
  }

  /** After a refusal, with nothing on its way: back to the last accepted debit. */
  async #mend(): Promise<void> {
    if (this.#late) await this.#desk.readClock()
    if (this.#stale) await this.#catchUp()
    if (this.#fruitless >= mostFruitless) {
      const first = this.#entries.find(Entry.waiting)
      if (first !== undefined) this.#settle(first, new Entry.PaymentContendedError(mostFruitless))
    }
    if (this.#fruitless > 0) await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** this.#fruitless))
    this.#fruitless++
    this.#places.restart(this.#accepted)
    for (const entry of this.#entries) entry.placed = false
    this.#broken = this.#stale = this.#late = false
  }

  /** Continues from the last debit that the service has a receipt for. */
  async #catchUp(): Promise<void> {
    this.#accept(await this.#desk.lastDebit(this.#asset, this.#accepted))
  }

  /** A receipt proves it, and with it all that it includes. */
  #accept({ total, history, signature }: Debit): void {
    const { separator } = this.#desk.domain
    for (const refused of this.#signed.accept(history, this.#byReference, separator)) this.#desk.charged(refused)
    if (total > this.#accepted.total) this.#accepted = { total, history, signature }
  }

  /** It will not be charged, or not be waited for. */
  #settle(entry: Entry.Entry, error: unknown): void {
    this.#broken = this.#hasEnded = true
    this.#remove(entry)
    for (const waiter of entry.waiters) waiter.reject(error)
  }

  #remove(entry: Entry.Entry): void {
    this.#fruitless = 0
    this.#entries.splice(this.#entries.indexOf(entry), 1)
    this.#byReference.delete(entry.reference)
  }
}
