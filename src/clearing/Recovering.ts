/**
 * The time in which a journal that has lost something is recovered: one exit window, in chain time. While it lasts, payments, withdrawals and
 * settlements are refused by name; receipts come in (`Receipts`), deposits and exits go on, since the chain takes them anyway. What an account
 * that leaves still owes, and is proved, is settled all the same: an exit must not escape it (I6).
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Ledger } from '../core/Ledger.ts'
import { PaymentRefusedError, type Refusal } from '../core/Payment.ts'
import type { Commit } from './Commit.ts'

export interface RecoveringOptions {
  readonly ledger: Ledger
  readonly commit: Pick<Commit, 'add'>
  /** Chain time. */
  readonly nowSeconds: () => bigint
}

export interface Recovering {
  /** Why nothing is accepted now; undefined: no recovery is under way. */
  refusal(): RecoveringError | undefined
  /** Ends it when its time has come; to be called now and then. */
  look(): Promise<void>
}

export const create = ({ ledger, commit, nowSeconds }: RecoveringOptions): Recovering => ({
  refusal() {
    const { recovery } = ledger
    if (recovery === undefined || recovery.isOver) return undefined
    return new RecoveringError(recovery.until, nowSeconds())
  },
  async look() {
    const { recovery } = ledger
    if (recovery === undefined || recovery.isOver || nowSeconds() < recovery.until) return
    await commit.add({ type: 'recoveryEnded' })
  },
})

interface Closing {
  readonly commit: Pick<Commit, 'failure'>
  readonly refusal?: () => Error | undefined
}

/** Where nothing is accepted, that is why, whatever else would be. */
export const closing = ({ commit, refusal }: Closing) => {
  const reason = (): Error | undefined => commit.failure ?? refusal?.()
  return {
    because: (why: Refusal): Error => reason() ?? new PaymentRefusedError(why),
    assertOpen(): void {
      const now = reason()
      if (now !== undefined) throw now
    },
  }
}

const longestPauseSeconds = 3600n

/** The service is taking back what its journal had lost. */
export class RecoveringError extends SunledgerError {
  override readonly name = 'RecoveringError'
  constructor(until: bigint, now: bigint) {
    const left = until > now ? until - now : 1n
    super('SL420', 'The service is recovering what its journal has lost, so nothing is accepted yet.', {
      expected: `chain time ${until}, in ${left} s`,
      hint: 'Bring your receipts (POST /v1/receipts), and send the very same payment again then.',
      status: 503,
      retryAfterSeconds: Number(left < longestPauseSeconds ? left : longestPauseSeconds),
    })
  }
}
