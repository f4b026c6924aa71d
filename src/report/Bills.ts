/**
 * Everybody's bill, from the journal alone: who paid whom how much for what class of things, what energy changed hands and at what price. Names and
 * strategies are the run's, and so is in whose market a sale was made; every amount is a sum of journaled payments.
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
  /** In whose market it was made, and its number there; undefined for a sale that the run does not know. */
  readonly slot: number | undefined
  readonly index: number | undefined
  /** Under which the journal has it. */
  readonly reference: string
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

/** Sales by reference. */
export type Sales = ReadonlyMap<string, { readonly slot: number; readonly index: number }>

/** By market and number there, whenever they came to stand in the journal; sales that the run does not know come last, by reference. */
const inOrder = (a: Trade, b: Trade): number =>
  (a.slot ?? Number.MAX_SAFE_INTEGER) - (b.slot ?? Number.MAX_SAFE_INTEGER) ||
  (a.index ?? 0) - (b.index ?? 0) ||
  (a.reference < b.reference ? -1 : 1)

/** @param sales of the run, by reference */
export const from = (
  journal: Journal,
  parties: readonly Party[],
  { dollar, energyCredit }: Assets,
  sales: Sales = new Map(),
): Bills => {
  const bills = new Map<string, Bill>()
  const trades: Trade[] = []
  for (const party of parties) {
    const sums = { deposited: 0n, payments: 0, boughtMilliWh: 0n, soldMilliWh: 0n, withdrawnMilliWh: 0n }
    bills.set(party.address, { ...party, ...sums, paid: new Map(), earned: new Map() })
  }
  const roleOf = (address: string) => bills.get(address)?.role ?? 'other'
  const nameOf = (address: string) => bills.get(address)?.name ?? address
  for (const { record } of journal.read()) {
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
      const { reference } = credits
      const { slot, index } = sales.get(reference) ?? { slot: undefined, index: undefined }
      trades.push({ slot, index, reference, seller, buyer, energyMilliWh: credits.amount, priceAtomic: dollars.amount })
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
  return { bills: [...bills.values()], trades: trades.sort(inOrder) }
}
