/**
 * The study as one document: what the page, the tables, the terminal and `--json` show. Everything in it was measured in this run, computed from
 * that, published or assumed, and says so.
 */
import type * as Bill from '../../cost/Bill.ts'
import * as Elsewhere from '../../cost/Elsewhere.ts'
import * as Energy from '../../cost/Energy.ts'
import * as Execute from '../../cost/Execute.ts'
import * as Interval from '../../cost/Interval.ts'
import type * as Measure from '../../cost/Measure.ts'
import * as Networks from '../../cost/Networks.ts'
import * as Peers from '../../cost/Peers.ts'
import * as Published from '../../cost/Published.ts'
import * as Rational from '../../cost/Rational.ts'
import * as Rows from '../../cost/Rows.ts'
import * as Settled from '../../cost/Settled.ts'
import * as Smallest from '../../cost/Smallest.ts'
import type { Execution } from '../../cost/strategies/Strategy.ts'
import * as Turnover from '../../cost/Turnover.ts'
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
  /** Names of ways that are not executed but priced from what is published. */
  readonly published: readonly string[]
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
  workloads.find(({ name }) => name === 'W4') ??
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

const described = ({ name, title, about }: Published.Way) => ({ name, title, about })

/** Every kind of transaction that was executed: how many, what each took, and how long it is, signed, plain and compressed. */
const transactionsOf = (execution: Execution) =>
  Rows.scopes.flatMap((scope) =>
    execution[scope].flatMap(({ unit, bundle }) =>
      bundle.kinds.map(({ count, gas, bytes, flzSize, brotliSize }) => ({
        ...{ strategy: execution.strategy, workload: execution.workload, payments: execution.size, scope, unit },
        ...{ count, gas: Number(gas), bytes, flzBytes: flzSize, brotliBytes: brotliSize ?? null },
        basis: 'measured' as const,
      })),
    ),
  )

/** What is multiplied to see how far the headline depends on it. */
const multiples = ['0.5', '1', '2'] as const

/** The fee share of the main workload, cleared, whole life, when a network's token or its gas costs half or twice as much. */
const sensitivityOf = (inputs: Inputs, sized: readonly Rows.Sized[], main: Workload.Workload) => {
  const own = sized.filter(({ execution, computed }) => execution.workload === main.name && !computed)
  const last = own.findLast(({ execution }) => execution.strategy === 'clearing')
  if (last === undefined) return []
  const prices = ['tokenUsd', 'baseFeeGwei', 'gasPriceAttodollars'] as const
  return inputs.networks.filter(Networks.chargesGas).flatMap((network) =>
    prices
      .filter((name) => name in network.figures)
      .map((name) => ({
        ...{ network: network.name, figure: name, workload: main.name },
        feeShares: multiples.map((multiple) => {
          const value = Rational.multiply(
            Rational.parse(Networks.figure(network, name).value),
            Rational.parse(multiple),
          )
          const changed = Networks.withValue(network, name, Rational.format(value, 18))
          const usd = Rows.usdPerPayment(main, last, 'life', Networks.meter(changed))
          return {
            times: Number(multiple),
            feeShare: Number(Rational.format(Rational.divide(usd, Rows.averageUsd(main, last.payments)), 9)),
          }
        }),
        basis: 'computed' as const,
      })),
  )
}

/** The document. */
export const from = (inputs: Inputs) => {
  const { machine, seed, networks, workloads, executions, marginal } = inputs
  const sized = Rows.sized(executions, workloads)
  const rowsAt = (level: Networks.Level): Rows.Row[] => {
    const priced = networks.map((network) => Networks.at(network, level))
    return [
      ...Rows.priced(workloads, sized, priced),
      ...Published.rows(workloads, priced, inputs.published),
      ...Rows.comparisons(workloads, priced),
    ]
  }
  const ranged = { low: rowsAt('low'), mid: rowsAt('mid'), high: rowsAt('high') }
  const rows = ranged.mid
  const [main, recorded] = [typical(workloads), timed(workloads)]
  const smallest = Smallest.of(ranged, networks, main.name, inputs.share)
  const share = Number(Rational.format(inputs.share, 12))
  const turnover = Turnover.of(rows, workloads, networks, main, share)
  const strangers = workloads.some(({ name }) => name === 'W3') && main.name !== 'W3'
  const strategies = [...new Set(executions.map(({ strategy }) => strategy))]
  return {
    version: 1,
    machine,
    seed,
    share,
    wallMs: Math.round(inputs.wallMs),
    workloads: workloads.map(workloadOf),
    strategies: [
      ...strategies.map((name) => ({ ...described(Execute.strategyNamed(name)), executed: true })),
      ...Published.ways
        .filter(({ name }) => rows.some(({ strategy }) => strategy === name))
        .map((way) => ({ ...described(way), executed: false })),
    ],
    networks: networks.map((network) => ({
      name: network.name,
      title: network.title,
      rule: network.rule,
      chargesGas: Networks.chargesGas(network),
      note: network.note ?? null,
    })),
    rows,
    smallest,
    smallestAmongStrangers: strangers ? Smallest.of(ranged, networks, 'W3', inputs.share) : [],
    turnover: turnover.points,
    breakEven: turnover.breakEven,
    places: turnover.places,
    sensitivity: sensitivityOf(inputs, sized, main),
    elsewhere: Elsewhere.of(networks),
    transactions: executions.flatMap(transactionsOf),
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
      basis: 'measured elsewhere' as const,
      harness: Peers.source,
    })),
    assumptions: [...Assumptions.of(networks, workloads, inputs.share), ...(inputs.further ?? [])],
  }
}
