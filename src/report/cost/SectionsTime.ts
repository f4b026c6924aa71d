/** The page's further sections: waiting, latency, the bill, and everything that was taken as given. */
import * as BillChart from './BillChart.ts'
import { duration, milliseconds, percent, usd, whole } from './Format.ts'
import * as Html from './Html.ts'
import * as IntervalChart from './IntervalChart.ts'
import * as LatencyChart from './LatencyChart.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'
import type { Table } from './Tables.ts'

type TableOf = (study: Study, name: string) => Table

const intervalMeaning = (study: Study): string => {
  const { rows } = study.intervals
  const [network] = Names.shown(study)
  const at = (seconds: number) => rows.find((row) => row.seconds === seconds)
  const [minute, hour] = [at(60), at(3600)]
  const cost = (row: (typeof rows)[number]) => row.costs.find((one) => one.network === network)?.usdPerPayment ?? 0
  if (minute === undefined || hour === undefined || network === undefined) return ''
  return `Settling each hour instead of each minute makes a payment ${(cost(minute) / cost(hour)).toPrecision(2)} times cheaper on ${Html.escaped(Names.network(study, network))} (${usd(cost(minute))} to ${usd(cost(hour))}), and leaves at most ${usd(hour.exposure.mostUsd)} unsettled instead of ${usd(minute.exposure.mostUsd)}. That is what payees risk if the operator fails; reserves of ${usd(hour.reservesUsd)} would cover each payee’s most.`
}

const intervals = (study: Study, tableOf: TableOf): Html.Section => {
  const { workload, rows } = study.intervals
  const about = study.workloads.find(({ name }) => name === workload)
  const shown = Names.shown(study)
  return {
    id: 'intervals',
    title: 'Waiting: what it saves and what it exposes',
    meaning: intervalMeaning(study),
    body: [
      Html.figure(
        (width) => IntervalChart.chart(study, width),
        `Simulated from ${workload}, ${whole(about?.payments ?? 0)} payments (${about?.basis ?? ''}), settled at the end of each interval. Cost is computed from what one settlement and each member in it took on the chain in this run.`,
      ),
      Html.table({
        caption: 'Batch interval',
        head: [
          'settled each',
          'settlements',
          'members',
          'gas a payment',
          ...shown.map((name) => `${Html.escaped(Names.network(study, name))}, a payment`),
          'owed, average',
          'owed, most',
          'reserves',
        ],
        rows: rows.map((row) => [
          duration(row.seconds),
          whole(row.settlements),
          whole(row.members),
          whole(row.gasPerPayment),
          ...shown.map((name) => usd(row.costs.find((one) => one.network === name)?.usdPerPayment ?? 0)),
          usd(row.exposure.meanUsd),
          usd(row.exposure.mostUsd),
          usd(row.reservesUsd),
        ]),
      }),
      Html.folded(tableOf(study, 'intervals')),
    ],
  }
}

const latencyMeaning = (study: Study): string => {
  const { accepted, settled } = study.latency
  const [network] = Names.shown(study)
  const cleared = accepted.find(({ strategy }) => strategy === 'clearing')
  const block = settled.find((row) => row.strategy === 'transfer' && row.network === network)
  const told = [
    cleared === undefined
      ? ''
      : `A payee may serve ${milliseconds(cleared.p50Ms)} (p99 ${milliseconds(cleared.p99Ms)}) after a cleared payment was sent, on this machine.`,
    block === undefined || network === undefined
      ? ''
      : `A transfer on ${Html.escaped(Names.network(study, network))} is there with its block: ${milliseconds(block.p50Ms)} (p99 ${milliseconds(block.p99Ms)}).`,
    'Settlement comes later for whatever is settled together; until then a payee relies on the operator, or on the payer’s deposit in its channel.',
  ]
  return told.filter((part) => part !== '').join(' ')
}

