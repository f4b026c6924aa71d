/**
 * What waiting saves and what it exposes: recorded payments are settled at the end of each interval, for several intervals. What a settlement
 * takes is computed from what its parts took on the chain in this run; what is owed in the meantime is summed up payment by payment.
 */
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'
import type { Payment } from './Workload.ts'

/** What a settlement and each member in it add, measured (Measure.marginal). */
export interface Marginal {
  readonly base: Networks.Transaction
  readonly debit: Networks.Transaction
  readonly both: Networks.Transaction
  readonly credit: Networks.Transaction
}

export interface Interval {
  readonly seconds: number
  readonly settlements: number
  /** Members over all settlements. */
  readonly members: number
  readonly gasPerPayment: number
  readonly costs: readonly { readonly network: string; readonly usdPerPayment: number; readonly usdPerHour: number }[]
  /** Accepted and not yet settled, over all payees, dollars. */
  readonly exposure: { readonly meanUsd: number; readonly mostUsd: number }
  /** What a reserve for each payee would have to hold so that it never waited unsecured: its own most, summed over payees. */
  readonly reservesUsd: number
}

export const choices = [1, 5, 15, 60, 300, 900, 3600] as const

const dollars = (atomic: bigint): number => Number(atomic) / 1e6

interface Exposure {
  readonly areaAtomicMs: bigint
  readonly most: bigint
  readonly reserves: bigint
}

interface Window {
  readonly endMs: number
  readonly payments: readonly Payment[]
}

/** Payments by the settlement that carries them; times rise. */
const windows = (payments: readonly Payment[], intervalMs: number): Window[] => {
  const made: { endMs: number; payments: Payment[] }[] = []
  for (const payment of payments) {
    const endMs = (Math.floor(payment.atMs / intervalMs) + 1) * intervalMs
    const last = made.at(-1)
    if (last?.endMs === endMs) last.payments.push(payment)
    else made.push({ endMs, payments: [payment] })
  }
  return made
}

const exposureOf = (all: readonly Window[]): Exposure => {
  const mostOf = new Map<number, bigint>()
  let [area, most] = [0n, 0n]
  for (const { endMs, payments } of all) {
    const owed = new Map<number, bigint>()
    let sum = 0n
    for (const { payee, amountAtomic, atMs } of payments) {
      sum += amountAtomic
      area += amountAtomic * BigInt(Math.round(endMs - atMs))
      owed.set(payee, (owed.get(payee) ?? 0n) + amountAtomic)
    }
    if (sum > most) most = sum
    for (const [payee, amount] of owed) if (amount > (mostOf.get(payee) ?? 0n)) mostOf.set(payee, amount)
  }
  return { areaAtomicMs: area, most, reserves: [...mostOf.values()].reduce((sum, amount) => sum + amount, 0n) }
}

/** Debits, boths and credits of a window. */
const membersOf = ({ payments }: Window) => {
  const payers = new Set(payments.map(({ payer }) => payer))
  const payees = new Set(payments.map(({ payee }) => payee))
  const both = [...payers].filter((payer) => payees.has(payer)).length
  return { debit: payers.size - both, both, credit: payees.size - both }
}

/** Members of one transaction at most: gas of EIP-7825 and bytes of common pools. */
const perTransaction = 500

const add = (a: Networks.Transaction, b: Networks.Transaction, times: number): Networks.Transaction => ({
  gas: a.gas + b.gas * BigInt(times),
  flzSize: a.flzSize + b.flzSize * times,
  brotliSize: (a.brotliSize ?? 0) + (b.brotliSize ?? 0) * times,
})

/** A window's settlement as one transaction, or as several that together are as large. */
const settlementOf = (marginal: Marginal, window: Window) => {
  const { debit, both, credit } = membersOf(window)
  const members = debit + both + credit
  const count = Math.ceil(members / perTransaction)
  const zero: Networks.Transaction = { gas: 0n, flzSize: 0, brotliSize: 0 }
  const parts = [
    [marginal.base, count],
    [marginal.debit, debit],
    [marginal.both, both],
    [marginal.credit, credit],
  ] as const
  return { members, count, transaction: parts.reduce((total, [part, times]) => add(total, part, times), zero) }
}

/** @param payments recorded, by rising time */
export function simulate(
  payments: readonly Payment[],
  marginal: Marginal,
  networks: readonly Networks.Network[],
  seconds: number,
): Interval {
  const all = windows(payments, seconds * 1000)
  const settled = all.map((window) => settlementOf(marginal, window))
  const { areaAtomicMs, most, reserves } = exposureOf(all)
  const spanMs = (all.at(-1)?.endMs ?? 0) - (payments[0]?.atMs ?? 0)
  const gas = settled.reduce((sum, { transaction }) => sum + transaction.gas, 0n)
  return {
    seconds,
    settlements: settled.reduce((sum, { count }) => sum + count, 0),
    members: settled.reduce((sum, { members }) => sum + members, 0),
    gasPerPayment: Number(gas) / payments.length,
    costs: networks.filter(Networks.chargesGas).map((network) => {
      const meter = Networks.meter(network)
      const units = settled.reduce((sum, { transaction }) => {
        const { executionWei, dataWei, operatorWei } = meter.parts(transaction)
        return sum + executionWei + dataWei + operatorWei
      }, 0n)
      const usd = Number(Rational.format(meter.usd(units), 12))
      return {
        network: network.name,
        usdPerPayment: usd / payments.length,
        usdPerHour: (usd * 3_600_000) / spanMs,
      }
    }),
    exposure: { meanUsd: dollars(areaAtomicMs) / spanMs, mostUsd: dollars(most) },
    reservesUsd: dollars(reserves),
  }
}
