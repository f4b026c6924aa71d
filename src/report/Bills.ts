/**
 * Everybody's bill, from the journal alone: who paid whom how much for what class of things, what energy changed hands and at what price. Names and
 * strategies are the run's; every amount is a sum of journaled payments, and `trades` names each sale's position in the journal.
 */
import type { Address } from '../core/Payment.ts'
import * as Record from '../core/Record.ts'
import type { Journal } from '../store/Journal.ts'

/** A participant, as a run names it. */
export interface Party {
  readonly name: string
  readonly role: string
  readonly address: string
  /** How it trades energy; '' where it does not. */
  readonly strategy: string
}

/** What one participant paid and earned. Amounts in atomic dollars, energy in mWh. */
export interface Bill extends Party {
  deposited: bigint
  /** By the payee's role. */
  readonly paid: Map<string, bigint>
  /** By the payer's role. */
  readonly earned: Map<string, bigint>
  payments: number
  boughtMilliWh: bigint
  soldMilliWh: bigint
  /** Withdrawn to its wallet, to be retired. */
  withdrawnMilliWh: bigint
}

/** A sale of energy credits against dollars. */
export interface Trade {
  readonly position: number
  readonly seller: string
  readonly buyer: string
  readonly energyMilliWh: bigint
  readonly priceAtomic: bigint
}

export interface Bills {
  readonly bills: readonly Bill[]
  readonly trades: readonly Trade[]
}

export interface Assets {
  readonly dollar: Address
  readonly energyCredit: Address
}

const add = (sums: Map<string, bigint>, key: string, amount: bigint): void => {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}

export const total = (sums: ReadonlyMap<string, bigint>): bigint =>
  [...sums.values()].reduce((all, each) => all + each, 0n)

export const from = (journal: Journal, parties: readonly Party[], { dollar, energyCredit }: Assets): Bills => {
  const bills = new Map<string, Bill>()
  const trades: Trade[] = []
  for (const party of parties) {
    const sums = { deposited: 0n, payments: 0, boughtMilliWh: 0n, soldMilliWh: 0n, withdrawnMilliWh: 0n }
    bills.set(party.address, { ...party, ...sums, paid: new Map(), earned: new Map() })
  }
  const roleOf = (address: string) => bills.get(address)?.role ?? 'other'
  const nameOf = (address: string) => bills.get(address)?.name ?? address
  for (const { position, record } of journal.read()) {
    for (const { asset, payer, payee, amount } of Record.payments(record)) {
      const [from, to] = [bills.get(payer), bills.get(payee)]
      if (asset === dollar) {
        if (from !== undefined) {
          add(from.paid, roleOf(payee), amount)
          from.payments++
        }
        if (to !== undefined) add(to.earned, roleOf(payer), amount)
      } else if (asset === energyCredit) {
        if (from !== undefined) from.soldMilliWh += amount
        if (to !== undefined) to.boughtMilliWh += amount
      }
    }
    if (record.type === 'sale') {
      const [credits, dollars] = record.legs
      const [seller, buyer] = [nameOf(credits.payer), nameOf(credits.payee)]
      trades.push({ position, seller, buyer, energyMilliWh: credits.amount, priceAtomic: dollars.amount })
    }
    if (record.type !== 'chain') continue
    for (const [events, sign] of [
      [record.events, 1n],
      [record.undone?.events ?? [], -1n],
    ] as const)
      for (const { type, asset, account, amount } of events) {
        const bill = bills.get(account)
        if (bill === undefined) continue
        if (type === 'deposited' && asset === dollar) bill.deposited += sign * amount
        if (type === 'withdrawn' && asset === energyCredit) bill.withdrawnMilliWh += sign * amount
      }
  }
  return { bills: [...bills.values()], trades }
}

/**
 * Gini coefficient of holdings: 0 where all hold alike, towards 1 where one holds all. With holdings x in rising order,
 * G = 2 Σ i x_i / (n Σ x_i) − (n + 1) / n (Sen, On Economic Inequality).
 */
export const gini = (holdings: readonly bigint[]): number => {
  const sorted = [...holdings].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const [count, all] = [BigInt(sorted.length), sorted.reduce((sum, each) => sum + each, 0n)]
  if (all === 0n) return 0
  const weighted = sorted.reduce((sum, each, i) => sum + BigInt(i + 1) * each, 0n)
  return Number((2n * weighted * 1_000_000n) / (count * all) - ((count + 1n) * 1_000_000n) / count) / 1e6
}
