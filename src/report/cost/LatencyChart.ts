/** From payment to acceptance and to settlement, on one logarithmic axis. */
import { scaleLog } from 'd3-scale'
import { milliseconds } from './Format.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'
import * as Svg from './Svg.ts'

interface Range {
  readonly label: string
  readonly class: string
  readonly p50: number
  readonly p99: number
}

/** Ways whose payee must wait for the block; what is accepted before is only the sender's word. */
export const needsBlock = (strategy: string): boolean => strategy !== 'channel' && strategy !== 'clearing'

const rangesOf = (study: Study, strategy: string): Range[] => {
  const { accepted, settled } = study.latency
  const mine = accepted.find((row) => row.strategy === strategy)
  const local: Range[] =
    mine === undefined
      ? []
      : [
          {
            label: needsBlock(strategy) ? 'this machine’s part' : 'accepted',
            class: needsBlock(strategy) ? 'faded' : 'accepted',
            p50: mine.p50Ms,
            p99: mine.p99Ms,
          },
        ]
  const networks = Names.shown(study).flatMap((network) => {
    const row = settled.find((one) => one.strategy === strategy && one.network === network)
    return row === undefined
      ? []
      : [{ label: `settled on ${Names.network(study, network)}`, class: 'settled', p50: row.p50Ms, p99: row.p99Ms }]
  })
  return [...local, ...networks]
}

const step = 18

export const chart = (study: Study, width: number): string => {
  const groups = study.strategies
    .filter(({ executed }) => executed)
    .map(({ name }) => ({ name, ranges: rangesOf(study, name) }))
  const values = groups
    .flatMap(({ ranges }) => ranges.flatMap(({ p50, p99 }) => [p50, p99]))
    .filter((value) => value > 0)
  const [left, right] = [width < 600 ? 128 : 172, width - 96]
  const x = scaleLog([Math.min(...values), Math.max(...values)], [left, right]).nice()
  const ticks = [0.1, 1, 10, 100, 1000, 10_000, 60_000, 600_000].filter(
    (ms) => ms >= (x.domain()[0] ?? 0) && ms <= (x.domain()[1] ?? 0),
  )
  let y = 24
  const drawn = groups.map(({ name, ranges }) => {
    const head = Svg.text(0, y + 4, Names.strategy(name), { class: `panel s-${name}` })
    y += step
    const lines = ranges.map((range) => {
      const made = rangeLine(range, name, x, left, y)
      y += step
      return made
    })
    y += 8
    return head + lines.join('')
  })
  return Svg.svg(
    width,
    y + 14,
    'Latency of each way of paying',
    'Median to 99th percentile, from payment to acceptance and to settlement. The table below has every figure.',
    Svg.columns(
      ticks.filter((_, i) => width > 600 || i % 2 === 0).map((ms) => ({ at: x(ms), label: milliseconds(ms) })),
      12,
      y - 4,
    ),
    ...drawn,
  )
}

const rangeLine = (range: Range, strategy: string, x: (value: number) => number, left: number, y: number): string => {
  const [from, to] = [x(range.p50), x(Math.max(range.p99, range.p50))]
  const value =
    range.p50 === range.p99 ? milliseconds(range.p50) : `${milliseconds(range.p50)} – ${milliseconds(range.p99)}`
  return Svg.el(
    'g',
    { class: `s-${strategy} ${range.class}` },
    Svg.text(left - 10, y + 4, range.label, { class: 'bar-name plain', 'text-anchor': 'end' }),
    Svg.el('line', { x1: from, x2: to, y1: y, y2: y, class: 'span thick' }),
    Svg.el('circle', { cx: from, cy: y, r: 4, class: 'dot' }),
    Svg.text(to + 8, y + 4, value, { class: 'value faint' }),
  )
}
