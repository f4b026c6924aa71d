/**
 * Payments as they come in: who signed each is found out, what is wrong whatever the ledger says is refused, and one that is sent several times
 * at once runs once and answers all.
 */
import type { SunledgerError } from '../core/Errors.ts'
import * as Packed from '../core/Packed.ts'
import type { Address } from '../core/Payment.ts'
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
  /** All that the payer has ever paid, accepted. */
  readonly paidBy: (leg: Leg) => bigint
  readonly admit?: ((payer: Address) => void) | undefined
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
  const { commit, check, paidBy } = options
  /** By id: the same payment again gets the same answer, a changed copy does not. */
  const underWay = new Map<string, Leg>()

  /** Only what its payer alone can have sent counts: anybody may hold debits that were accepted, and could use up the payer's rate. */
  const admit = (leg: Leg): void => {
    if (options.admit !== undefined && leg.total > paidBy(leg)) options.admit(Packed.payer(leg.packed))
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
      const key = Packed.idKey(packed)
      const running = underWay.get(key)
      if (running !== undefined && Packed.isSame(running.packed, packed)) return resolve(running.answer)
      const leg = legOf(packed, answer)
      try {
        admit(leg)
      } catch (error) {
        return refused(error as Error)
      }
      if (running === undefined) underWay.set(key, leg)
      const done = (): void => {
        if (underWay.get(key) === leg) underWay.delete(key)
      }
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
