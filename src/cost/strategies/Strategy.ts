/**
 * A strategy: one way of carrying out payments on a chain. Each is executed for real; what its transactions took is kept by phase, with
 * the number that a phase grows with, so that larger counts of the same payments can be computed.
 */
import type { Executed, Workbench } from '../../chain/Workbench.ts'
import type * as Bundle from '../Bundle.ts'
import type * as Rational from '../Rational.ts'
import type { Counts, Workload } from '../Workload.ts'

/** What a phase grows with. */
export type Unit = keyof Counts

/** Transactions of one purpose. */
export interface Phase {
  readonly unit: Unit
  readonly bundle: Bundle.Bundle
  /** Storage slots that it uses for the first time, counted in a small execution, and what their number grows with; left out: none. */
  readonly newSlots?: { readonly unit: Unit; readonly perUnit: Rational.Rational } | undefined
}

/** `life`: from money in payers' wallets to money in payees' wallets. `settlement`: settling alone, between accounts that have settled before. */
export type Scope = 'life' | 'settlement'

/** What a workload of one size took. */
export interface Execution {
  readonly strategy: string
  readonly workload: string
  /** Payments that were executed. */
  readonly size: number
  readonly life: readonly Phase[]
  readonly settlement: readonly Phase[]
}

/** A transaction that was just executed, for whoever takes it apart. */
export interface Inspected {
  readonly name: string
  readonly executed: Executed
  readonly bench: Workbench
  /** From calling to its receipt. */
  readonly tookMs: number
}

export interface Context {
  readonly seed: number
  readonly inspect?: (inspected: Inspected) => void | Promise<void>
  /** Counts the storage slots that each transaction uses for the first time; costs a trace of each. */
  readonly countNewSlots?: boolean
  /** Told of transactions as they are done. */
  readonly done: (transactions: number) => void
  /** Ends between two transactions where it says so. */
  readonly signal: AbortSignal
}

export interface Strategy {
  readonly name: string
  readonly title: string
  /** One line: what it is, and who does it. */
  readonly about: string
  /** Transactions that executing takes, about; for the progress bar. */
  estimate(workload: Workload, sizes: readonly number[]): number
  run(workload: Workload, sizes: readonly number[], context: Context): Promise<Execution[]>
}
