/** What a robot holds, for programs in atomic units and for people as decimal text. */
import * as Amount from '../core/Amount.ts'
import type { Address } from '../core/Payment.ts'
import type { AccountView } from '../core/Wire.ts'
import type { Token } from './Deployment.ts'
import * as Json from './Json.ts'

/** What an account holds in one asset; atomic units. `available` = settled + unsettledCredit − unsettledDebit − pending withdrawals. */
export interface Balance {
  readonly asset: Address
  readonly symbol: string
  readonly available: bigint
  /** On chain. */
  readonly settled: bigint
  readonly unsettledDebit: bigint
  readonly unsettledCredit: bigint
  /** The same as decimal text in whole units. */
  readonly text: { readonly [field in 'available' | 'settled' | 'unsettledDebit' | 'unsettledCredit']: string }
}

/** Zero throughout where nothing ever happened in that asset. */
export const of = (view: AccountView, token: Token): Balance => {
  const line = view.assets.find(({ asset }) => asset === token.asset)
  const atomic = {
    available: line?.available ?? 0n,
    settled: line?.balance ?? 0n,
    unsettledDebit: line?.unsettledDebit ?? 0n,
    unsettledCredit: line?.unsettledCredit ?? 0n,
  }
  const text = Object.fromEntries(
    Object.entries(atomic).map(([field, value]) => [field, Amount.format(value, token.decimals)]),
  ) as Balance['text']
  return Json.readable({ asset: token.asset, symbol: token.symbol, ...atomic, text })
}