const latencyTable = (study: Study): string => {
  const { accepted, settled } = study.latency
  const shown = Names.shown(study)
  const three = (row: { p50Ms: number; p95Ms: number; p99Ms: number } | undefined) =>
    row === undefined ? '–' : [row.p50Ms, row.p95Ms, row.p99Ms].map(milliseconds).join(' / ')
  return Html.table({
    caption: 'p50 / p95 / p99',
    head: ['', 'accepted', ...shown.map((name) => `settled on ${Html.escaped(Names.network(study, name))}`)],
    rows: study.strategies
      .filter(({ executed }) => executed)
      .map(({ name }) => {
        const row = accepted.find(({ strategy }) => strategy === name)
        const spread =
          row === undefined
            ? ''
            : `<small>${Html.escaped(row.what)}; ${whole(row.samples)} samples in ${row.rounds} rounds, medians of rounds between ${row.p50SpreadMs.map((ms) => milliseconds(ms)).join(' and ')}</small>`
        const alone = LatencyChart.needsBlock(name)
        return [
          Html.escaped(Names.strategy(name)),
          `<span class="text">${alone ? 'with its block' : three(row)}</span>${alone && row !== undefined ? `<small>this machine’s part ${three(row)}</small>` : ''}${spread}`,
          ...shown.map((network) => three(settled.find((one) => one.strategy === name && one.network === network))),
        ]
      }),
  })
}

const latency = (study: Study, tableOf: TableOf): Html.Section => ({
  id: 'latency',
  title: 'Latency: accepted, then settled',
  meaning: latencyMeaning(study),
  body: [
    Html.figure(
      (width) => LatencyChart.chart(study, width),
      `From median to p99. Accepted: measured here, without the way between machines. Settled: computed from the times of ${study.latency.workload}’s payments, each network’s block time (published) and a settlement a minute (assumed) for channels and clearing; to inclusion in a block, not to finality.`,
    ),
    latencyTable(study),
    Html.folded(tableOf(study, 'latency')),
  ],
})

const billMeaning = (study: Study): string => {
  const cleared = study.bills.find(({ title }) => title.startsWith('settlement'))
  const authorization = study.bills.find(({ title }) => title === 'authorization')
  if (cleared === undefined) return ''
  const share = (bill: typeof cleared, part: keyof typeof cleared.parts) => percent(bill.parts[part] / bill.gas)
  const other =
    authorization === undefined
      ? ''
      : ` An authorization pays ${whole(authorization.parts.storage)} for storage by itself, because each one has a nonce of its own to remember.`
  return `Of a settlement’s gas ${share(cleared, 'storage')} is the one storage slot that each member has, ${share(cleared, 'signatures')} its signatures, ${share(cleared, 'calldata')} its calldata; the transaction itself, its events and its execution share the rest.${other}`
}

const bills = (study: Study, tableOf: TableOf): Html.Section => ({
  id: 'bill',
  title: 'The bill: where each unit of gas went',
  meaning: billMeaning(study),
  body: [
    Html.figure(
      (width) => BillChart.chart(study, width),
      'From the trace of small batches between accounts that were settled before; the parts add up to the receipt’s gas to the last unit (measured).',
    ),
    Html.folded(tableOf(study, 'bills')),
  ],
})

const assumptions = (study: Study): Html.Section => ({
  id: 'assumptions',
  title: 'What was taken as given',
  meaning:
    'Nothing here was measured in this run unless it says so. Override any network’s figure with <code>--set NAME=VALUE</code>, or many with <code>--profiles FILE</code>; take them from a chain with <code>--live URL</code>.',
  body: [
    Html.table(
      {
        caption: `${whole(study.assumptions.length)} assumptions`,
        head: ['name', 'value', 'basis', 'source'],
        rows: study.assumptions.map(({ name, value, low, high, unit, basis, source, date }) => [
          `<code>${Html.escaped(name)}</code>`,
          `${Html.escaped(value)}<small>${low === undefined ? '' : `${Html.escaped(low)} to ${Html.escaped(high ?? '')}, `}${Html.escaped(unit)}</small>`,
          `${basis}<small>${date}</small>`,
          `<span class="source">${Html.escaped(source)}</span>`,
        ]),
      },
      'sources',
    ),
  ],
})

export const of = (study: Study, tableOf: TableOf): Html.Section[] => [
  intervals(study, tableOf),
  latency(study, tableOf),
  bills(study, tableOf),
  assumptions(study),
]
