/** What a ledger holds. `Ledger` has the rules. */
import * as Account from './Account.ts'
import * as Accounts from './Accounts.ts'
import type * as Budget from './Budget.ts'
import * as Chronicle from './Chronicle.ts'
import type { Address } from './Payment.ts'
import type { ContradictedRecord } from './Record.ts'
import type { Recovery } from './RecoveryState.ts'

export interface Ledger {
  /** Keyed by asset + account. */
  readonly accounts: Accounts.Accounts
  /** Rows of the accounts for which a settlement would move something. */
  readonly unsettled: Set<number>
  /** By asset: what members are owed and the chain does not yet show. */
  readonly owed: Map<Address, bigint>
  /** By asset: all that has ever been paid. */
  readonly turnover: Map<Address, bigint>
  /** Budgets that owners have set; keyed as accounts are. */
  readonly budgets: Map<string, Budget.Standing>
  /** The day of chain time that payments count on; kept only once there are budgets. */
  day: number
  /** Listed assets, lower case. */
  readonly assets: Set<Address>
  /** The last block whose effects are in `settled`. */
  block: bigint
  /** Accepted payments; a sale counts as two. */
  payments: number
  /** The settlement key's next nonce: one more than the greatest that the journal names; undefined where it names none. */
  nextNonce: number | undefined
  /** Set once the journal has had to be recovered. */
  recovery: Recovery | undefined
  /** What has shown that the journal lacks something, since its last recovery. */
  contradiction: Contradiction | undefined
  readonly chronicle: Chronicle.Chronicle
}

export type Contradiction = Pick<ContradictedRecord, 'expected' | 'actual'>

export const create = (assets: readonly Address[] = []): Ledger => ({
  accounts: Accounts.create(),
  unsettled: new Set(),
  owed: new Map(),
  turnover: new Map(),
  budgets: new Map(),
  day: 0,
  assets: new Set(assets),
  block: 0n,
  payments: 0,
  nextNonce: undefined,
  recovery: undefined,
  contradiction: undefined,
  chronicle: Chronicle.create(),
})

export const key = (asset: Address, account: Address): string => asset + account.slice(2)

/** The account, or what an account is before anything happened to it. The ledger is not changed, and what is given does not change with it. */
export const account = (ledger: Ledger, asset: Address, holder: Address): Account.Account => {
  const row = ledger.accounts.named(asset, holder)
  return row === undefined ? Account.empty(asset, holder) : Accounts.toAccount(row)
}

/** The budget that an owner has set, if one did. */
export const budget = (ledger: Ledger, asset: Address, holder: Address): Budget.Standing | undefined =>
  ledger.budgets.size === 0 ? undefined : ledger.budgets.get(key(asset, holder))
