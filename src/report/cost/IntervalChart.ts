/** Batch interval against cost and against value at risk: two panels over one axis, all logarithmic. */
import { scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { duration, usdShort } from './Format.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'
import * as Svg from './Svg.ts'

interface Series {
  readonly label: string
  readonly class: string
  readonly values: readonly number[]
}

const powers = (least: number, most: number): number[] => {
  const from = Math.floor(Math.log10(least) + 1e-9)
  const to = Math.ceil(Math.log10(most) - 1e-9)
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i))
}

const panel = (
  title: string,
  series: readonly Series[],
  seconds: readonly number[],
  x: (value: number) => number,
  [left, right, top, bottom]: readonly [number, number, number, number],
): string => {
  const values = series.flatMap((one) => one.values.filter((value) => value > 0))
  const ticks = powers(Math.min(...values), Math.max(...values))
  const y = scaleLog([ticks[0] as number, ticks.at(-1) as number], [bottom, top])
  const path = line<readonly [number, number]>(
    ([at]) => x(at),
    ([, value]) => y(value),
  )
  const drawn = series.map(({ class: name, values: list }) => {
    const points = list.map((value, i) => [seconds[i] as number, value] as const).filter(([, value]) => value > 0)
    return Svg.el(
      'g',
      { class: name },
      Svg.el('path', { d: path(points) ?? '', class: 'curve' }),
      ...points.map(([at, value]) => Svg.el('circle', { cx: x(at), cy: y(value), r: 3, class: 'dot' })),
    )
  })
  const labels = series.map(({ label, class: name, values: list }) => ({
    y: y(list.at(-1) || (ticks[0] as number)) + 4,
    text: label,
    class: `label ${name}`,
  }))
  return [
    Svg.text(0, top - 16, title, { class: 'panel' }),
    Svg.rows(
      ticks.map((value) => ({ at: y(value), label: usdShort(value) })),
      left,
      right,
    ),
    ...drawn,
    ...Svg.spread(labels, 14, top, bottom + 6).map((label) =>
      Svg.text(right + 10, label.y, label.text, { class: label.class }),
    ),
  ].join('')
}

export const chart = (study: Study, width: number): string => {
  const { rows } = study.intervals
  const seconds = rows.map((row) => row.seconds)
  const [left, right] = [58, width - (width < 600 ? 118 : 178)]
  const x = scaleLog([seconds[0] as number, seconds.at(-1) as number], [left, right])
  const cost = Names.shown(study).map((network, i) => ({
    label: Names.network(study, network),
    class: i === 0 ? 's-clearing' : 's-channel',
    values: rows.map((row) => row.costs.find((one) => one.network === network)?.usdPerPayment ?? 0),
  }))
  const risk = [
    { label: 'owed, on average', class: 's-transfer', values: rows.map((row) => row.exposure.meanUsd) },
    { label: 'owed, at most', class: 's-authorization', values: rows.map((row) => row.exposure.mostUsd) },
    { label: 'reserves that cover', class: 's-multicall', values: rows.map((row) => row.reservesUsd) },
  ]
  const [split, height] = [190, 430]
  return Svg.svg(
    width,
    height,
    'Batch interval against cost and value at risk',
    'The longer payments wait for their settlement, the less each costs and the more is owed meanwhile. The table below has every figure.',
    Svg.columns(
      seconds.map((value) => ({ at: x(value), label: duration(value) })).filter((_, i) => width > 600 || i % 2 === 0),
      30,
      height - 34,
    ),
    Svg.text(left, height - 2, 'time between settlements', { class: 'tick' }),
    panel('cost of a payment', cost, seconds, x, [left, right, 30, split]),
    panel('accepted and not yet settled', risk, seconds, x, [left, right, split + 50, height - 34]),
  )
}
