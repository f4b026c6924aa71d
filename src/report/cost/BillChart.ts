/** Where each unit of gas went: a stacked bar a transaction, divided by what it carries. */
import { scaleLinear } from 'd3-scale'
import { type Part, parts, partTitles } from '../../cost/Bill.ts'
import { whole } from './Format.ts'
import type { Study } from './Study.ts'
import * as Svg from './Svg.ts'

/** Parts that take gas; a refund is told in the table. */
const shown: readonly Part[] = parts.filter((part) => part !== 'refund')

const legend = (width: number): { readonly markup: string; readonly height: number } => {
  let [x, y] = [0, 12]
  const items = shown.map((part) => {
    const length = 24 + partTitles[part].length * 7.2
    if (x + length > width) {
      x = 0
      y += 20
    }
    const item =
      Svg.el('rect', { x, y: y - 9, width: 11, height: 11, rx: 2, class: `p-${part}` }) +
      Svg.text(x + 16, y + 1, partTitles[part], { class: 'tick' })
    x += length + 12
    return item
  })
  return { markup: items.join(''), height: y + 22 }
}

export const chart = (study: Study, width: number): string => {
  const key = legend(width)
  const right = width - 150
  const most = Math.max(...study.bills.map(({ gasPerItem }) => gasPerItem))
  const x = scaleLinear([0, most], [0, right])
  const bars = study.bills.map((bill, i) => {
    const y = key.height + 16 + i * 50
    let at = 0
    const pieces = shown.map((part) => {
      const gas = bill.parts[part] / bill.items
      const [from, to] = [x(at), x(at + gas)]
      at += gas
      const label = `${Math.round((gas / bill.gasPerItem) * 100)} %`
      return (
        Svg.el('rect', { x: from, y, width: Math.max(0, to - from), height: 20, class: `p-${part}` }) +
        (to - from > 44
          ? Svg.text((from + to) / 2, y + 14, label, { class: `inside i-${part}`, 'text-anchor': 'middle' })
          : '')
      )
    })
    return [
      Svg.text(0, y - 5, `${bill.title}, a ${bill.item}`, { class: 'bar-name' }),
      ...pieces,
      Svg.text(x(at) + 8, y + 14, `${whole(bill.gasPerItem)} gas`, { class: 'value' }),
    ].join('')
  })
  return Svg.svg(
    width,
    key.height + 16 + study.bills.length * 50,
    'Where each unit of gas went',
    study.bills.map((bill) => `${bill.title}: ${whole(bill.gasPerItem)} gas a ${bill.item}`).join('; '),
    key.markup,
    ...bars,
  )
}
