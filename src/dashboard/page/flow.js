// Who pays whom: classes of participants as nodes, what goes between them as ribbons whose width is the amount. Drawn once for each shape
// (who is there, how wide the page is); afterwards only widths and labels change, so nothing jumps.
import { write } from 'page/figures'
import * as F from 'page/format'
import { economyOf, state } from 'page/store'

/** Where a class stands, as shares of width and height: on a wide page from left to right, on a narrow one from top to bottom. */
const places = {
  customer: {
    wide: [0.09, 0.5],
    narrow: [0.5, 0.07],
    icon: 'M-7 7c0-5 3-7 7-7s7 2 7 7M0-2a4 4 0 1 0 0-8 4 4 0 0 0 0 8',
  },
  robot: { wide: [0.37, 0.5], narrow: [0.5, 0.35], icon: 'M-7-3h14v10h-14zM0-3v-5M-3 1v1M3 1v1' },
  site: { wide: [0.65, 0.2], narrow: [0.22, 0.66], icon: 'M-7-8h14v6h-14zM-7 1h14v6h-14zM-4-5h1M-4 4h1' },
  station: { wide: [0.65, 0.8], narrow: [0.78, 0.66], icon: 'M1-9l-7 10h5l-1 8 7-10h-5z' },
  storage: { wide: [0.91, 0.86], narrow: [0.78, 0.94], icon: 'M-8-5h14v10h-14zM6-2h2v4h-2M-5-2v4M-1-2v4' },
  producer: {
    wide: [0.91, 0.5],
    narrow: [0.22, 0.94],
    icon: 'M0-4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M0-9v2M0 7v2M-9 0h2M7 0h2M-6-6l1 1M5 5l1 1M-6 6l1-1M5-5l1-1',
  },
}

/** @type {Record<string, [string, string]>} */
const plural = {
  customer: ['customer', 'customers'],
  robot: ['robot', 'robots'],
  site: ['compute site', 'compute sites'],
  station: ['charging station', 'charging stations'],
  producer: ['solar producer', 'solar producers'],
  storage: ['battery', 'batteries'],
}

/** @param {string} role */
export const roleName = (role) => plural[role]?.[1] ?? role

const nodeSize = [118, 62]

/** @param {any[]} slots @param {number} window */
const sum = (slots, window) => {
  /** @type {Map<string, { from: string, to: string, kind: string, amount: bigint, count: number }>} */
  const all = new Map()
  for (const { flows } of slots.slice(-window))
    for (const { from, to, kind, amount, count } of flows) {
      const key = `${from} ${to} ${kind}`
      const known = all.get(key) ?? { from, to, kind, amount: 0n, count: 0 }
      known.amount += BigInt(amount)
      known.count += count
      all.set(key, known)
    }
  return all
}

/** @param {string} kind @param {bigint} amount */
const label = (kind, amount) =>
  kind === 'money' ? F.dollars(amount) : kind === 'energy' ? F.energy(amount) : `${F.short(Number(amount))} units`

/** @param {number} width @param {number} height @param {string} role @returns {[number, number]} */
const centre = (width, height, role) => {
  const [x, y] = places[role]?.[width < 640 ? 'narrow' : 'wide'] ?? [0.5, 0.5]
  return [
    Math.min(width - nodeSize[0] / 2 - 1, Math.max(nodeSize[0] / 2 + 1, x * width)),
    Math.min(height - nodeSize[1] / 2 - 1, Math.max(nodeSize[1] / 2 + 1, y * height)),
  ]
}

/** The middle line of a ribbon, and where its label stands. @param {number} width @param {number} height @param {{ from: string, to: string }} flow @param {number} lane */
const path = (width, height, { from, to }, lane) => {
  const [[ax, ay], [bx, by]] = [centre(width, height, from), centre(width, height, to)]
  if (from === to) {
    const [right, top] = [ax + nodeSize[0] / 2, ay - nodeSize[1] / 2]
    // Beside the node where the page is narrow, because there its neighbours stand above and below.
    if (width < 640)
      return {
        d: `M${right} ${ay - 18}C${right + 62} ${ay - 44} ${right + 62} ${ay + 44} ${right} ${ay + 18}`,
        x: right + 46,
        y: ay - 34,
      }
    return {
      d: `M${ax - 26} ${top}C${ax - 60} ${top - 70} ${ax + 60} ${top - 70} ${ax + 26} ${top}`,
      x: ax,
      y: top - 58,
    }
  }
  // On a page too small for two nodes side by side they lie on each other; what goes between them has no direction then.
  const length = Math.hypot(bx - ax, by - ay) || 1
  // Both directions between two nodes see the same normal, so that lanes never cross.
  const flip = from < to ? 1 : -1
  const [nx, ny] = [(-(by - ay) / length) * flip, ((bx - ax) / length) * flip]
  const [sx, sy, ex, ey] = [ax + nx * lane, ay + ny * lane, bx + nx * lane, by + ny * lane]
  const bend = width < 640 ? [0, (ey - sy) / 2.4] : [(ex - sx) / 2.4, 0]
  const d = `M${sx} ${sy}C${sx + bend[0]} ${sy + bend[1]} ${ex - bend[0]} ${ey - bend[1]} ${ex} ${ey}`
  // Where ribbons run upright their labels stand below each other instead of on each other.
  const below = Math.abs(bx - ax) < 40 ? lane * 0.8 : 0
  return { d, x: (sx + ex) / 2, y: (sy + ey) / 2 + below }
}

