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

/** What is done with a payment whose signer is known. */
export type Run = (leg: Leg, resolve: (answer: Answer) => void, reject: (error: Error) => void) => void

export interface Arrivals {
  /** Runs once for each payment however often it is sent at the same time. */
  once(packed: Packed.Packed, run: Run): Promise<Answer>
}

const legOf = (packed: Packed.Packed, answer: Promise<Answer>): Leg => {
  const total = Packed.total(packed)
  return { packed, answer, line: Packed.lineKey(packed), start: total - Packed.amount(packed), total }
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

  /** @returns what ends it */
  const begin = (leg: Leg, id: string): (() => void) => {
    if (!underWay.has(id)) {
      underWay.set(id, leg)
      return () => underWay.delete(id)
    }
    const key = id + Packed.contentKey(leg.packed)
    beside.set(key, leg)
    return () => beside.delete(key)
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
    check(packed, (isSigned) => {
      const fault = faultOf(packed, isSigned)
      if (fault !== undefined) return refused(fault)
      const id = Packed.idKey(packed)
      const same = running(packed, id)
      if (same !== undefined) return resolve(same.answer)
      const leg = legOf(packed, answer)
      const done = begin(leg, id)
      run(
        leg,
        (found) => {
          done()
          resolve(found)
        },
        (error) => {
          done()
          refused(error)
        },
      )
    })
    return answer
  }

  return { once }
}
