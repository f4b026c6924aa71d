/**
 * Recorded payments as a workload: those of a run's journal, or a list of one's own (CSV: payer, payee, amount, time). Every strategy is then
 * executed on them, up to the number that is executed at all; the rest is computed.
 */
import { readFileSync, statSync } from 'node:fs'
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'
import * as Record from '../core/Record.ts'
import * as TextTable from '../core/TextTable.ts'
import type { Journal } from '../store/Journal.ts'
import type { Entry } from './PaymentList.ts'
import * as PaymentList from './PaymentList.ts'
import { PaymentListInvalidError } from './PaymentList.ts'
import type { Payment, Workload } from './Workload.ts'

const numbered = (entries: readonly Entry[]): Payment[] => {
  const numbers = new Map<string, number>()
  const numberOf = (name: string): number => {
    const known = numbers.get(name)
    if (known !== undefined) return known
    numbers.set(name, numbers.size)
    return numbers.size - 1
  }
  const first = entries[0]?.atMs ?? 0
  return entries.map(({ payer, payee, amountAtomic, atMs }) => ({
    payer: numberOf(payer),
    payee: numberOf(payee),
    amountAtomic,
    atMs: atMs - first,
  }))
}

const workloadOf = (entries: readonly Entry[], most: number, about: string, basis: Workload['basis']): Workload => ({
  name: 'replay',
  title: 'recorded payments',
  about,
  basis,
  payments: numbered(entries),
  most,
  computed: entries.length > most ? [entries.length] : [],
})

/**
 * The payments of a journal in one asset.
 * @param asset the stablecoin; left out: the asset of most payments
 * @throws {ReplayEmptyError}
 */
export function ofJournal(journal: Journal, most: number, source: string, asset?: Address): Workload {
  const byAsset = new Map<string, Entry[]>()
  for (const { record } of journal.read())
    for (const payment of Record.payments(record)) {
      const list = byAsset.get(payment.asset) ?? []
      byAsset.set(payment.asset, list)
      const { payer, payee, amount, atMs } = payment
      list.push({ payer, payee, amountAtomic: amount, atMs })
    }
  const chosen = asset === undefined ? mostOf(byAsset) : byAsset.get(asset)
  if (chosen === undefined) throw new ReplayEmptyError(source)
  const sorted = chosen.toSorted((a, b) => a.atMs - b.atMs)
  return workloadOf(sorted, most, `${sorted.length} payments of the journal in ${source}.`, 'measured')
}

const mostOf = (byAsset: ReadonlyMap<string, Entry[]>): Entry[] | undefined =>
  [...byAsset.values()].sort((a, b) => b.length - a.length)[0]

/** Larger files are refused before they are read. */
const limitBytes = 64 * 1024 * 1024

/** @throws {PaymentListInvalidError} also where the file cannot be read */
export function readList(path: string, most: number): Workload {
  try {
    if (statSync(path).size > limitBytes) throw new RangeError(`more than ${limitBytes} bytes`)
    return parseList(TextTable.decode(readFileSync(path)), path, most)
  } catch (error) {
    if (error instanceof SunledgerError) throw error
    throw new PaymentListInvalidError(path, [error instanceof Error ? error.message : String(error)], 1, error)
  }
}

/** A list of payments, in any of the forms that `PaymentList` reads. @throws {PaymentListInvalidError} */
export function parseList(text: string, name: string, most: number): Workload {
  const { entries, format } = PaymentList.parse(text, name)
  const sorted = entries.toSorted((a, b) => a.atMs - b.atMs)
  return workloadOf(sorted, most, `${sorted.length} payments of ${name} (${format}).`, 'measured')
}

/** There are no payments where some were to be replayed. */
export class ReplayEmptyError extends SunledgerError {
  override readonly name = 'ReplayEmptyError'
  constructor(source: string) {
    super('SL728', 'There are no payments to replay.', {
      actual: source,
      hint: 'Name the data folder of a run that accepted payments, or a CSV of payments.',
    })
  }
}
