/** The smallest payment worth making, as a table whose cells are coloured by it: green for less than a cent, towards brown for more. */
import { scaleLog } from 'd3-scale'
import { percent, usdShort } from './Format.ts'
import * as Html from './Html.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'

type List = Study['smallest']

/** A hundredth of a cent and less is full green, a cent is white, ten dollars and more full brown. */
const green = scaleLog([1e-4, 1e-2], [0.62, 0]).clamp(true)
const brown = scaleLog([1e-2, 10], [0, 0.62]).clamp(true)

const colour = (usd: number): string =>
  usd < 1e-2
    ? `rgba(var(--heat), ${green(Math.max(usd, 1e-9)).toFixed(2)})`
    : `rgba(var(--cold), ${brown(usd).toFixed(2)})`

const cell = (usd: number | null | undefined): string => {
  if (usd === undefined) return '<td>–</td>'
  if (usd === null) return '<td style="background:rgba(var(--cold), .62)">never</td>'
  return `<td style="background:${colour(usd)}">${usdShort(usd)}</td>`
}

const head = (study: Study): string =>
  `<tr><th scope="col"></th>${Names.strategiesOnGas(study)
    .map(({ name }) => `<th scope="col">${Html.escaped(Names.strategy(name)).replace('authori', 'authori\u00ad')}</th>`)
    .join('')}</tr>`

const rowOf = (study: Study, list: List, network: Study['networks'][number]): string => {
  const of = (strategy: string) => list.find((row) => row.strategy === strategy && row.network === network.name)?.usd
  return `<tr><th scope="row">${Html.escaped(network.title)}</th>${Names.strategiesOnGas(study)
    .map(({ name }) => cell(of(name)))
    .join('')}</tr>`
}

/** @param list for one workload */
export const map = (study: Study, list: List, caption: string): string => {
  const body = Names.onGas(study).map((network) => rowOf(study, list, network))
  return Html.scrolled(
    caption,
    `<table class="heat"><thead>${head(study)}</thead><tbody>${body.join('')}</tbody></table>`,
  )
}

/** Networks that have a way of their own, and what stands in the way of small payments there. */
export const beside = (study: Study): string => {
  const rows = Names.own(study).map(({ name, title, note }) => {
    const usd = study.smallest.find((row) => row.network === name)?.usd
    return `<tr><th scope="row">${Html.escaped(title)}</th>${cell(usd)}<td class="text">${Html.escaped(note ?? '')}${usd === null ? ` Its percentage alone is more than ${percent(study.share)}.` : ''}</td></tr>`
  })
  return rows.length === 0
    ? ''
    : Html.scrolled(
        'Beside them: one payment in a network’s own way',
        `<table class="heat"><tbody>${rows.join('')}</tbody></table>`,
      )
}