/** Lanes beside each other for what goes between the same two nodes. @param {string[]} keys */
const lanesOf = (keys) => {
  /** @type {Map<string, string[]>} */
  const pairs = new Map()
  for (const key of keys) {
    const [from = '', to = ''] = key.split(' ')
    const pair = [from, to].sort().join(' ')
    pairs.set(pair, [...(pairs.get(pair) ?? []), key])
  }
  return new Map(
    [...pairs.values()].flatMap((pair) =>
      pair.map((key, i) => [key, (i - (pair.length - 1) / 2) * Math.min(30, 40 / Math.max(1, pair.length - 1))]),
    ),
  )
}

let shape = ''

/** @param {HTMLElement} box @param {string[]} keys @param {Map<string, number>} counts */
const build = (box, keys, counts) => {
  const [width, height] = [box.clientWidth, box.clientHeight]
  const lanes = lanesOf(keys)
  const roles = [...counts.keys()]
  const lines = keys.map((key) => {
    const [from = '', to = '', kind = ''] = key.split(' ')
    const { d, x, y } = path(width, height, { from, to }, lanes.get(key) ?? 0)
    return {
      ribbon: `<path class="ribbon ${kind}" d="${d}"/><path class="thread ${kind}" d="${d}"/>`,
      label: `<text class="flowlabel ${kind}" x="${x}" y="${y + 4}" text-anchor="middle"></text>`,
    }
  })
  const nodes = roles.map((role) => {
    const [x, y] = centre(width, height, role)
    const [w, h] = nodeSize
    return `<g class="node" transform="translate(${x} ${y})"><rect x="${-w / 2}" y="${-h / 2}" width="${w}" height="${h}" rx="12"/><path class="icon" transform="translate(0 ${-h / 2 + 15}) scale(.85)" d="${places[role]?.icon ?? ''}"/><text class="name" y="9" text-anchor="middle"></text><text class="count" y="24" text-anchor="middle"></text></g>`
  })
  box.innerHTML = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="flowh flownote">${lines.map(({ ribbon }) => ribbon).join('')}${nodes.join('')}${lines.map((line) => line.label).join('')}</svg>`
  box.querySelectorAll('.node').forEach((node, i) => {
    const role = roles[i] ?? ''
    const number = counts.get(role) ?? 0
    write(node.querySelector('.name'), `${F.count(number)}`)
    write(node.querySelector('.count'), (plural[role] ?? [role, role])[number === 1 ? 0 : 1])
  })
}

export const draw = () => {
  const economy = economyOf(state.board)
  const box = document.getElementById('flow')
  const panel = box.closest('.panel')
  panel.hidden = !economy
  if (!economy || box.clientWidth === 0) return
  const isWhole = state.connection === 'recorded' || economy.state === 'finished'
  const window = isWhole ? economy.slots.length : Math.max(1, Math.round(economy.scenario.slots / 24))
  const all = sum(economy.slots, economy.slots.length)
  const recent = sum(economy.slots, window)
  const counts = new Map(Object.keys(places).map((role) => [role, 0]))
  for (const { role } of economy.participants) counts.set(role, (counts.get(role) ?? 0) + 1)
  for (const [role, number] of counts) if (number === 0) counts.delete(role)
  const keys = [...all.keys()]
    .filter((key) =>
      key
        .split(' ')
        .slice(0, 2)
        .every((role) => counts.has(role)),
    )
    .sort()
  document.getElementById('computekey').hidden = !keys.some((key) => key.endsWith(' compute'))
  const next = [box.clientWidth, box.clientHeight, ...keys, ...counts].join()
  if (next !== shape) {
    shape = next
    build(box, keys, counts)
  }
  write(document.getElementById('flownote'), isWhole ? 'over the whole day' : 'over the last hour of the simulated day')
  /** @type {Record<string, number>} */
  const most = {}
  for (const { kind, amount } of recent.values()) most[kind] = Math.max(most[kind] ?? 0, Number(amount))
  const [ribbons, threads, labels] = ['.ribbon', '.thread', '.flowlabel'].map((each) => box.querySelectorAll(each))
  keys.forEach((key, i) => {
    const kind = key.split(' ')[2] ?? ''
    const amount = recent.get(key)?.amount ?? 0n
    const width = amount === 0n ? 1 : 3 + 23 * Math.sqrt(Number(amount) / (most[kind] ?? 1))
    const ribbon = ribbons[i]
    ribbon.style.strokeWidth = width.toFixed(1)
    threads[i].style.display = amount === 0n ? 'none' : ''
    write(labels[i], amount === 0n ? '' : label(kind, amount))
  })
}
