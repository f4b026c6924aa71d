/**
 * How much a payee lets the operator owe it beyond what is settled on chain (`maxUnsettled`). What has been settled is read from the
 * service's view of the account, again and again while it matters: a settlement makes room by itself. Where there is no room, nothing is
 * offered, so that nobody pays for what would be refused.
 */
import { SunledgerError } from '../../core/Errors.ts'

/** The payee's line in the service's view. */
export interface Line {
  readonly credit: { readonly total: bigint }
  readonly unsettledCredit: bigint
}

export interface Risk {
  /** Whether so much more can be taken. @throws {RiskReachedError} */
  offer(amount: bigint): void | Promise<void>
  /** Whether a receipt can be taken that raises the payee's credit to this total. @throws {RiskReachedError} */
  take(total: bigint): void | Promise<void>
}

/** The view is read at most so often. */
const everyMs = 1_000

export const create = (most: bigint, lineOf: () => Promise<Line | undefined>): Risk => {
  let settled = 0n
  let credited = 0n
  let readAtMs = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  const read = (): Promise<void> => {
    reading ??= lineOf()
      .then((line) => {
        if (line === undefined) return
        const now = line.credit.total - line.unsettledCredit
        if (now > settled) settled = now
        if (line.credit.total > credited) credited = line.credit.total
      })
      .finally(() => {
        readAtMs = performance.now()
        reading = undefined
      })
    return reading
  }

  const isStale = (): boolean => performance.now() - readAtMs >= everyMs

  const check = (total: () => bigint): void | Promise<void> => {
    const owed = total() - settled
    if (owed <= most && readAtMs > 0) {
      // While there is room nobody waits, and it is looked whether there still is.
      if (2n * owed > most && isStale()) read().catch(() => {})
      return
    }
    return (isStale() ? read() : (reading ?? Promise.resolve())).then(() => {
      const actual = total() - settled
      if (actual > most) throw new RiskReachedError(most, actual)
    })
  }

  return {
    offer: (amount) => check(() => credited + amount),
    take(total) {
      if (total > credited) credited = total
      return check(() => total)
    },
  }
}

/** Nothing more is sold until the operator has settled what it owes. */
export class RiskReachedError extends SunledgerError {
  override readonly name = 'RiskReachedError'
  /** What became of a receipt that was handed in. */
  charge: 'refunded' | 'unused' | undefined
  constructor(most: bigint, actual: bigint) {
    super('SL636', 'Nothing more is sold until the clearing service has settled what it owes.', {
      expected: `at most ${most} atomic units unsettled`,
      actual: `${actual}`,
      hint: 'Nothing was taken. A receipt that was paid already is still good: send it again after the next settlement.',
      status: 503,
      retryAfterSeconds: 5,
    })
  }
}
