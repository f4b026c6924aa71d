/**
 * Budgets come in: signed by the account's bound owner, as the chain says who that is, and journaled before they are answered. Enforcing
 * them is the ledger's (`Ledger.check`).
 */
import type { Client } from '../chain/Client.ts'
import * as House from '../chain/House.ts'
import * as Budget from '../core/Budget.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type * as Wire from '../core/Wire.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Commit } from './Commit.ts'

export interface BudgetsOptions {
  readonly client: Client
  readonly house: Address
  readonly ledger: Ledger.Ledger
  readonly commit: Commit
  readonly domain: Digest.Domain
  /** Chain time. */
  readonly nowSeconds: () => bigint
}

export interface Budgets {
  /** Resolves when it is on disk; it holds from then on. The same budget again has the same answer. @throws {BudgetRefusedError} */
  setBudget(request: Wire.BudgetRequest): Promise<Wire.BudgetView>
}

/** A budget as accounts show it; undefined where none was set. */
export const viewOf = (
  ledger: Ledger.Ledger,
  asset: Address,
  account: Address,
  nowSeconds: bigint,
): Wire.BudgetView | undefined => {
  const standing = Ledger.budget(ledger, asset, account)
  if (standing === undefined) return undefined
  const { sequence, perPayment, perDay, total, validUntil } = standing
  const paidToday = Budget.paidOn(standing, Ledger.today(ledger, nowSeconds))
  return { sequence, perPayment, perDay, total, validUntil, paidToday }
}

const zeroAddress: Address = `0x${'0'.repeat(40)}`
const fields = ['sequence', 'perPayment', 'perDay', 'total', 'validUntil'] as const

export const create = ({ client, house, ledger, commit, domain, nowSeconds }: BudgetsOptions): Budgets => {
  const check = (request: Wire.BudgetRequest, owner: Address): 'new' | 'same' => {
    if (!ledger.assets.has(request.asset))
      throw new BudgetRefusedError('a listed asset', 'one of GET /v1/status', request.asset)
    if (owner === zeroAddress)
      throw new BudgetRefusedError('an account with a bound owner', 'POST /v1/owners first', 'no owner')
    const signer = Signature.recover(Digest.budget(domain, request), Signature.compact(request.signature))
    if (signer !== owner)
      throw new BudgetRefusedError('the signature of the account’s owner', owner, signer ?? 'nobody’s')
    const standing = Ledger.budget(ledger, request.asset, request.account)
    if (standing !== undefined && fields.every((field) => standing[field] === request[field])) return 'same'
    const next = (standing?.sequence ?? 0n) + 1n
    if (request.sequence < next)
      throw new BudgetRefusedError('a sequence above the last one', `at least ${next}`, `${request.sequence}`)
    const now = nowSeconds()
    if (request.validUntil < now)
      throw new BudgetRefusedError('a validUntil that lies ahead', `at least ${now}`, `${request.validUntil}`)
    return 'new'
  }
  return {
    async setBudget(request) {
      const { owner } = await House.nonces(client, house, [], request.account)
      if (check(request, owner) === 'new')
        await commit.add({ type: 'budget', ...request, owner, signature: Signature.compact(request.signature) })
      // The same budget may be under way to the disk for somebody else.
      return commit.quiet(() => {
        if (commit.failure !== undefined) throw commit.failure
        return viewOf(ledger, request.asset, request.account, nowSeconds()) as Wire.BudgetView
      })
    },
  }
}

/** A budget was refused; the one before it, if any, still holds. */
export class BudgetRefusedError extends SunledgerError {
  override readonly name = 'BudgetRefusedError'
  constructor(what: string, expected: string, actual: string) {
    super('SL629', `A budget needs ${what}.`, {
      expected,
      actual,
      hint: 'GET /v1/accounts/:address has the owner, and the present budget with its sequence.',
      status: 409,
    })
  }
}
