/**
 * The study's tables, once: for CSV and JSON files as they are, for the page and the terminal as text. A column says what stands in it,
 * units last.
 */
import { parts } from '../../cost/Bill.ts'
import type { Study } from './Study.ts'

export type Cell = string | number | null

export interface Table {
  /** Name of its files. */
  readonly name: string
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

const gas = ({ rows, peers }: Study): Table => {
  const seen = new Map<string, readonly Cell[]>()
  for (const { strategy, workload, payments, scope, gasPerPayment, basis } of rows)
    if (gasPerPayment !== null)
      seen.set([strategy, workload, payments, scope].join(), [
        strategy,
        workload,
        payments,
        scope,
        gasPerPayment,
        basis,
      ])
  const published = peers.flatMap(({ name, workload, points }) =>
    points.map((point) => [name, workload, point.payments, 'life', point.gas, 'published']),
  )
  return {
    name: 'gas',
    title: 'Gas a payment',
    columns: ['strategy', 'workload', 'payments', 'scope', 'gasPerPayment', 'basis'],
    rows: [...seen.values(), ...published],
  }
}

const fees = ({ rows }: Study): Table => ({
  name: 'fees',
  title: 'Fee a payment on each network',
  columns: [
    'strategy',
    'workload',
    'payments',
    'scope',
    'network',
    'gasPerPayment',
    'usdPerPayment',
    'shareOfValue',
    'basis',
  ],
  rows: rows.map((row) => [
    row.strategy,
    row.workload,
    row.payments,
    row.scope,
    row.network,
    row.gasPerPayment,
    row.usdPerPayment,
    row.shareOfValue,
    row.basis,
  ]),
})

const smallest = ({ smallest: main, smallestAmongStrangers }: Study): Table => ({
  name: 'smallest',
  title: 'The smallest payment worth making',
  columns: ['strategy', 'network', 'usd', 'share', 'workload', 'payments'],
  rows: [...main, ...smallestAmongStrangers].map((row) => [
    row.strategy,
    row.network,
    row.usd,
    row.share,
    row.workload,
    row.payments,
  ]),
})

const energy = ({ energy: { afford, factors } }: Study): Table => ({
  name: 'energy',
  title: 'How often a robot can afford to pay for its energy',
  columns: ['strategy', 'network', ...factors.map((factor) => `everySeconds at ${factor}x cheaper energy`)],
  rows: afford.map(({ strategy, network, everySeconds }) => [strategy, network, ...everySeconds]),
})

const compute = ({ energy }: Study): Table => ({
  name: 'compute',
  title: 'A GPU-hour when energy alone gets cheaper',
  columns: ['energyTimesCheaper', 'usdPerGpuHour', 'cheaperShare', 'energyShare'],
  rows: energy.compute.map(({ factor, usdPerGpuHour, cheaper, energyShare }) => [
    factor ?? 'free',
    usdPerGpuHour,
    cheaper,
    energyShare,
  ]),
})

const intervals = ({ intervals: { rows } }: Study): Table => {
  const networks = rows[0]?.costs.map(({ network }) => network) ?? []
  return {
    name: 'intervals',
    title: 'Batch interval against value at risk',
    columns: [
      ...['seconds', 'settlements', 'members', 'gasPerPayment', 'exposureMeanUsd', 'exposureMostUsd', 'reservesUsd'],
      ...networks.flatMap((network) => [`${network} usdPerPayment`, `${network} usdPerHour`]),
    ],
    rows: rows.map((row) => [
      ...[row.seconds, row.settlements, row.members, row.gasPerPayment],
      ...[row.exposure.meanUsd, row.exposure.mostUsd, row.reservesUsd],
      ...row.costs.flatMap(({ usdPerPayment, usdPerHour }) => [usdPerPayment, usdPerHour]),
    ]),
  }
}

const latency = ({ latency: { accepted, settled } }: Study): Table => ({
  name: 'latency',
  title: 'Latency: accepted and settled',
  columns: ['strategy', 'stage', 'network', 'p50Ms', 'p95Ms', 'p99Ms', 'samples', 'basis'],
  rows: [
    ...accepted.map((row) => [row.strategy, 'accepted', null, row.p50Ms, row.p95Ms, row.p99Ms, row.samples, row.basis]),
    ...settled.map((row) => [
      row.strategy,
      'settled',
      row.network,
      row.p50Ms,
      row.p95Ms,
      row.p99Ms,
      row.samples,
      row.basis,
    ]),
  ],
})

const bills = ({ bills: rows }: Study): Table => ({
  name: 'bills',
  title: 'Where each unit of gas went',
  columns: ['transaction', 'items', 'item', ...parts, 'gas', 'gasPerItem', 'basis'],
  rows: rows.map((row) => [
    row.title,
    row.items,
    row.item,
    ...parts.map((part) => row.parts[part]),
    row.gas,
    row.gasPerItem,
    row.basis,
  ]),
})

const assumptions = ({ assumptions: rows }: Study): Table => ({
  name: 'assumptions',
  title: 'Assumptions',
  columns: ['name', 'value', 'unit', 'basis', 'source', 'date'],
  rows: rows.map(({ name, value, unit, basis, source, date }) => [name, value, unit, basis, source, date]),
})

export const of = (study: Study): Table[] =>
  [gas, fees, smallest, energy, compute, intervals, latency, bills, assumptions].map((make) => make(study))

const quoted = (cell: Cell): string => {
  const text = cell === null ? '' : String(cell)
  // A cell that a spreadsheet would take for a formula is kept as text.
  const safe = typeof cell === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** RFC 4180, with a header. */
export const toCsv = ({ columns, rows }: Table): string =>
  `${[columns, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n')}\r\n`

/** A list of objects by column. */
export const toJson = ({ columns, rows }: Table): string =>
  `${JSON.stringify(
    rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null]))),
    undefined,
    2,
  )}\n`
