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

/** Tells what came in what became of it. */
interface Asker {
  readonly answer: Promise<Answer>
  readonly resolve: (answer: Answer | Promise<Answer>) => void
  readonly refused: (error: Error) => void
}

/** A class, because one is made for every payment. */
class Arrived implements Arrival {
  readonly packed: Packed.Packed
  readonly answer: Promise<Answer>
  readonly line: string
  readonly start: bigint
  readonly total: bigint
  readonly #asker: Asker
  /** Where it stands while it is under way, and under which name. */
  readonly #among: Map<string, Leg>
  readonly #key: string

  constructor(packed: Packed.Packed, asker: Asker, among: Map<string, Leg>, key: string) {
    this.packed = packed
    this.answer = asker.answer
    this.line = Packed.lineKey(packed)
    this.total = Packed.total(packed)
    this.start = this.total - Packed.amount(packed)
    this.#asker = asker
    this.#among = among
    this.#key = key
    among.set(key, this)
  }
  resolve(answer: Answer): void {
    this.#among.delete(this.#key)
    this.#asker.resolve(answer)
  }
  reject(error: Error): void {
    this.#among.delete(this.#key)
    this.#asker.refused(error)
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
  const { commit, check } = options
  /** By id, and where another of the same signature says something else, by what they say as well. */
  const [underWay, beside] = [new Map<string, Leg>(), new Map<string, Leg>()]

  /** The same payment, where it is under way: whoever sends it again gets the same answer, a changed copy does not. */
  const running = (packed: Packed.Packed, id: string): Leg | undefined => {
    const one = underWay.get(id)
    if (one !== undefined && Packed.isSame(one.packed, packed)) return one
    return beside.size === 0 ? undefined : beside.get(id + Packed.contentKey(packed))
  }

  const arrive = (packed: Packed.Packed, isSigned: boolean, asker: Asker, run: Run): void => {
    const fault = faultOf(packed, isSigned)
    if (fault !== undefined) return asker.refused(fault)
    const id = Packed.idKey(packed)
    const same = running(packed, id)
    if (same !== undefined) return asker.resolve(same.answer)
    const isFirst = !underWay.has(id)
    run(
      isFirst
        ? new Arrived(packed, asker, underWay, id)
        : new Arrived(packed, asker, beside, id + Packed.contentKey(packed)),
    )
  }

  const once = (packed: Packed.Packed, run: Run): Promise<Answer> => {
    if (commit.failure !== undefined) return Promise.reject(commit.failure)
    let [resolve, reject] = [(_: Answer | Promise<Answer>): void => {}, (_: Error): void => {}]
    const answer = new Promise<Answer>((...both) => {
      ;[resolve, reject] = both
    })
    const refused = (error: Error): void => {
      options.onRefused((error as SunledgerError).code)
      reject(error)
    }
    check(packed, (isSigned) => arrive(packed, isSigned, { answer, resolve, refused }, run))
    return answer
  }

  return { once }
}
