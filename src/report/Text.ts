/**
 * A report to read: the same tables for the terminal (aligned) and as Markdown. Every figure says whether it was measured in this run,
 * computed from what was, published or assumed.
 */
import type { Document } from './Document.ts'
import * as Format from './Format.ts'
import type { Table } from './ReportTable.ts'
import * as TextEconomy from './TextEconomy.ts'

const { grouped } = Format

const dollars = (atomic: string): string => Format.dollars(BigInt(atomic))

const kwh = (milliWh: string): string => Format.kwh(BigInt(milliWh))

const milliseconds = (value: number | null): string => (value === null ? '–' : `${grouped(Math.round(value))} ms`)

const seconds = (ms: number | null): string => (ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`)

type Latency = Pick<Document['payments']['acceptMs'], 'p50' | 'p95' | 'p99' | 'samples'>

const latency = ({ p50, p95, p99, samples }: Latency): string =>
  p50 === null ? '– (no samples)' : `${p50} / ${p95} / ${p99} ms (${grouped(samples)} samples)`

const settledLatency = ({ p50, p95, p99, samples }: Latency): string =>
  p50 === null
    ? '– (no samples)'
    : `${milliseconds(p50)} / ${milliseconds(p95)} / ${milliseconds(p99)} (${grouped(samples)} samples)`

/** By the clock that means something: the simulated one where a day was simulated, else the wall's. */
const settledRow = ({ payments: { settledMs, settledAfterSeconds: simulated } }: Document): readonly string[] => {
  const { p50, p95, p99, samples } = simulated
  if (p50 === null)
    return ['accepted → settled by the wall clock, p50 / p95 / p99', settledLatency(settledMs), 'measured']
  const shown = [p50, p95, p99].map((value) => Format.span(value ?? 0)).join(' / ')
  return [
    'accepted → settled by the simulated clock, p50 / p95 / p99',
    `${shown} (${grouped(samples)} samples)`,
    'measured',
  ]
}

const payments = (document: Document): Table => paymentsOf(document, document)

const paymentsOf = (
  document: Document,
  { payments: p, settlement: s, jobs, tasks, orders, wallMs, firstSettledMs }: Document,
): Table => ({
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
    ['payments per second, while paying', p.perSecond === null ? '–' : grouped(Math.round(p.perSecond)), 'measured'],
    ['sent → receipt by the wall clock, p50 / p95 / p99', latency(p.acceptMs), 'measured'],
    settledRow(document),
    ['value paid', dollars(p.valueAtomic), 'measured'],
    ['settlement transactions', grouped(s.transactions), 'measured'],
    ['accounts settled, over all of them', grouped(s.members), 'measured'],
    ['gas for settlement', grouped(s.gasUsed), 'measured'],
    ['gas per payment', s.gasPerPayment === null ? '–' : Format.number(s.gasPerPayment, 4), 'measured'],
    [
      'tasks wanted / done / not affordable / without energy',
      [tasks.wanted, tasks.done, tasks.unaffordable, tasks.unpowered].map(grouped).join(' / '),
      'measured',
    ],
    [
      'compute jobs wanted / bought / not affordable / without energy',
      [jobs.requested, jobs.bought, jobs.unaffordable, jobs.unpowered].map(grouped).join(' / '),
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

const percent = (share: string | null): string => Format.percent(share === null ? null : Number(share))

const fees = ({ fees: rows }: Document): Table => ({
  title: 'What settling would cost: fee per payment',
  columns: ['network', 'way of settling', '$ per payment', 'share of the value', 'basis'],
  right: [2, 3],
  rows: rows.map((row) => [
    row.network,
    row.strategy === 'transfer'
      ? 'a direct ERC-20 transfer each'
      : row.scope === 'life'
        ? 'cleared, with deposits, meters, readings, withdrawals'
        : 'cleared, settlements alone',
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
    ...TextEconomy.tables(document),
    checks(document),
    answer(document),
  ].filter((table) => table.rows.length > 0)

/** What was run, and on what machine. */
export const heading = (document: Document): string => {
  const { scenario, machine, complete } = document
  const inputs = Object.entries(scenario)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
  const cut = complete ? '' : '\nThe run was interrupted; the figures are those up to then.'
  return `${TextEconomy.whereAndWhen(document)}${inputs}\nmeasured on ${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}${cut}`
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
  `${[
    '# A run of Sunledger',
    heading(document),
    document.answer.conclusion,
    ...[...tables(document), parameters(document), TextEconomy.given(document), assumptions(document)]
      .filter(({ rows }) => rows.length > 0)
      .map(markdown),
  ].join('\n\n')}\n`
