/**
 * Payments as they come in: who signed each is found out, what is wrong whatever the ledger says is refused, and one that is sent several times
 * at once runs once and answers all.
 */
import type { SunledgerError } from '../core/Errors.ts'
import * as Packed from '../core/Packed.ts'
import { PaymentRefusedError } from '../core/Payment.ts'
import type * as Digest from '../crypto/Digest.ts'
import * as PackedDigest from '../crypto/Packed.ts'
import type { Commit } from './Commit.ts'
import type { Place } from './Lines.ts'
import type { Answer, UnderWay } from './Purchases.ts'

/** A payment in its payer's line, and the answer that its sender waits for. */
export interface Leg extends Place, UnderWay {}

/**
 * Writes id and payer of a payment into it, and says whether its signature is one. May answer at once or later; in the order of the calls in
 * any case.
 */
export type Check = (payment: Packed.Packed, then: (isSigned: boolean) => void) => void

/** This thread finds out who signed. */
export const checkHere =
  (domain: Digest.Domain): Check =>
  (packed, then) =>
    then(PackedDigest.identify(domain, packed))

export interface ArrivalsOptions {
  readonly commit: Commit
  readonly check: Check
  readonly onRefused: (code: string) => void
}

/** A payment whose signer is known, and whoever waits for its answer. */
export interface Arrival extends Leg {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/** What is done with it. */
export type Run = (arrival: Arrival) => void

export interface Arrivals {
  /** Runs once for each payment however often it is sent at the same time. */
  once(packed: Packed.Packed, run: Run): Promise<Answer>
}

/** A class, because one is made for every payment. */
class Arrived implements Arrival {
  readonly packed: Packed.Packed
  readonly answer: Promise<Answer>
  line = ''
  purchase = ''
  total = 0n
  start = 0n
  #settle: ((answer: Answer | Promise<Answer>) => void) | undefined
  #refuse: ((error: Error) => void) | undefined
  /** Where it stands while it is under way, and under which name. */
  #among: Map<string, Leg> | undefined
  #key = ''
  readonly #onRefused: (code: string) => void

  constructor(packed: Packed.Packed, onRefused: (code: string) => void) {
    this.packed = packed
    this.#onRefused = onRefused
    this.answer = new Promise((settle, refuse) => {
      this.#settle = settle
      this.#refuse = refuse
    })
  }
  /** Its signer is known now, and with it its place. */
  enter(among: Map<string, Leg>, key: string): void {
    const { packed } = this
    const name = Packed.purchaseKey(packed)
    this.line = Packed.lineOf(name)
    this.purchase = Packed.isPurchase(packed) ? name : ''
    this.total = Packed.total(packed)
    this.start = this.total - Packed.amount(packed)
    this.#among = among
    this.#key = key
    among.set(key, this)
  }
  resolve(answer: Answer | Promise<Answer>): void {
    this.#among?.delete(this.#key)
    this.#settle?.(answer)
  }
  reject(error: Error): void {
    this.#among?.delete(this.#key)
    this.#onRefused((error as SunledgerError).code)
    this.#refuse?.(error)
  }
}

/** What is wrong with a payment whatever the ledger says; undefined where nothing is. */
const faultOf = (packed: Packed.Packed, isSigned: boolean): Error | undefined => {
  if (!isSigned) return new PaymentRefusedError('badSignature')
  if (Packed.amount(packed) > Packed.total(packed))
    return new PaymentRefusedError('wrongHistory', { expected: 'a total of at least the amount' })
  return undefined
}

export const create = (options: ArrivalsOptions): Arrivals => {
  const { commit, check, onRefused } = options
  /** By id, and where another of the same signature says something else, by what they say as well. */
  const [underWay, beside] = [new Map<string, Leg>(), new Map<string, Leg>()]

  /** The same payment, where it is under way: whoever sends it again gets the same answer, a changed copy does not. */
  const running = (packed: Packed.Packed, id: string): Leg | undefined => {
    const one = underWay.get(id)
    if (one !== undefined && Packed.isSame(one.packed, packed)) return one
    return beside.size === 0 ? undefined : beside.get(id + Packed.contentKey(packed))
  }

  const arrive = (arrived: Arrived, isSigned: boolean, run: Run): void => {
    const { packed } = arrived
    const fault = faultOf(packed, isSigned)
    if (fault !== undefined) return arrived.reject(fault)
    const id = Packed.idKey(packed)
    const same = running(packed, id)
    if (same !== undefined) return arrived.resolve(same.answer)
    if (!underWay.has(id)) arrived.enter(underWay, id)
    else arrived.enter(beside, id + Packed.contentKey(packed))
    run(arrived)
  }

  const once = (packed: Packed.Packed, run: Run): Promise<Answer> => {
    if (commit.failure !== undefined) return Promise.reject(commit.failure)
    const arrived = new Arrived(packed, onRefused)
    check(packed, (isSigned) => arrive(arrived, isSigned, run))
    return arrived.answer
  }

  return { once }
}
