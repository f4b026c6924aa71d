// Lines over the day (or, without an economy, over the last five minutes), by uPlot. Colours follow the page's; each chart says in words
// what it shows, for those who cannot see it.
import { write } from 'page/figures'
import * as F from 'page/format'
import { economyOf, state } from 'page/store'
import uPlot from 'uplot'

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

/**
 * @typedef {{ label: string, colour: string, of: (x: any, i: number, all: any[]) => number | null, show: (value: number) => string, whole?: boolean, fill?: boolean, stepped?: boolean, scale?: string }} Line
 * @typedef {{ id: string, lines: (board: any) => Line[], rows: (board: any) => any[], note: (board: any) => string }} Chart
 */

/** @param {any} board */
const slots = (board) => economyOf(board)?.slots ?? []
/** @param {any} board */
const samplesOrSlots = (board) => (economyOf(board) ? slots(board) : board.samples)
const kw = (value) => F.power(value * 1000)
/** Energy of a slot as mean power, kW. @param {string} field */
const meanKw = (field) => (slot, i, all) => {
  const seconds = slot.clockSeconds - (i === 0 ? 0 : all[i - 1].clockSeconds)
  return seconds <= 0 ? null : (Number(slot[field]) * 3.6) / seconds / 1000
}

/** @type {Chart[]} */
const charts = [
  {
    id: 'c1',
    rows: samplesOrSlots,
    lines: () => [
      {
        label: 'payments a second',
        colour: 'money',
        of: (x) => x.paymentsPerSecond,
        show: (value) => F.count(value),
        whole: true,
        fill: true,
        stepped: true,
      },
    ],
    note: (board) => (economyOf(board) ? 'while payments were made, slot by slot' : 'accepted, the last five minutes'),
  },
  {
    id: 'c2',
    rows: slots,
    lines: () => [
      { label: 'sun', colour: 'energy', of: (x) => x.sunWatts / 1000, show: kw, fill: true },
      {
        label: 'price',
        colour: 'ink',
        of: (x) => Number(x.priceAtomicPerKwh) / 1e6,
        show: (value) => `${F.usd(value)}/kWh`,
        scale: 'price',
        stepped: true,
      },
    ],
    note: () => 'mean power of all producers; price of a kWh on the right',
  },
  {
    id: 'c3',
    rows: samplesOrSlots,
    lines: () => [
      {
        label: 'unsettled',
        colour: 'money',
        of: (x) => Number(x.unsettledAtomic) / 1e6,
        show: (value) => F.usd(value),
        fill: true,
        stepped: true,
      },
    ],
    note: (board) =>
      economyOf(board) ? 'accepted and not yet on chain when the slot ended' : 'accepted and not yet on chain',
  },
  {
    id: 'c4',
    rows: slots,
    lines: () => [
      { label: 'produced', colour: 'energy', of: meanKw('producedMilliWh'), show: kw, fill: true },
      { label: 'used', colour: 'compute', of: meanKw('consumedMilliWh'), show: kw },
      { label: 'curtailed', colour: 'soft', of: meanKw('curtailedMilliWh'), show: kw },
      { label: 'wanted and not had', colour: 'bad', of: meanKw('unmetMilliWh'), show: kw },
    ],
    note: () => 'produced (amber), used (violet), curtailed (grey), wanted and not had (red)',
  },
]

/** @param {any} board @param {any} row */
const xOf = (board, row) => (economyOf(board) ? row.clockSeconds : row.atMs / 1000)

/** @param {string} text @param {number} alpha */
const faded = (text, alpha) => `color-mix(in srgb, ${text} ${alpha}%, transparent)`

/** @type {Map<string, { plot: any, key: string, rows: any[], drawn: string }>} */
const plots = new Map()

/** @param {any} plot @param {Line[]} lines @param {boolean} isDay @param {HTMLElement} tip */
const showTip = (plot, lines, isDay, tip) => {
  const { idx, left } = plot.cursor
  if (idx === null || idx === undefined || left < 0) {
    tip.style.display = 'none'
    return
  }
  const at = plot.data[0][idx]
  const parts = lines.flatMap((line, i) => {
    const value = plot.data[i + 1][idx]
    return value === null || value === undefined ? [] : [`${line.label} ${line.show(value)}`]
  })
  tip.textContent = `${isDay ? F.clock(at) : F.time(at * 1000)} · ${parts.join(' · ')}`
  tip.style.display = 'block'
  const half = tip.offsetWidth / 2
  tip.style.left = `${Math.min(plot.over.clientWidth - half, Math.max(half, left))}px`
  tip.style.top = '18px'
}

