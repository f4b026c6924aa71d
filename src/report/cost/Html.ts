/** Pieces of the page: tables, figures in a wide and a narrow form, sections with the sentence that says what they mean. */
import { escaped } from './Svg.ts'
import type { Cell, Table } from './Tables.ts'

export { escaped }

/** A chart twice: for a page and for a phone; the one that is not shown is not read out either. */
export const figure = (draw: (width: number) => string, caption: string, columns = false): string => {
  const grid = columns ? ' grid-2' : ''
  return `<figure><div class="wide${grid}">${draw(930)}</div><div class="narrow${grid}">${draw(358)}</div><figcaption>${caption}</figcaption></figure>`
}

export interface View {
  readonly caption: string
  readonly head: readonly string[]
  /** Cells are markup; the first of a row is its head. */
  readonly rows: readonly (readonly string[])[]
}

/** A table under its name; what is too wide for a phone is scrolled beneath it. */
export const scrolled = (caption: string, markup: string): string =>
  `<h3>${caption}</h3><div class="scroll" tabindex="0" role="group" aria-label="${caption.replace(/<[^>]*>/g, '')}">${markup}</div>`

export const table = ({ caption, head, rows }: View, name = ''): string => {
  const top = `<tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr>`
  const body = rows
    .map(
      ([first = '', ...cells]) =>
        `<tr><th scope="row">${first}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
    )
    .join('')
  return scrolled(caption, `<table class="${name}"><thead>${top}</thead><tbody>${body}</tbody></table>`)
}

const shown = (cell: Cell): string => {
  if (cell === null) return '–'
  return typeof cell === 'number' ? String(Number(cell.toPrecision(6))) : escaped(cell)
}

/** A table as it is in the files, folded. */
export const folded = ({ title, columns, rows, name }: Table): string => {
  const view = { caption: escaped(title), head: columns.map(escaped), rows: rows.map((row) => row.map(shown)) }
  return `<details><summary>All figures: ${escaped(title.toLowerCase())} (${rows.length} rows; <code>tables/${name}.csv</code>)</summary>${table(view)}</details>`
}

export interface Section {
  readonly id: string
  readonly title: string
  /** What it means, in a sentence or two. */
  readonly meaning: string
  readonly body: readonly string[]
}

export const section = ({ id, title, meaning, body }: Section, number: number): string =>
  `<section id="${id}" aria-labelledby="${id}-title"><div class="number">${number}</div><h2 id="${id}-title">${title}</h2><p class="meaning">${meaning}</p>${body.join('')}</section>`
