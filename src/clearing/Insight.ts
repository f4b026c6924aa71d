/**
 * What the service can say of itself beyond its status, for pages and metrics: what has been paid in all, what settling cost so far, and what
 * money stands behind what is unsettled. A view only: counted from the ledger and the journal's chain records, or read from the chain.
 */
import type { Deployment } from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import * as Account from '../core/Account.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { Settlement } from '../core/Record.ts'
import type { Parts } from './Wiring.ts'

/** Settlements so far. */
export interface SettledTotals {
  readonly transactions: number
  readonly gasUsed: bigint
  /** Accounts settled, over all of them. */
  readonly members: number
  /** Payments accepted until the last of them. */
  readonly payments: number
}

/** A settlement, with what was accepted since the one before. */
export interface SettlementView extends Settlement {
  readonly atMs: number
  readonly payments: number
  /** Dollars paid since the one before, atomic. */
  readonly valueAtomic: bigint
}

/** Dollars behind what is unsettled, atomic, as of the last look at the chain. */
export interface Funds {
  /** Held by the clearing house, for everybody. */
  readonly heldAtomic: bigint
  /** The operator's, debits flow in and credits out. */
  readonly poolAtomic: bigint
  /** Set aside for payees. */
  readonly reservesAtomic: bigint
  /** What the settlement key has left to pay for gas, wei. */
  readonly operatorWei: bigint
}

/** What an account can spend now, and what it has earned and paid in its life. */
export interface Balance {
  readonly availableAtomic: bigint
  readonly earnedAtomic: bigint
  readonly paidAtomic: bigint
  readonly creditsMilliWh: bigint
}

export interface Insight {
  /** Dollars paid in all payments so far, atomic. */
  valueAtomic(): bigint
  settled(): { readonly totals: SettledTotals; readonly recent: readonly SettlementView[] }
  /** What these accounts hold, in the order asked. */
  balances(accounts: readonly Address[]): readonly Balance[]
  /** Undefined until the chain has been asked for the first time. */
  funds(): Funds | undefined
}

type Base = Pick<Parts, 'client' | 'ledger' | 'house' | 'sender'>

/** The chain is asked at most this often. */
const lookEveryMs = 1000

const read = async (base: Base, dollar: Address): Promise<Funds> => {
  const { client, house, sender, ledger } = base
  const blockNumber = await client.getBlockNumber()
  const [{ held, pool }, reservesAtomic, operatorWei] = await Promise.all([
    House.holdings(client, house, dollar, blockNumber),
    House.reserved(client, house, dollar, ledger.chronicle.reserved.get(dollar), blockNumber),
    client.getBalance({ address: sender.address, blockNumber }),
  ])
  return { heldAtomic: held, poolAtomic: pool, reservesAtomic, operatorWei }
}

export const create = (base: Base, deployment: Deployment): Insight => {
  const { ledger } = base
  const dollar = deployment.dollar.asset
  const energyCredit = deployment.energyCredit.asset
  let funds: Funds | undefined
  let lookedMs = Number.NEGATIVE_INFINITY

  const valueAtomic = (): bigint => ledger.turnover.get(dollar) ?? 0n

  const look = (): void => {
    if (performance.now() - lookedMs < lookEveryMs) return
    lookedMs = performance.now()
    read(base, dollar).then(
      (found) => {
        funds = found
      },
      // The chain is out of reach: what was last seen stays shown.
      () => {},
    )
  }

  /** Each with what was paid since the one before it. */
  const recent = (): SettlementView[] => {
    const { chronicle } = ledger
    let [payments, value] = [chronicle.before.payments, chronicle.before.turnover.get(dollar) ?? 0n]
    return chronicle.recent.map(({ payments: until, turnover, ...settlement }) => {
      const paid = turnover.get(dollar) ?? 0n
      const view = { ...settlement, payments: until - payments, valueAtomic: paid - value }
      ;[payments, value] = [until, paid]
      return view
    })
  }

  const totals = (): SettledTotals => {
    const { transactions, gasUsed, members, recent: known, before } = ledger.chronicle
    return { transactions, gasUsed, members, payments: (known.at(-1) ?? before).payments }
  }

  return {
    valueAtomic,
    settled: () => ({ totals: totals(), recent: recent() }),
    balances: (accounts) =>
      accounts.map((holder) => {
        const dollars = Ledger.account(ledger, dollar, holder)
        return {
          availableAtomic: Account.available(dollars),
          earnedAtomic: dollars.creditTotal,
          paidAtomic: dollars.debitTotal,
          creditsMilliWh: Account.available(Ledger.account(ledger, energyCredit, holder)),
        }
      }),
    funds() {
      look()
      return funds
    },
  }
}