/** Steps of an axis that counts: 1, 2, 5, 10, … */
const wholeSteps = Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((step) => step * 10 ** i)).flat()

/** @param {Line[]} lines */
const axes = (lines, isDay) => {
  const common = {
    stroke: colour('soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '12px ui-sans-serif, system-ui, sans-serif',
  }
  const second = lines.find(({ scale }) => scale !== undefined)
  const [first] = lines
  return [
    {
      ...common,
      grid: { show: false },
      space: 70,
      size: 28,
      ...(isDay ? { incrs: [3600, 2 * 3600, 3 * 3600, 4 * 3600, 6 * 3600], values: (_, all) => all.map(F.clock) } : {}),
    },
    {
      ...common,
      size: 70,
      values: (_, all) => all.map((value) => first?.show(value)),
      ...(first?.whole ? { incrs: wholeSteps } : {}),
    },
    ...(second === undefined
      ? []
      : [
          {
            ...common,
            side: 1,
            scale: second.scale,
            grid: { show: false },
            size: 84,
            values: (_, all) => all.map((value) => second.show(value)),
          },
        ]),
  ]
}

const upFromZero = (_, _least, most) => [0, most > 0 ? most * 1.12 : 1]

/** @param {HTMLElement} box @param {Line[]} lines @param {boolean} isDay @param {any} data */
const make = (box, lines, isDay, data) => {
  box.replaceChildren()
  const tip = document.createElement('div')
  tip.className = 'tip'
  const stepped = uPlot.paths.stepped?.({ align: isDay ? -1 : 1 })
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: box.clientHeight,
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: {
        x: { time: !isDay, ...(isDay ? { range: () => [0, 86_400] } : {}) },
        y: { range: upFromZero },
        price: { range: upFromZero },
      },
      axes: axes(lines, isDay),
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          stroke: colour(line.colour),
          width: 2,
          points: { show: false },
          ...(line.scale === undefined ? {} : { scale: line.scale }),
          ...(line.fill ? { fill: faded(colour(line.colour), 16) } : {}),
          ...(line.stepped && stepped !== undefined ? { paths: stepped } : {}),
        })),
      ],
      hooks: { setCursor: [(self) => showTip(self, lines, isDay, tip)] },
    },
    data,
    box,
  )
  plot.over.append(tip)
  return plot
}

/** @param {Chart} chart @param {any} board */
const drawOne = ({ id, lines: linesOf, rows: rowsOf, note }, board) => {
  const box = document.getElementById(id)
  const panel = box.closest('.panel')
  const isDay = economyOf(board) !== null
  panel.hidden = rowsOf === slots && !isDay
  if (panel.hidden || box.clientWidth === 0) return
  const rows = rowsOf(board)
  const last = rows.at(-1)
  const drawn = `${board.economy?.run} ${rows.length} ${last === undefined ? '' : xOf(board, last)}`
  const key = `${box.clientWidth} ${box.clientHeight} ${isDay} ${theme()}`
  const known = plots.get(id)
  if (known !== undefined && known.key === key && known.drawn === drawn) return
  const lines = linesOf(board)
  const data = [rows.map((row) => xOf(board, row)), ...lines.map((line) => rows.map(line.of))]
  if (known === undefined || known.key !== key) {
    known?.plot.destroy()
    plots.set(id, { plot: make(box, lines, isDay, data), key, rows, drawn })
  } else {
    known.plot.setData(data)
    known.drawn = drawn
  }
  write(document.getElementById(`${id}n`), note(board))
  const now = lines.map(
    (line, i) => `${line.label} ${last === undefined ? 'unknown' : line.show(data[i + 1].at(-1) ?? 0)}`,
  )
  box.setAttribute('aria-label', `Chart of ${rows.length} points. Latest: ${now.join(', ')}.`)
}

const dark = matchMedia('(prefers-color-scheme: dark)')
const theme = () => (dark.matches ? 'dark' : 'light')

/** @param {() => void} redraw */
export const prepare = (redraw) => {
  dark.addEventListener('change', redraw)
  addEventListener('resize', redraw)
}

export const draw = () => {
  if (state.board !== undefined) for (const chart of charts) drawOne(chart, state.board)
}
