/**
 * Counts what happened in a run from its journal alone: payments, their value, when each was settled, what settling cost. Nothing here is
 * told by whoever made the payments, so anyone with the journal gets the same figures (I13).
 */
import * as Account from '../core/Account.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { ChainEvent, ChainRecord, PaymentRecord, Settlement } from '../core/Record.ts'
import * as Record from '../core/Record.ts'
import type { Journal } from '../store/Journal.ts'

export interface Tally {
  /** The ledger after the last record. */
  readonly ledger: Ledger.Ledger
  /** A sale counts as two. */
  readonly accepted: number
  /** Payments whose payer had paid under the same reference before. */
  readonly repeated: number
  /** Of every accepted payment. */
  readonly ids: ReadonlySet<Hex>
  /** Payments whose debit and credit are both on chain. */
  readonly settled: number
  /** From accepted to settled, milliseconds of wall clock, one each settled payment. */
  readonly settledMs: readonly number[]
  /** Sum of all payments in the stablecoin, atomic. */
  readonly valueAtomic: bigint
  /** Payments in the stablecoin. */
  readonly dollarPayments: number
  /** The stablecoin. */
  readonly dollar: Address
  /** What an account holds of it at the end, atomic. */
  readonly held: (account: string) => bigint
  readonly settlements: readonly Settlement[]
  /** Deposits, withdrawals and the like: how many, and their sum, by asset. */
  readonly flows: ReadonlyMap<string, { count: number; amount: bigint }>
  /** Transactions that moved money in or out. */
  readonly flowTransactions: ReadonlySet<Hex>
}

interface Waiting {
  readonly atMs: number
  /** Of its two sides, how many are not yet on chain. */
  sides: number
}

interface Side {
  readonly total: bigint
  readonly payment: Waiting
}

type Sides = Map<string, Side[]>

const push = (sides: Sides, key: string, side: Side): void => {
  const list = sides.get(key)
  if (list === undefined) sides.set(key, [side])
  else list.push(side)
}

/** Takes off everything that a settled total covers; totals stand in rising order. */
const cover = (sides: Sides, key: string, total: bigint, settle: (payment: Waiting) => void): void => {
  const list = sides.get(key)
  if (list === undefined) return
  let covered = 0
  for (; covered < list.length && (list[covered] as Side).total <= total; covered++) {
    const { payment } = list[covered] as Side
    payment.sides--
    if (payment.sides === 0) settle(payment)
  }
  if (covered === list.length) sides.delete(key)
  else if (covered > 0) list.splice(0, covered)
}

/** @param dollar the stablecoin */
export const tally = (journal: Journal, assets: readonly Address[], dollar: Address): Tally => {
  const ledger = Ledger.create(assets)
  const [debits, credits]: [Sides, Sides] = [new Map(), new Map()]
  const settledMs: number[] = []
  const settlements: Settlement[] = []
  const flows = new Map<string, { count: number; amount: bigint }>()
  const flowTransactions = new Set<Hex>()
  const ids = new Set<Hex>()
  const references = new Set<string>()
  let [accepted, valueAtomic, dollarPayments] = [0, 0n, 0]

  const pay = (payment: PaymentRecord): void => {
    accepted++
    ids.add(payment.id)
    references.add(payment.asset + payment.payer + payment.reference)
    if (payment.asset === dollar) {
      valueAtomic += payment.amount
      dollarPayments++
    }
    const waiting: Waiting = { atMs: payment.atMs, sides: 2 }
    push(debits, payment.asset + payment.payer, { total: payment.total, payment: waiting })
    push(credits, payment.asset + payment.payee, { total: payment.creditTotal, payment: waiting })
  }

  const count = ({ type, asset, amount }: ChainEvent, times: 1 | -1): void => {
    const key = `${type} ${asset}`
    const flow = flows.get(key) ?? { count: 0, amount: 0n }
    flows.set(key, { count: flow.count + times, amount: flow.amount + BigInt(times) * amount })
  }

  const observe = (record: ChainRecord): void => {
    const settle = ({ atMs }: Waiting) => settledMs.push(record.atMs - atMs)
    for (const slot of record.slots) {
      cover(debits, slot.asset + slot.account, slot.debited, settle)
      cover(credits, slot.asset + slot.account, slot.credited, settle)
    }
    for (const transaction of record.undone?.settlements ?? []) {
      const gone = settlements.findLastIndex((settlement) => settlement.transaction === transaction)
      if (gone >= 0) settlements.splice(gone, 1)
    }
    for (const event of record.undone?.events ?? []) {
      count(event, -1)
      flowTransactions.delete(event.transaction)
    }
    settlements.push(...record.settlements)
    for (const event of record.events) {
      count(event, 1)
      flowTransactions.add(event.transaction)
    }
  }

  for (const { record } of journal.read()) {
    Ledger.apply(ledger, record)
    for (const payment of Record.payments(record)) pay(payment)
    if (record.type === 'chain') observe(record)
  }
  return {
    ledger,
    accepted,
    ids,
    repeated: accepted - references.size,
    settled: settledMs.length,
    settledMs,
    valueAtomic,
    dollarPayments,
    dollar,
    held: (account) => Account.position(Ledger.account(ledger, dollar, account as Address)),
    settlements,
    flows,
    flowTransactions,
  }
}
