/** Fee share against turnover per member and settlement: two straight lines per network on logarithmic axes, and where the workloads are. */
import { scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { percent, usdShort } from './Format.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'
import * as Svg from './Svg.ts'

const margin = { top: 30, right: 150, bottom: 40, left: 58 }
const height = 300

const decades = (low: number, high: number): number[] => {
  const from = Math.ceil(Math.log10(low) - 1e-9)
  return Array.from({ length: Math.floor(Math.log10(high) + 1e-9) - from + 1 }, (_, i) => 10 ** (from + i))
}

const panel = (study: Study, network: string, width: number): string => {
  const of = (scope: string) => study.turnover.filter((point) => point.network === network && point.scope === scope)
  const places = study.places.filter((place) => place.network === network && place.scope === 'life')
  const [right, bottom] = [width - margin.right, height - margin.bottom]
  const x = scaleLog([1e-5, 1e3], [margin.left, right])
  const y = scaleLog([1e-4, 1e3], [bottom, margin.top]).clamp(true)
  const path = line<{ turnoverUsd: number; feeShare: number }>(
    (point) => x(point.turnoverUsd),
    (point) => y(point.feeShare),
  )
  const inside = ({ feeShare }: { feeShare: number }) => feeShare <= 1e3 && feeShare >= 1e-4
  const curve = (scope: string, name: string) =>
    Svg.el('g', { class: name }, Svg.el('path', { d: path(of(scope).filter(inside)) ?? '', class: 'curve' }))
  const limit = y(study.share)
  return Svg.svg(
    width,
    height,
    `Fee share against turnover on ${Names.network(study, network)}`,
    'The more is settled per member, the smaller the fee’s share. The table below has every figure.',
    Svg.text(0, 14, Names.network(study, network), { class: 'panel' }),
    Svg.rows(
      decades(1e-4, 1e3).map((value) => ({ at: y(value), label: percent(value) })),
      margin.left,
      right,
    ),
    Svg.columns(
      decades(1e-5, 1e3)
        .filter((_, i) => i % 2 === 0)
        .map((value) => ({ at: x(value), label: usdShort(value) })),
      margin.top,
      bottom,
    ),
    Svg.text(margin.left, height - 4, 'settled per member and settlement', { class: 'tick' }),
    Svg.el(
      'g',
      { class: 's-transfer' },
      Svg.el('line', { x1: margin.left, x2: right, y1: limit, y2: limit, class: 'span' }),
    ),
    curve('life', 's-clearing'),
    curve('settlement', 's-clearing thin dashed'),
    ...places.map((place) =>
      Svg.el(
        'g',
        { class: 's-channel' },
        Svg.el('circle', { cx: x(place.turnoverUsd), cy: y(place.feeShare), r: 3.5, class: 'dot' }),
      ),
    ),
    ...Svg.spread(
      places.map((place) => ({
        y: y(place.feeShare) + 4,
        text: `${place.workload} ${percent(place.feeShare)}`,
        class: 'label s-channel',
      })),
      14,
      margin.top,
      bottom + 6,
    ).map((label) => Svg.text(right + 10, label.y, label.text, { class: label.class })),
  )
}

export const chart = (study: Study, width: number): string => {
  const each = width > 700 ? (width - 24) / 2 : width
  return Names.shown(study)
    .map((network) => panel(study, network, each))
    .join('')
}
