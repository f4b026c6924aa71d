/**
 * What the service can say of itself beyond its status, for pages and metrics: what has been paid in all, what settling cost so far, and what
 * money stands behind what is unsettled. A view only: counted from the ledger and the journal's chain records, or read from the chain.
 */
import type { Deployment } from '../chain/Deployment.ts'
import * as House from '../chain/House.ts'
import * as Account from '../core/Account.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { Record, Settlement } from '../core/Record.ts'
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
  /** The ledger has been taken from a snapshot: what was settled before it is not counted here. */
  restored(): void
  /** Told of every record of the journal that is no payment, also at the start. */
  observe(record: Record): void
  /** Dollars paid in all payments so far, atomic. */
  valueAtomic(): bigint
  settled(): { readonly totals: SettledTotals; readonly recent: readonly SettlementView[] }
  /** What these accounts hold, in the order asked. */
  balances(accounts: readonly Address[]): readonly Balance[]
  /** Undefined until the chain has been asked for the first time. */
  funds(): Funds | undefined
}

type Base = Pick<Parts, 'client' | 'ledger' | 'house' | 'sender'>

const mostRecent = 500
/** The chain is asked at most this often. */
const lookEveryMs = 1000

const read = async (base: Base, dollar: Address, reserved: ReadonlySet<Address>): Promise<Funds> => {
  const { client, house, sender } = base
  const blockNumber = await client.getBlockNumber()
  const [{ held, pool }, reserves, operatorWei] = await Promise.all([
    House.holdings(client, house, dollar, blockNumber),
    House.reserves(client, house, dollar, [...reserved], blockNumber),
    client.getBalance({ address: sender.address, blockNumber }),
  ])
  const reservesAtomic = reserves.reduce((sum, each) => sum + each, 0n)
  return { heldAtomic: held, poolAtomic: pool, reservesAtomic, operatorWei }
}

export const create = (base: Base, deployment: Deployment): Insight => {
  const { ledger } = base
  const dollar = deployment.dollar.asset
  const energyCredit = deployment.energyCredit.asset
  const recent: SettlementView[] = []
  const reserved = new Set<Address>()
  let totals: SettledTotals = { transactions: 0, gasUsed: 0n, members: 0, payments: 0 }
  let funds: Funds | undefined
  let lookedMs = Number.NEGATIVE_INFINITY
  let settledValue = 0n

  const valueAtomic = (): bigint => ledger.turnover.get(dollar) ?? 0n

  const look = (): void => {
    if (performance.now() - lookedMs < lookEveryMs) return
    lookedMs = performance.now()
    read(base, dollar, reserved).then(
      (found) => {
        funds = found
      },
      // The chain is out of reach: what was last seen stays shown.
      () => {},
    )
  }

  const note = (settlements: readonly Settlement[], atMs: number): void => {
    settlements.forEach((settlement, i) => {
      const payments = i === 0 ? ledger.payments - totals.payments : 0
      recent.push({ ...settlement, atMs, payments, valueAtomic: valueAtomic() - settledValue })
      settledValue = valueAtomic()
      totals = {
        transactions: totals.transactions + 1,
        gasUsed: totals.gasUsed + settlement.gasUsed,
        members: totals.members + settlement.members,
        payments: ledger.payments,
      }
    })
    if (recent.length > mostRecent) recent.splice(0, recent.length - mostRecent)
  }

  return {
    restored() {
      totals = { ...totals, payments: ledger.payments }
      settledValue = valueAtomic()
    },
    observe(record) {
      if (record.type !== 'chain') return
      for (const event of record.events) if (event.type === 'reserved') reserved.add(event.account)
      note(record.settlements, record.atMs)
    },
    valueAtomic,
    settled: () => ({ totals, recent }),
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
