/**
 * The study as one document: what the page, the tables, the terminal and `--json` show. Everything in it was measured in this run, computed from
 * that, published or assumed, and says so.
 */
import type * as Bill from '../../cost/Bill.ts'
import * as Energy from '../../cost/Energy.ts'
import * as Execute from '../../cost/Execute.ts'
import * as Interval from '../../cost/Interval.ts'
import type * as Measure from '../../cost/Measure.ts'
import * as Networks from '../../cost/Networks.ts'
import * as Peers from '../../cost/Peers.ts'
import * as Rational from '../../cost/Rational.ts'
import * as Rows from '../../cost/Rows.ts'
import * as Settled from '../../cost/Settled.ts'
import * as Smallest from '../../cost/Smallest.ts'
import type { Execution } from '../../cost/strategies/Strategy.ts'
import * as Workload from '../../cost/Workload.ts'
import type { Machine } from '../Machine.ts'
import * as Percentiles from '../Percentiles.ts'
import * as Assumptions from './Assumptions.ts'

/** What was executed and measured, and what it is to be priced on. */
export interface Inputs {
  readonly machine: Machine
  readonly seed: number
  /** Such as 1/100. */
  readonly share: Rational.Rational
  readonly networks: readonly Networks.Network[]
  readonly workloads: readonly Workload.Workload[]
  readonly executions: readonly Execution[]
  readonly bills: readonly Bill.Bill[]
  readonly marginal: Interval.Marginal
  readonly accepted: readonly Measure.Rounds[]
  readonly wallMs: number
  /** What further assumptions a run brings, such as where prices were read. */
  readonly further?: readonly Assumptions.Assumption[]
}

export type Study = ReturnType<typeof from>

const round = (value: number, digits: number): number => Number(value.toPrecision(digits))

/** Medians over rounds of each round's percentiles, and how far the rounds' medians lie apart. */
const acceptedOf = ({ strategy, what, rounds }: Measure.Rounds) => {
  const each = rounds.map((round) => Percentiles.of(round))
  const over = (pick: (one: Percentiles.Percentiles) => number | null) =>
    round(Percentiles.median(each.map((one) => pick(one) ?? 0)), 3)
  const p50s = each.map(({ p50 }) => p50 ?? 0)
  return {
    strategy,
    what,
    p50Ms: over(({ p50 }) => p50),
    p95Ms: over(({ p95 }) => p95),
    p99Ms: over(({ p99 }) => p99),
    p50SpreadMs: [round(Math.min(...p50s), 3), round(Math.max(...p50s), 3)],
    rounds: rounds.length,
    samples: rounds.reduce((sum, { length }) => sum + length, 0),
    basis: 'measured' as const,
  }
}

const settledOf = (
  payments: readonly Workload.Payment[],
  strategies: readonly string[],
  networks: readonly Networks.Network[],
) =>
  strategies.flatMap((strategy) =>
    networks.filter(Networks.chargesGas).map((network) => {
      const { p50, p95, p99, samples } = Percentiles.of(Settled.waits(payments, strategy, network))
      return {
        strategy,
        network: network.name,
        p50Ms: Math.round(p50 ?? 0),
        p95Ms: Math.round(p95 ?? 0),
        p99Ms: Math.round(p99 ?? 0),
        samples,
        basis: 'computed' as const,
      }
    }),
  )

/** The workload whose payments have real or the most lifelike times, and the one that smallest payments are read from. */
const timed = (workloads: readonly Workload.Workload[]) =>
  workloads.find(({ name }) => name === 'replay') ??
  workloads.find(({ name }) => name === 'W4') ??
  (workloads.at(-1) as Workload.Workload)

const typical = (workloads: readonly Workload.Workload[]) =>
  workloads.find(({ name }) => name === 'replay') ??
  workloads.find(({ name }) => name === 'W2') ??
  (workloads[0] as Workload.Workload)

const billOf = ({ title, items, item, gas, parts }: Bill.Bill) => ({
  title,
  items,
  item,
  gas: Number(gas),
  gasPerItem: round(Number(gas) / items, 6),
  parts: Object.fromEntries(Object.entries(parts).map(([part, amount]) => [part, Number(amount)])) as Record<
    Bill.Part,
    number
  >,
  basis: 'measured' as const,
})

const workloadOf = (workload: Workload.Workload) => {
  const { name, title, about, basis, payments } = workload
  const counts = Workload.counts(workload, payments.length)
  const averageUsd = Number(Workload.valueAtomic(workload, payments.length)) / payments.length / 1e6
  return { name, title, about, basis, ...counts, averageUsd: round(averageUsd, 6) }
}

const marginalOf = (marginal: Interval.Marginal) =>
  Object.fromEntries(
    Object.entries(marginal).map(([part, { gas, flzSize, brotliSize }]) => [
      part,
      { gas: Number(gas), flzBytes: flzSize, brotliBytes: brotliSize },
    ]),
  )

/** The document. */
export const from = (inputs: Inputs) => {
  const { machine, seed, networks, workloads, executions, marginal } = inputs
  const sized = Rows.sized(executions, workloads)
  const rows = [...Rows.priced(workloads, sized, networks), ...Rows.comparisons(workloads, networks)]
  const [main, recorded] = [typical(workloads), timed(workloads)]
  const smallest = Smallest.of(rows, networks, main.name, inputs.share)
  const strangers = workloads.some(({ name }) => name === 'W3') && main.name !== 'W3'
  const strategies = [...new Set(executions.map(({ strategy }) => strategy))]
  return {
    version: 1,
    machine,
    seed,
    share: Number(Rational.format(inputs.share, 12)),
    wallMs: Math.round(inputs.wallMs),
    workloads: workloads.map(workloadOf),
    strategies: strategies.map((name) => {
      const { title, about } = Execute.strategyNamed(name)
      return { name, title, about }
    }),
    networks: networks.map((network) => ({
      name: network.name,
      title: network.title,
      rule: network.rule,
      chargesGas: Networks.chargesGas(network),
      note: network.note ?? null,
    })),
    rows,
    smallest,
    smallestAmongStrangers: strangers ? Smallest.of(rows, networks, 'W3', inputs.share) : [],
    energy: {
      afford: Energy.afford(smallest),
      fixedFees: Energy.fixedFees(networks, inputs.share),
      factors: Energy.factors,
      compute: Energy.compute(),
    },
    intervals: {
      workload: recorded.name,
      marginal: marginalOf(marginal),
      rows: Interval.choices.map((seconds) => Interval.simulate(recorded.payments, marginal, networks, seconds)),
      basis: 'computed' as const,
    },
    latency: {
      workload: recorded.name,
      accepted: inputs.accepted.map(acceptedOf),
      settled: settledOf(recorded.payments, strategies, networks),
    },
    bills: inputs.bills.map(billOf),
    peers: Peers.peers.map(({ name, title, workload, points }) => ({
      name,
      title,
      workload,
      points,
      basis: 'published' as const,
    })),
    assumptions: [...Assumptions.of(networks, workloads, inputs.share), ...(inputs.further ?? [])],
  }
}
