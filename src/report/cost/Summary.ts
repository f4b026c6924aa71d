/** The study for a terminal: what most people came for, in a screen or two. */
import { duration, percent, usdShort, whole } from './Format.ts'
import * as Headline from './Headline.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'

type Line = readonly string[]

/** Columns as wide as their widest cell; all but the first stand right. */
const aligned = (lines: readonly Line[]): string => {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)))
  const cell = (text: string, i: number) =>
    i === 0 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number)
  return lines.map((line) => `  ${line.map(cell).join('  ').trimEnd()}`).join('\n')
}

const amount = (value: number): string => (value >= 100 ? whole(value) : value.toPrecision(3))

const gas = ({ rows, workloads, strategies }: Study): string => {
  const network = rows.find(({ gasPerPayment }) => gasPerPayment !== null)?.network
  const of = (strategy: string, workload: string, scope: string) =>
    rows.findLast(
      (row) =>
        row.strategy === strategy &&
        row.workload === workload &&
        row.scope === scope &&
        row.network === network &&
        row.basis === 'measured',
    )
  const head = ['', ...workloads.map(({ name, payments }) => `${name} × ${whole(payments)}`)]
  const lines = strategies
    .filter(({ executed }) => executed)
    .map(({ name }) => [
      name,
      ...workloads.map((workload) => {
        const [life, settlement] = [of(name, workload.name, 'life'), of(name, workload.name, 'settlement')]
        return life === undefined
          ? '–'
          : `${amount(life.gasPerPayment ?? 0)} / ${amount(settlement?.gasPerPayment ?? 0)}`
      }),
    ])
  return `Gas a payment, whole life / settlement only (measured)\n${aligned([head, ...lines])}`
}

const matrix = (study: Study, cell: (strategy: string, network: string) => string | undefined): string => {
  const onGas = Names.onGas(study)
  if (onGas.length === 0) return ''
  return aligned([
    ['', ...onGas.map(({ name }) => name)],
    ...Names.strategiesOnGas(study).map(({ name }) => [
      name,
      ...onGas.map((network) => cell(name, network.name) ?? '–'),
    ]),
  ])
}

const others = ({ networks, smallest }: Study): string[] =>
  networks
    .filter(({ chargesGas }) => !chargesGas)
    .map(({ name, title }) => {
      const usd = smallest.find((row) => row.network === name)?.usd
      return `${title} ${usd === null || usd === undefined ? 'never' : usdShort(usd)}`
    })

const smallest = (study: Study): string => {
  const workload = study.smallest[0]?.workload ?? ''
  const of = (strategy: string, network: string) => {
    const usd = study.smallest.find((row) => row.strategy === strategy && row.network === network)?.usd
    return usd === undefined || usd === null ? undefined : usdShort(usd)
  }
  const beside = others(study)
  const line = beside.length === 0 ? '' : `\n  beside them: ${beside.join(', ')}`
  return `The smallest payment worth making: fee at most ${percent(study.share)} (${workload}, whole life)\n${matrix(study, of)}${line}`
}

/** What decides: turnover per member and settlement, its break-even, and where each workload is. */
const turnover = (study: Study): string => {
  const { networks, places, breakEven, share, workloads } = study
  const onGas = networks.filter(({ chargesGas }) => chargesGas)
  if (places.length === 0 || onGas.length === 0) return ''
  const needed = (scope: string) => [
    scope === 'life' ? 'whole life' : 'settlement',
    ...onGas.map(({ name }) => {
      const one = breakEven.find(({ network, scope: of }) => network === name && of === scope)
      return one === undefined ? '–' : usdShort(one.turnoverUsd)
    }),
  ]
  const shares = workloads.map(({ name }) => [
    name,
    ...onGas.map(({ name: network }) => {
      const of = (scope: string) =>
        places.find((place) => place.workload === name && place.network === network && place.scope === scope)
      const [life, settlement] = [of('life'), of('settlement')]
      return life === undefined ? '–' : `${percent(life.feeShare)} / ${percent(settlement?.feeShare ?? 0)}`
    }),
  ])
  return [
    Headline.sentence(study),
    `Turnover per member and settlement from which Sunledger’s fee is at most ${percent(share)} (computed)\n${aligned([['', ...onGas.map(({ name }) => name)], needed('life'), needed('settlement')])}`,
    `Fee over value, whole life / settlement only (computed)\n${aligned([['', ...onGas.map(({ name }) => name)], ...shares])}`,
  ].join('\n\n')
}

const energy = (study: Study): string => {
  const of = (strategy: string, network: string) => {
    const every = study.energy.afford.find((row) => row.strategy === strategy && row.network === network)
      ?.everySeconds[0]
    return every === undefined || every === null ? undefined : duration(every)
  }
  const free = study.energy.compute.at(-1)
  return `How often a robot of 300 W can afford to pay for its energy (today’s price; × 10 when energy is ten times cheaper)\n${matrix(study, of)}
  Free energy would make a GPU-hour only ${percent(free?.cheaper ?? 0)} cheaper.`
}

const latency = ({ latency: { accepted } }: Study): string =>
  `Accepted, on this machine: p50 / p95 / p99, medians of rounds\n${aligned(
    accepted.map((row) => [
      row.strategy,
      `${row.p50Ms} / ${row.p95Ms} / ${row.p99Ms} ms`,
      `${whole(row.samples)} samples in ${row.rounds} rounds`,
    ]),
  )}`

export const of = (study: Study): string => {
  const { machine, workloads, wallMs, seed } = study
  const head = `Settlement cost, executed on the local chain in ${(wallMs / 1000).toFixed(0)} s (seed ${seed}; ${machine.cores} × ${machine.cpu}, Node ${machine.node})`
  const legend = workloads.map(
    ({ name, title, basis }) => `  ${name}: ${title}${basis === 'assumed' ? '' : `, ${basis}`}`,
  )
  const parts = [
    `${head}\n${legend.join('\n')}`,
    turnover(study),
    gas(study),
    smallest(study),
    energy(study),
    latency(study),
  ]
  return parts
    .filter((part) => part !== '')
    .join('\n\n')
    .replaceAll('\u00a0', ' ')
}
