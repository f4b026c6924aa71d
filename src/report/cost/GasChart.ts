/** Gas a payment against the number of payments, both logarithmic, one panel a workload. */
import { scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { whole } from './Format.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'
import * as Svg from './Svg.ts'

interface Series {
  readonly label: string
  readonly class: string
  readonly points: readonly { readonly x: number; readonly y: number; readonly computed: boolean }[]
}

const seriesOf = (study: Study, workload: string): Series[] => {
  const network = Names.onGas(study)[0]?.name
  const of = (strategy: string, scope: string) =>
    study.rows
      .filter(
        (row) =>
          row.strategy === strategy &&
          row.workload === workload &&
          row.scope === scope &&
          row.network === network &&
          row.gasPerPayment !== null,
      )
      .map(({ payments, gasPerPayment, basis }) => ({
        x: payments,
        y: gasPerPayment ?? 1,
        computed: basis === 'computed',
      }))
  const life = study.strategies.map(({ name }) => ({
    label: Names.strategy(name),
    class: `s-${name}`,
    points: of(name, 'life'),
  }))
  const settlement = study.strategies.some(({ name }) => name === 'clearing')
    ? [{ label: 'Sunledger, settling only', class: 's-clearing thin', points: of('clearing', 'settlement') }]
    : []
  return [...life, ...settlement].filter(({ points }) => points.length > 0)
}

const short = (value: number): string =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1000 ? `${value / 1000} k` : String(value)

const powers = (least: number, most: number): number[] => {
  const list: number[] = []
  for (let value = least; value <= most * 1.0001; value *= 10) list.push(value)
  return list
}

const margin = { top: 30, right: 156, bottom: 38, left: 46 }

const panel = (study: Study, { name, title }: Study['workloads'][number], width: number, height: number): string => {
  const all = seriesOf(study, name)
  const peers = study.peers.filter(({ workload }) => workload === name)
  const xs = [
    ...all.flatMap(({ points }) => points.map(({ x }) => x)),
    ...peers.flatMap(({ points }) => points.map(({ payments }) => payments)),
  ]
  const ys = [
    ...all.flatMap(({ points }) => points.map(({ y }) => y)),
    ...peers.flatMap(({ points }) => points.map(({ gas }) => gas)),
  ]
  const decade = (value: number) => 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)) + 1e-9)
  const [low, high] = [decade(Math.min(...ys)), 10 ** Math.ceil(Math.log10(Math.max(...ys)))]
  const [right, bottom] = [width - margin.right, height - margin.bottom]
  const x = scaleLog([1, Math.max(10, ...xs)], [margin.left, right])
  const y = scaleLog([low, high], [bottom, margin.top])
  const path = line<{ x: number; y: number }>(
    (point) => x(point.x),
    (point) => y(point.y),
  )
  const drawn = all.map(({ class: name_, points }) => {
    const executed = points.filter(({ computed }) => !computed)
    const further = points.slice(Math.max(0, executed.length - 1))
    return Svg.el(
      'g',
      { class: name_ },
      Svg.el('path', { d: path(executed) ?? '', class: 'curve' }),
      Svg.el('path', { d: path(further) ?? '', class: 'curve dashed' }),
      ...points.map((point) =>
        Svg.el('circle', { cx: x(point.x), cy: y(point.y), r: 3, class: point.computed ? 'dot open' : 'dot' }),
      ),
    )
  })
  const published = peers.map(({ points }) =>
    points
      .map(({ payments, gas }) =>
        Svg.el('path', { d: `M${x(payments) - 3.5},${y(gas)}l3.5,-3.5l3.5,3.5l-3.5,3.5z`, class: 'peer' }),
      )
      .join(''),
  )
  const labels = [
    ...all.map(({ label, class: name_, points }) => ({
      y: y(points.at(-1)?.y ?? low) + 4,
      text: label,
      class: `label ${name_}`,
    })),
    ...peers.map(({ title: label, points }) => ({
      y: y(points.at(-1)?.gas ?? low) + 4,
      text: `◇ ${label}`,
      class: 'label peer-label',
    })),
  ]
  return Svg.svg(
    width,
    height,
    `${name}: gas a payment against the number of payments`,
    `${title}. Gas of each way of paying falls with the number of payments where they are settled together. The table below has every figure.`,
    Svg.text(0, 14, `${name}  ${title}`, { class: 'panel' }),
    Svg.rows(
      powers(low, high).map((value) => ({ at: y(value), label: short(value) })),
      margin.left,
      right,
    ),
    Svg.columns(
      powers(1, Math.max(10, ...xs)).map((value) => ({ at: x(value), label: short(value) })),
      margin.top,
      bottom,
    ),
    Svg.text(margin.left, height - 4, 'payments', { class: 'tick' }),
    ...published,
    ...drawn,
    ...Svg.spread(labels, 13.5, margin.top, bottom + 6).map((label) =>
      Svg.text(right + 10, label.y, label.text, { class: label.class }),
    ),
  )
}

export const chart = (study: Study, width: number): string => {
  const columns = width > 700 ? 2 : 1
  const each = columns === 2 ? (width - 24) / 2 : width
  return study.workloads.map((workload) => panel(study, workload, each, 300)).join('')
}

/** Gas a payment of a strategy, for a sentence. */
export const gasOf = (study: Study, strategy: string, workload: string, scope: string, payments: number): string => {
  const row = study.rows.find(
    (one) =>
      one.strategy === strategy &&
      one.workload === workload &&
      one.scope === scope &&
      one.payments === payments &&
      one.gasPerPayment !== null,
  )
  const gas = row?.gasPerPayment
  return gas === undefined || gas === null ? '–' : gas < 100 ? gas.toPrecision(3) : whole(gas)
}
