/**
 * What a service says of an account's own debit, and whether to believe it. A payer signs on top of a total only if its own key signed
 * that total before (PROTOCOL 4), and only if it is the one that it knows to be accepted or comes with its receipt: the account has also
 * signed what was refused or never answered, and on top of that a service could have it sign sums that nobody asked for (I21).
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, Receipt } from '../core/Payment.ts'
import { debitGenesis } from '../core/Payment.ts'
import type { AccountView } from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import { type Debit, KeepInvalidError, type Kept } from './Keep.ts'

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
  const isSignature = /^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{256})$/.test(debit.signature)
  const signer = isSignature ? Signature.recover(digest, debit.signature) : undefined
  if (signer !== view.account) throw new StateNotOwnError(view.account, signer)
  return debit
}

/**
 * Checks what was kept: payments continue from it, so it has to be this account's own work.
 * @throws {KeepInvalidError}
 */
export const checkKept = (parts: readonly Kept[], account: Address, domain: Digest.Domain): void => {
  const isOwn = (asset: Address, { total, history, signature }: Debit): boolean =>
    Signature.recover(Digest.debit(domain, asset, total, history), signature) === account
  for (const { asset, accepted, unanswered } of parts) {
    const start = none(account)
    const isStart = accepted.total === 0n && accepted.history === start.history
    for (const debit of [...(isStart ? [] : [accepted]), ...unanswered.map(({ payment }) => payment)])
      if (!isOwn(asset, debit))
        throw new KeepInvalidError('of this robot', `debits signed by ${account}`, `one of ${debit.total}`)
  }
}

/** What it takes to believe a claim. */
export interface Check {
  readonly asset: Address
  readonly domain: Digest.Domain
  /** What is known to be accepted. */
  readonly known: Debit
  /** The receipt of a payment, checked to be this account's own. */
  readonly receipt: (id: Hex) => Promise<Receipt>
}

/**
 * The debit to continue from: the known one, or the service's where a receipt proves it.
 * @throws {StateRegressedError} the service is behind what it has answered
 * @throws {StateUnprovedError} it gives no receipt for what it claims
 */
export const proved = async (claimed: Debit, { asset, domain, known, receipt }: Check): Promise<Debit> => {
  if (claimed.total === known.total && claimed.history === known.history) return known
  if (claimed.total <= known.total) throw new StateRegressedError(known.total, claimed.total)
  const id = Digest.debit(domain, asset, claimed.total, claimed.history)
  try {
    const { payment } = await receipt(id)
    if (payment.id !== id) throw new StateUnprovedError(claimed.total, `the receipt of ${payment.id}`)
  } catch (error) {
    if (!(error instanceof SunledgerError) || error.code === 'SL640') throw error
    throw new StateUnprovedError(claimed.total, error.shortMessage, error)
  }
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

/** The service claims that a debit was accepted, and gives no receipt for it. Nothing is signed on top of it. */
export class StateUnprovedError extends SunledgerError {
  override readonly name = 'StateUnprovedError'
  constructor(total: bigint, actual: string, cause?: unknown) {
    super('SL682', 'The service claims a debit of this account and gives no receipt for it.', {
      expected: `the receipt of the payment with the total ${total}`,
      actual,
      hint: 'Nothing has been signed on top of it. Is it the right service, with its whole journal?',
      status: 502,
      cause,
    })
  }
}

/** Whether the service has less of this account than it has answered. */
export const isLost = (error: unknown): boolean =>
  error instanceof StateRegressedError || error instanceof StateNotOwnError

/** The service has forgotten a payment that it accepted. */
export class StateRegressedError extends SunledgerError {
  override readonly name = 'StateRegressedError'
  constructor(expected: bigint, actual: bigint) {
    super('SL646', 'The service is behind what it has already accepted from this account.', {
      expected: `the debit with the total ${expected}, or a later one`,
      actual: `${actual}`,
      hint: 'Was it restored from an old copy of its journal? The receipts that are kept were brought to it (POST /v1/receipts). On a local chain that has begun anew, delete the robot’s keep file ($XDG_STATE_HOME/sunledger).',
      status: 502,
    })
  }
}
