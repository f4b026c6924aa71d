/** Fee a payment on each network: bars from zero, one small panel a network, each with its own scale. */
import { scaleLinear } from 'd3-scale'
import { percent, usd } from './Format.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'
import * as Svg from './Svg.ts'

const barHeight = 12
const step = 20

/** The fees of a network at the main workload's largest executed size. */
export const feesOf = (study: Study, network: string, scope: string) => {
  const { workload, payments } = Names.main(study)
  return study.strategies.flatMap(({ name }) => {
    const row = study.rows.find(
      (one) =>
        one.strategy === name &&
        one.workload === workload &&
        one.payments === payments &&
        one.network === network &&
        one.scope === scope,
    )
    if (row === undefined || row.usdPerPayment === null || row.shareOfValue === null) return []
    return [{ name, usd: row.usdPerPayment, share: row.shareOfValue }]
  })
}

const panel = (study: Study, { name, title }: Study['networks'][number], width: number): string => {
  const fees = feesOf(study, name, 'life')
  const [left, right] = [120, width - 132]
  const x = scaleLinear([0, Math.max(...fees.map((fee) => fee.usd))], [left, right])
  const bars = fees.map((fee, i) => {
    const y = 28 + i * step
    return (
      Svg.text(left - 8, y + 10, Names.strategy(fee.name), { class: `bar-name s-${fee.name}`, 'text-anchor': 'end' }) +
      Svg.el('rect', {
        x: left,
        y,
        width: Math.max(1, x(fee.usd) - left),
        height: barHeight,
        rx: 2,
        class: `bar s-${fee.name}`,
      }) +
      Svg.text(x(fee.usd) + 6, y + 10, `${usd(fee.usd)}  ·  ${percent(fee.share)}`, { class: 'value' })
    )
  })
  return Svg.svg(
    width,
    28 + fees.length * step + 6,
    `Fee a payment on ${title}`,
    fees.map((fee) => `${Names.strategy(fee.name)} ${usd(fee.usd)}, ${percent(fee.share)} of the value`).join('; '),
    Svg.text(0, 14, title, { class: 'panel' }),
    ...bars,
  )
}

export const chart = (study: Study, width: number): string => {
  const each = width > 700 ? (width - 24) / 2 : width
  return Names.onGas(study)
    .map((network) => panel(study, network, each))
    .join('')
}
