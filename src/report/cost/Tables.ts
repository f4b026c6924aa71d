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
    points.map((point) => [name, workload, point.payments, 'life', point.gas, 'measured elsewhere']),
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
    'gasBasis',
    'usdBasis',
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
    row.usdBasis,
  ]),
})

const smallest = ({ smallest: main, smallestAmongStrangers }: Study): Table => ({
  name: 'smallest',
  title: 'The smallest payment worth making',
  columns: ['strategy', 'network', 'usd', 'usdLow', 'usdHigh', 'share', 'workload', 'payments', 'usdBasis'],
  rows: [...main, ...smallestAmongStrangers].map((row) => [
    row.strategy,
    row.network,
    row.usd,
    row.usdLow,
    row.usdHigh,
    row.share,
    row.workload,
    row.payments,
    'computed',
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
  columns: ['name', 'value', 'low', 'high', 'unit', 'basis', 'source', 'date'],
  rows: rows.map(({ name, value, low, high, unit, basis, source, date }) => [
    ...[name, value, low ?? null, high ?? null, unit, basis, source, date],
  ]),
})

const turnover = ({ turnover: points }: Study): Table => ({
  name: 'turnover',
  title: 'Fee share against turnover per member and settlement',
  columns: ['network', 'scope', 'turnoverUsd', 'feeShare', 'usdBasis'],
  rows: points.map((row) => [row.network, row.scope, row.turnoverUsd, row.feeShare, 'computed']),
})

const breakEven = ({ breakEven: rows }: Study): Table => ({
  name: 'break-even',
  title: 'The turnover per member and settlement from which a fee is worth it',
  columns: ['network', 'scope', 'workload', 'members', 'feePerMemberUsd', 'turnoverUsd', 'usdBasis'],
  rows: rows.map((row) => [
    ...[row.network, row.scope, row.workload, row.members, row.feePerMemberUsd, row.turnoverUsd, row.basis],
  ]),
})

const places = ({ places: rows }: Study): Table => ({
  name: 'places',
  title: 'Where the workloads are on the curve',
  columns: ['workload', 'payments', 'members', 'network', 'scope', 'turnoverUsd', 'feeShare', 'usdBasis'],
  rows: rows.map((row) => [
    ...[row.workload, row.payments, row.members, row.network, row.scope, row.turnoverUsd, row.feeShare, 'computed'],
  ]),
})

const sensitivity = ({ sensitivity: rows }: Study): Table => ({
  name: 'sensitivity',
  title: 'Fee share when one price is half or twice as high',
  columns: [
    'network',
    'figure',
    'workload',
    ...(rows[0]?.feeShares ?? []).map(({ times }) => `feeShare at ${times}x`),
    'usdBasis',
  ],
  rows: rows.map((row) => [
    ...[row.network, row.figure, row.workload],
    ...row.feeShares.map(({ feeShare }) => feeShare),
    row.basis,
  ]),
})

const elsewhere = ({ elsewhere: rows }: Study): Table => ({
  name: 'elsewhere',
  title: 'A transfer as measured elsewhere and as priced here',
  columns: ['network', 'elsewhereUsd', 'oursUsd', 'ratio', 'reason', 'source', 'date', 'basis'],
  rows: rows.map((row) => [
    ...[row.network, row.elsewhereUsd, row.oursUsd, row.ratio, row.reason, row.source, row.date, row.basis],
  ]),
})

const transactions = ({ transactions: rows }: Study): Table => ({
  name: 'transactions',
  title: 'Every kind of transaction that was executed',
  columns: [
    'strategy',
    'workload',
    'payments',
    'scope',
    'unit',
    'count',
    'gas',
    'bytes',
    'flzBytes',
    'brotliBytes',
    'basis',
  ],
  rows: rows.map((row) => [
    ...[row.strategy, row.workload, row.payments, row.scope, row.unit, row.count],
    ...[row.gas, row.bytes, row.flzBytes, row.brotliBytes, row.basis],
  ]),
})

const made = [
  ...[turnover, breakEven, places, sensitivity, elsewhere],
  ...[gas, fees, smallest, energy, compute, intervals, latency, bills, transactions, assumptions],
]

export const of = (study: Study): Table[] => made.map((make) => make(study))

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
