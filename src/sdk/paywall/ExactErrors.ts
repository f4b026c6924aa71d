/** What can be wrong with an authorization that a paywall is paid by. */
import { SunledgerError } from '../../core/Errors.ts'

/** An authorization is not good, or could not be settled. */
export class ExactRefusedError extends SunledgerError {
  override readonly name = 'ExactRefusedError'
  constructor(reason: string, message?: string) {
    super('SL665', 'The authorization cannot be settled, so nothing was served for it.', {
      expected: 'an EIP-3009 authorization that the token takes, used once',
      actual: message === undefined ? reason : `${reason}: ${message}`,
      hint: 'Sign a new one over what PAYMENT-REQUIRED asks.',
      status: 402,
    })
  }
}

/** Whether an authorization has been settled is not known. */
export class SettlementUnknownError extends SunledgerError {
  override readonly name = 'SettlementUnknownError'
  constructor(what: string) {
    super('SL669', 'Whether the authorization has been settled is not known yet.', {
      expected: 'an answer of the facilitator that says so',
      actual: what.slice(0, 200),
      hint: 'Do not sign another: send the same request with the same payment again. It is charged once, and answered then.',
      status: 503,
      retryAfterSeconds: 2,
    })
  }
}

/** An answer cannot be held until its payment is where it belongs. */
export class AnswerNotHeldError extends SunledgerError {
  override readonly name = 'AnswerNotHeldError'
  constructor() {
    super('SL634', 'The answer is too large to be held until its payment is settled.', {
      expected: 'room for it in the paywall’s `memory.mostFileBytes`',
      hint: 'Sell large answers for receipts (`clearing`), which pass as they are written.',
      status: 500,
    })
  }
}
