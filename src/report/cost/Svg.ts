/**
 * A thin layer for drawings as text: elements with escaped attributes, scales from d3, axes and labels that do not lie on one another. It
 * draws on the server; a page carries no script.
 */

export type Attributes = Readonly<Record<string, string | number | undefined>>

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as HTML and XML take it. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] as string)

const round = (value: number): number => Math.round(value * 10) / 10

/** An element; its children are markup already. */
export const el = (name: string, attributes: Attributes = {}, ...children: readonly string[]): string => {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === 'number' ? String(round(value)) : (value as string))}"`)
  return children.length === 0
    ? `<${name}${list.join('')}/>`
    : `<${name}${list.join('')}>${children.join('')}</${name}>`
}

export const text = (x: number, y: number, content: string, attributes: Attributes = {}): string =>
  el('text', { x, y, ...attributes }, escaped(content))

/** A drawing with a title and a description for those who do not see it. */
export const svg = (width: number, height: number, title: string, description: string, ...children: string[]): string =>
  el(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', width, height },
    el('title', {}, escaped(title)),
    el('desc', {}, escaped(description)),
    ...children,
  )

export interface Label {
  readonly y: number
  readonly text: string
  readonly class: string
}

/** Labels that keep a distance: pushed down from the top, then back up from the bottom. */
export const spread = (labels: readonly Label[], least: number, top: number, bottom: number): Label[] => {
  const sorted = labels.toSorted((a, b) => a.y - b.y).map((label) => ({ ...label }))
  let above = top - least
  for (const label of sorted) {
    label.y = Math.max(label.y, above + least)
    above = label.y
  }
  let below = bottom + least
  for (const label of sorted.toReversed()) {
    label.y = Math.min(label.y, below - least)
    below = label.y
  }
  return sorted
}

export interface Tick {
  readonly at: number
  readonly label: string
}

/** Horizontal grid lines with their values to the left. */
export const rows = (ticks: readonly Tick[], left: number, right: number): string =>
  ticks
    .map(
      ({ at, label }) =>
        el('line', { x1: left, x2: right, y1: at, y2: at, class: 'grid' }) +
        text(left - 8, at + 4, label, { class: 'tick', 'text-anchor': 'end' }),
    )
    .join('')

/** Vertical grid lines with their values below. */
export const columns = (ticks: readonly Tick[], top: number, bottom: number): string =>
  ticks
    .map(
      ({ at, label }) =>
        el('line', { x1: at, x2: at, y1: top, y2: bottom, class: 'grid' }) +
        text(at, bottom + 16, label, { class: 'tick', 'text-anchor': 'middle' }),
    )
    .join('')
