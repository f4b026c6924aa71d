/** How often a robot can afford to pay for its energy: a line a way, from today's price of energy to a thousandth of it. */
import { scaleLog } from 'd3-scale'
import { duration, usd } from './Format.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'
import * as Svg from './Svg.ts'

interface Way {
  readonly label: string
  readonly class: string
  readonly everySeconds: readonly number[]
}

const complete = (values: readonly (number | null)[]): values is readonly number[] =>
  values.every((value) => value !== null && value > 0)

/** Strategies on the networks that are drawn, then networks' own ways, then fixed fees alone; each group from often to seldom. */
const waysOf = (study: Study): { readonly title: string; readonly ways: readonly Way[] }[] => {
  const { afford, fixedFees } = study.energy
  const sorted = (ways: readonly Way[]) => ways.toSorted((a, b) => (a.everySeconds[0] ?? 0) - (b.everySeconds[0] ?? 0))
  const groups = Names.shown(study).map((network) => ({
    title: `on ${Names.network(study, network)}`,
    ways: sorted(
      afford.flatMap((row) =>
        row.network === network && complete(row.everySeconds)
          ? [{ label: Names.strategy(row.strategy), class: `s-${row.strategy}`, everySeconds: row.everySeconds }]
          : [],
      ),
    ),
  }))
  const others: Way[] = [
    ...afford.flatMap((row) =>
      row.strategy === 'own' && complete(row.everySeconds)
        ? [{ label: Names.network(study, row.network), class: 's-own', everySeconds: row.everySeconds }]
        : [],
    ),
    ...fixedFees.map((row) => ({
      label: `${Names.network(study, row.network)}, ${usd(row.fixedUsd)} alone`,
      class: 's-own',
      everySeconds: row.everySeconds,
    })),
  ]
  return [...groups, { title: 'other ways', ways: sorted(others) }].filter(({ ways }) => ways.length > 0)
}

const landmarks = [
  [1, '1 s'],
  [60, '1 min'],
  [3600, '1 h'],
  [86_400, '1 day'],
  [30 * 86_400, '30 days'],
  [365 * 86_400, '1 year'],
  [100 * 365 * 86_400, '100 y'],
] as const

const step = 21

export const chart = (study: Study, width: number): string => {
  const groups = waysOf(study)
  const narrow = width < 600
  const [left, right] = narrow ? [148, width - 64] : [200, width - 78]
  const values = groups.flatMap(({ ways }) => ways.flatMap(({ everySeconds }) => everySeconds))
  const x = scaleLog([Math.min(1, ...values), Math.max(...values)], [left, right])
  const marks = landmarks.filter(([seconds]) => seconds <= Math.max(...values) * 1.01)
  let y = 30
  const drawn = groups.map(({ title, ways }) => {
    const head = Svg.text(0, y + 4, title, { class: 'panel' })
    y += step
    const lines = ways.map((way) => {
      const line = wayLine(way, x, left, y)
      y += step
      return line
    })
    y += 8
    return head + lines.join('')
  })
  const bottom = y - 8
  // Names of landmarks stand close together on a narrow page.
  const named = marks.filter(([, label]) => !narrow || !['1 min', '1 day', '1 year'].includes(label))
  return Svg.svg(
    width,
    bottom + 24,
    'How often a robot can afford to pay for its energy',
    'For each way of paying the time between two payments whose fee is at most the share: with energy at today’s price, and 10, 100 and 1 000 times cheaper.',
    ...marks.map(([seconds]) => Svg.el('line', { x1: x(seconds), x2: x(seconds), y1: 14, y2: bottom, class: 'grid' })),
    ...named.map(([seconds, label]) =>
      Svg.text(x(seconds), bottom + 16, label, { class: 'tick', 'text-anchor': 'middle' }),
    ),
    ...drawn,
  )
}

const wayLine = (
  { label, class: name, everySeconds }: Way,
  x: (value: number) => number,
  left: number,
  y: number,
): string => {
  const [first = 1, last = 1] = [everySeconds[0], everySeconds.at(-1)]
  return Svg.el(
    'g',
    { class: name },
    Svg.text(left - 10, y + 4, label, { class: 'bar-name', 'text-anchor': 'end' }),
    Svg.el('line', { x1: x(first), x2: x(last), y1: y, y2: y, class: 'span' }),
    ...everySeconds.map((seconds, i) =>
      Svg.el('circle', { cx: x(seconds), cy: y, r: i === 0 ? 5 : 3, class: i === 0 ? 'dot' : 'dot open' }),
    ),
    Svg.text(x(last) + 8, y + 4, duration(last), { class: 'value faint' }),
  )
}
