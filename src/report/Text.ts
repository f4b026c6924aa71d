/**
 * A report to read: the same tables for the terminal (aligned) and as Markdown. Every figure says whether it was measured in this run,
 * computed from what was, published or assumed.
 */
import * as Amount from '../core/Amount.ts'
import type { Document } from './Document.ts'

/** A table: a title, its columns, its rows. */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns whose figures stand right, counted from 0. */
  readonly right: readonly number[]
}

/** A whole number with thin groups of three: 100 000. */
const grouped = (value: number | bigint): string => value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ' ')

const dollars = (atomic: string): string => `$${Amount.format(BigInt(atomic))}`

const kwh = (milliWh: string): string => `${grouped(BigInt(milliWh) / 1_000_000n)} kWh`

const milliseconds = (value: number | null): string => (value === null ? '–' : `${grouped(Math.round(value))} ms`)

const seconds = (ms: number | null): string => (ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`)

type Latency = Document['payments']['acceptMs']

const latency = ({ p50, p95, p99, samples }: Latency): string =>
  p50 === null ? '– (no samples)' : `${p50} / ${p95} / ${p99} ms (${grouped(samples)} samples)`

const settledLatency = ({ p50, p95, p99, samples }: Latency): string =>
  p50 === null
    ? '– (no samples)'
    : `${milliseconds(p50)} / ${milliseconds(p95)} / ${milliseconds(p99)} (${grouped(samples)} samples)`

const payments = ({ payments: p, settlement: s, jobs, orders, wallMs, firstSettledMs }: Document): Table => ({
  title: 'Payments and settlement',
  columns: ['', 'value', 'basis'],
  right: [],
  rows: [
    ['payments accepted', grouped(p.accepted), 'measured'],
    ['payments settled on chain', grouped(p.settled), 'measured'],
    [
      'payments refused',
      Object.entries(p.rejected)
        .map(([code, count]) => `${grouped(count)} × ${code}`)
        .join(', ') || '0',
      'measured',
    ],
    ['payments a second, while paying', p.perSecond === null ? '–' : grouped(Math.round(p.perSecond)), 'measured'],
    ['sent → receipt, p50 / p95 / p99', latency(p.acceptMs), 'measured'],
    ['accepted → settled, p50 / p95 / p99', settledLatency(p.settledMs), 'measured'],
    ['value paid', dollars(p.valueAtomic), 'measured'],
    ['settlement transactions', grouped(s.transactions), 'measured'],
    ['accounts settled, over all of them', grouped(s.members), 'measured'],
    ['gas for settlement', grouped(s.gasUsed), 'measured'],
    ['gas a payment', s.gasPerPayment === null ? '–' : s.gasPerPayment.toString(), 'measured'],
    [
      'compute jobs wanted / bought / not affordable',
      [jobs.requested, jobs.bought, jobs.unaffordable].map(grouped).join(' / '),
      'measured',
    ],
    [
      'orders in the energy market / strategies at fault',
      `${grouped(orders.placed)} / ${grouped(orders.faults)}`,
      'measured',
    ],
    ['whole run / first payment settled after', `${seconds(wallMs)} / ${seconds(firstSettledMs)}`, 'measured'],
  ],
})

const percent = (share: string | null): string => (share === null ? '–' : `${(Number(share) * 100).toPrecision(3)} %`)

const fees = ({ fees: rows }: Document): Table => ({
  title: 'What settling would cost: fee a payment',
  columns: ['network', 'way of settling', '$ a payment', 'share of the value', 'basis'],
  right: [2, 3],
  rows: rows.map((row) => [
    row.network,
    row.strategy === 'clearing' ? 'cleared by Sunledger' : 'a direct ERC-20 transfer each',
    `$${row.usdPerPayment}`,
    percent(row.shareOfValue),
    row.basis,
  ]),
})

/** The figures behind the fees, each once. */
export const assumptions = ({ fees: rows }: Document): Table => {
  const seen = new Map<string, string[]>()
  for (const { network, assumptions: figures } of rows)
    for (const { name, value, unit, basis, date, source } of figures)
      seen.set(`${network} ${name}`, [network, name, `${value} ${unit}`, `${basis}, ${date}`, source])
  return {
    title: 'Figures behind the fees',
    columns: ['network', 'figure', 'value', 'basis', 'source'],
    right: [],
    rows: [...seen.values()],
  }
}

const energy = ({ energy: e }: Document): Table => ({
  title: 'Energy',
  columns: ['produced', 'consumed', 'credits in existence', 'owed', 'basis'],
  right: [],
  rows: [[kwh(e.producedMilliWh), kwh(e.consumedMilliWh), kwh(e.existingMilliWh), kwh(e.owedMilliWh), 'measured']],
})

const checks = (document: Document): Table => ({
  title: 'Checks, recomputed from chain and journal',
  columns: ['', '', 'what was compared'],
  right: [],
  rows: document.checks.map(({ id, ok, detail }) => [id, ok ? 'holds' : 'BROKEN', detail]),
})

/** An economy's sums by role and its key figures. */
const economy = ({ economy: e }: Document): Table[] => {
  if (!e) return []
  return [
    {
      title: 'Who paid and earned what',
      columns: ['', 'how many', 'deposited', 'earned', 'paid', 'held at the end', 'bought', 'sold'],
      right: [1, 2, 3, 4, 5, 6, 7],
      rows: e.byRole.map((row) => [
        row.role,
        grouped(row.participants),
        ...[row.depositedAtomic, row.earnedAtomic, row.paidAtomic, row.heldAtomic].map(dollars),
        ...[row.boughtMilliWh, row.soldMilliWh].map(kwh),
      ]),
    },
    {
      title: 'Key figures of the economy',
      columns: ['', 'value', 'unit', 'counted from'],
      right: [1],
      rows: e.figures.map(({ name, value, unit, from }) => [name, value === null ? '–' : String(value), unit, from]),
    },
  ]
}

const answer = ({ answer: a }: Document): Table => ({
  title: `Answer: ${a.question}`,
  columns: ['', 'value', 'basis'],
  right: [],
  rows: a.findings.map(({ name, value, basis }) => [name, value, basis]),
})

/** What went into the answer. */
export const parameters = ({ answer: a }: Document): Table => ({
  title: 'Figures behind the answer',
  columns: ['figure', 'value', 'basis', 'source'],
  right: [],
  rows: a.parameters.map(({ name, value, basis, source }) => [name, value, basis, source]),
})

/** A report's tables, in their order. */
export const tables = (document: Document): Table[] =>
  [
    payments(document),
    fees(document),
    energy(document),
    ...economy(document),
    checks(document),
    answer(document),
  ].filter((table) => table.rows.length > 0)

/** What was run, and on what machine. */
export const heading = ({ scenario, machine, complete }: Document): string => {
  const inputs = Object.entries(scenario)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
  const cut = complete ? '' : '\nThe run was interrupted; the figures are those up to then.'
  return `${inputs}\nmeasured on ${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}${cut}`
}

const aligned = ({ title, columns, rows, right }: Table): string => {
  const lines = columns.some((column) => column !== '') ? [columns, ...rows] : rows
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)))
  const cell = (text: string, i: number) =>
    right.includes(i) ? text.padStart(widths[i] as number) : text.padEnd(widths[i] as number)
  const body = lines.map((line) => `  ${line.map(cell).join('  ').trimEnd()}`)
  return [title, ...body].join('\n')
}

const escaped = (text: string): string => text.replaceAll('|', '\\|')

const markdown = ({ title, columns, rows, right }: Table): string =>
  [
    `## ${title}`,
    '',
    `| ${columns.join(' | ')} |`,
    `| ${columns.map((_, i) => (right.includes(i) ? '---:' : '---')).join(' | ')} |`,
    ...rows.map((row) => `| ${row.map(escaped).join(' | ')} |`),
  ].join('\n')

/** For a terminal. */
export const toTerminal = (document: Document): string =>
  [heading(document), ...tables(document).map(aligned), document.answer.conclusion].join('\n\n')

/** For `report.md`; it names every assumption too. */
export const toMarkdown = (document: Document): string =>
  `${['# A run of Sunledger', heading(document), document.answer.conclusion, ...[...tables(document), parameters(document), assumptions(document)].map(markdown)].join('\n\n')}\n`
