/**
 * What a service says of an account's own debit, and whether to believe it. A payer signs on top of a total only if its own key signed
 * that total before: a broken or malicious service can thus not have it sign any state that it likes (PROTOCOL 4).
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'
import { debitGenesis } from '../core/Payment.ts'
import type { AccountView } from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Debit } from './Keep.ts'

/** Before an account's first payment in an asset. */
export const none = (account: Address): Debit => ({ total: 0n, history: debitGenesis(account), signature: '0x' })

/**
 * The last accepted debit of an account in an asset.
 * @throws {StateNotOwnError} the account's own key has not signed it
 */
export const debitOf = (view: AccountView, asset: Address, domain: Digest.Domain): Debit => {
  const debit = view.assets.find((line) => line.asset === asset)?.debit
  const start = none(view.account)
  if (debit === undefined || (debit.total === 0n && debit.history === start.history)) return start
  const digest = Digest.debit(domain, asset, debit.total, debit.history)
  const signer = Signature.recover(digest, debit.signature)
  if (signer !== view.account) throw new StateNotOwnError(view.account, signer)
  return debit
}

/** The later of what the service says and what was kept. @throws {StateRegressedError} the service is behind what it has answered */
export const latest = (claimed: Debit, kept: Debit): Debit => {
  if (claimed.total < kept.total) throw new StateRegressedError(kept.total, claimed.total)
  return claimed
}

/** The service claims a debit that this account's key has not signed. Nothing is signed on top of it. */
export class StateNotOwnError extends SunledgerError {
  override readonly name = 'StateNotOwnError'
  constructor(expected: Address, actual: Address | undefined) {
    super('SL645', 'The service claims a debit that this account has not signed.', {
      expected: `a signature by ${expected}`,
      actual: actual ?? 'no signature of anybody',
      hint: 'Nothing has been signed on top of it. Is it the right service, with its whole journal?',
      status: 502,
    })
  }
}

/** The service has forgotten a payment that it accepted. */
export class StateRegressedError extends SunledgerError {
  override readonly name = 'StateRegressedError'
  constructor(expected: bigint, actual: bigint) {
    super('SL646', 'The service is behind what it has already accepted from this account.', {
      expected: `a debit total of at least ${expected}`,
      actual: `${actual}`,
      hint: 'Was it restored from an old copy of its journal? The receipts that you have prove the rest.',
      status: 502,
    })
  }
}
