/**
 * A run's report: one document, printed as JSON, as Markdown and as a table. What can be counted from journal and chain is counted from
 * them; only what nobody else can know (how long clients waited, what robots wanted) comes from the simulation.
 */
import type { Row } from '../cost/Fees.ts'
import type { Answer } from './Answer.ts'
import type { Check } from './Audit.ts'
import * as Economy from './Economy.ts'
import type { Inputs as EconomyInputs } from './EconomyInputs.ts'
import type { Machine } from './Machine.ts'
import * as Percentiles from './Percentiles.ts'
import type { Tally } from './Tally.ts'

interface Counts {
  readonly requested: number
  readonly bought: number
  readonly unaffordable: number
  readonly unpowered: number
}

/** What the simulation alone knows. */
export interface Observed {
  /** Flags and inputs of the run. */
  readonly scenario: { readonly seed: number } & { readonly [name: string]: unknown }
  /** Milliseconds from sending a payment to having its receipt, one each payment. */
  readonly acceptMs: readonly number[]
  /** Wall clock in which payments were made. */
  readonly payingMs: number
  readonly wallMs: number
  readonly firstSettledMs: number | undefined
  readonly rejected: { readonly [code: string]: number }
  /** Payments made in that time. */
  readonly timedPayments: number
  /** From accepted to settled by the simulated clock, seconds, one each payment; empty where no day was simulated. */
  readonly settledAfterSeconds: readonly number[]
  readonly jobs: Counts
  readonly tasks: {
    readonly wanted: number
    readonly done: number
    readonly unaffordable: number
    readonly unpowered: number
  }
  /** Orders of the energy market, and strategies that could not be followed. */
  readonly orders: { readonly placed: number; readonly faults: number; readonly lastFault: string | undefined }
  /** False where it was interrupted. */
  readonly complete: boolean
}

export interface Energy {
  readonly producedMilliWh: bigint
  readonly consumedMilliWh: bigint
  readonly existingMilliWh: bigint
  readonly owedMilliWh: bigint
}

export interface Inputs {
  readonly machine: Machine
  /** In whose domain orders are signed. */
  readonly network: { readonly chainId: number; readonly clearingHouse: string }
  readonly observed: Observed
  readonly tally: Tally
  readonly energy: Energy
  readonly fees: readonly Row[]
  readonly checks: readonly Check[]
  readonly answer: Answer
  /** Left out where no economy ran. */
  readonly economy?: EconomyInputs | undefined
}

const round = (value: number, places: number): number => Number(value.toFixed(places))

/** Latencies, with how many there were. */
const latencies = (values: readonly number[]) => {
  const { p50, p95, p99, samples } = Percentiles.of(values)
  const shown = (value: number | null) => (value === null ? null : round(value, 2))
  return { p50: shown(p50), p95: shown(p95), p99: shown(p99), samples }
}

const settlementOf = ({ settlements, settled }: Tally) => {
  const gasUsed = Number(settlements.reduce((sum, { gasUsed: gas }) => sum + gas, 0n))
  return {
    transactions: settlements.length,
    members: settlements.reduce((sum, { members }) => sum + members, 0),
    gasUsed,
    gasPerPayment: settled === 0 ? null : round(gasUsed / settled, 2),
  }
}

export type Document = ReturnType<typeof from>

/** The document; amounts and energies are decimal strings of atomic units and mWh. */
export const from = ({ machine, network, observed, tally, energy, fees, checks, answer, economy }: Inputs) => ({
  version: 1,
  machine,
  complete: observed.complete,
  scenario: observed.scenario,
  answer,
  network,
  economy: economy === undefined ? null : Economy.document(economy),
  wallMs: Math.round(observed.wallMs),
  firstSettledMs: observed.firstSettledMs === undefined ? null : Math.round(observed.firstSettledMs),
  payments: {
    accepted: tally.accepted,
    settled: tally.settled,
    rejected: observed.rejected,
    perSecond: observed.payingMs === 0 ? null : round((observed.timedPayments * 1000) / observed.payingMs, 1),
    acceptMs: latencies(observed.acceptMs),
    // By the wall clock: a day that is worked out in a minute settles within a second what it settles within an hour of its own time.
    settledMs: { ...latencies(tally.settledMs), clock: 'wall' },
    settledAfterSeconds: { ...latencies(observed.settledAfterSeconds), clock: 'simulated' },
    valueAtomic: tally.valueAtomic.toString(),
  },
  settlement: settlementOf(tally),
  jobs: observed.jobs,
  tasks: observed.tasks,
  orders: { ...observed.orders, lastFault: observed.orders.lastFault ?? null },
  fees,
  energy: {
    producedMilliWh: energy.producedMilliWh.toString(),
    consumedMilliWh: energy.consumedMilliWh.toString(),
    existingMilliWh: energy.existingMilliWh.toString(),
    owedMilliWh: energy.owedMilliWh.toString(),
  },
  flows: [...tally.flows].map(([key, { count, amount }]) => {
    const [event = '', asset = ''] = key.split(' ')
    return { event, asset, count, amountAtomic: amount.toString() }
  }),
  checks,
})
