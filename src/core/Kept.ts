/** A ledger as it is kept in a snapshot: the memory of its accounts, and the rest as JSON. What it held comes back byte for byte (I12). */
import * as Accounts from './Accounts.ts'
import { cell } from './Accounts.ts'
import type * as Budget from './Budget.ts'
import * as Chronicle from './Chronicle.ts'
import * as Ledger from './Ledger.ts'
import * as Recovery from './Recovery.ts'

/** What a ledger holds beside its accounts, as values of JSON. */
export interface Rest {
  readonly block: string
  readonly payments: number
  readonly day: number
  /** null: the journal names no nonce of the settlement key. */
  readonly nextNonce: number | null
  readonly recovery?: Recovery.Kept
  readonly contradiction?: Ledger.Contradiction
  readonly chronicle: Chronicle.Kept
  readonly budgets: readonly { readonly [field: string]: string | number }[]
}

const numbers = ['sequence', 'perPayment', 'perDay', 'total', 'validUntil', 'paid'] as const

export const restOf = ({ recovery, contradiction, budgets, ...ledger }: Ledger.Ledger): Rest => ({
  block: `${ledger.block}`,
  payments: ledger.payments,
  day: ledger.day,
  nextNonce: ledger.nextNonce ?? null,
  ...(recovery === undefined ? {} : { recovery: Recovery.toKept(recovery) }),
  ...(contradiction === undefined ? {} : { contradiction }),
  chronicle: Chronicle.toKept(ledger.chronicle),
  budgets: [...budgets.values()].map(({ account, asset, day: on, ...rest }) => ({
    ...{ account, asset, day: on },
    ...Object.fromEntries(numbers.map((field) => [field, `${rest[field]}`])),
  })),
})

/**
 * Takes a ledger back from what was kept of it: its accounts and the rest. Which assets are listed is not kept.
 * @throws {TypeError} where it was kept without what is kept now; the ledger stays as it is
 */
export const restore = (ledger: Ledger.Ledger, rest: Rest, accounts: Accounts.Accounts): void => {
  const chronicle = Chronicle.fromKept(rest.chronicle)
  if (rest.nextNonce === undefined) throw new TypeError('it does not say which nonces were used')
  const recovery = rest.recovery === undefined ? undefined : Recovery.fromKept(rest.recovery)
  const { contradiction } = rest
  Object.assign(ledger, Ledger.create([...ledger.assets]), { accounts, chronicle, recovery, contradiction })
  for (const row of ledger.accounts.rows()) {
    Ledger.note(ledger, row)
    const asset = Accounts.assetOf(row)
    Ledger.turnOver(ledger, asset, Accounts.read(row, cell.creditTotal))
    Ledger.owe(ledger, asset, Ledger.owedTo(row))
  }
  ledger.block = BigInt(rest.block)
  ledger.payments = rest.payments
  ledger.day = rest.day
  ledger.nextNonce = rest.nextNonce ?? undefined
  for (const kept of rest.budgets) {
    const standing = { ...kept, ...Object.fromEntries(numbers.map((field) => [field, BigInt(kept[field] ?? 0)])) }
    const one = standing as unknown as Budget.Standing
    ledger.budgets.set(Ledger.key(one.asset, one.account), one)
  }
}
