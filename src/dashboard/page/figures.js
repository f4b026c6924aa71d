// The strip of key figures, the day's sky, the state of the run, and what a payment costs by each way of paying.
import * as F from 'page/format'
import { economyOf, state } from 'page/store'

/** @param {string} id */
const byId = (id) => document.getElementById(id)

/** Writes only what changed, so that nothing flickers and screen readers are left alone. @param {Element} element @param {string} text */
export const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text
}

/** @param {any} pulse @param {string} network @param {string} strategy */
const feeOf = (pulse, network, strategy) =>
  pulse.fees.find((fee) => fee.network === network && fee.strategy === strategy)

/** @param {any} board */
const feeText = ({ pulse }) => {
  const fee = feeOf(pulse, 'base', 'clearing') ?? pulse.fees[0]
  if (fee === undefined) return { value: '–', sub: 'nothing settled yet' }
  const direct = feeOf(pulse, fee.network, 'transfer')
  const ratio =
    direct === undefined ? '' : ` · a transfer: ${F.three(Number(direct.usdPerPayment) / Number(fee.usdPerPayment))}×`
  return { value: F.usd(Number(fee.usdPerPayment)), sub: `on ${title(fee.network)}${ratio}` }
}

/** @param {string} text */
export const title = (text) => text.charAt(0).toUpperCase() + text.slice(1)

/** Each figure: its name, and its value and what stands below it. @type {readonly (readonly [string, (board: any) => { value: string, unit?: string, sub: string }])[]} */
/** Why what was accepted does not get on chain. */
const reasons = {
  coin: 'the key has too little coin for gas',
  key: 'the contract takes another key',
  refused: 'it fails again and again',
  stuck: 'a transaction is not mined',
}

const isHeldUp = (settlement) => (settlement?.reasons.length ?? 0) > 0

const heldUp = ({ reasons: found, code }) =>
  `not settling: ${found.map((reason) => reasons[reason]).join(', ')}${code === null ? '' : ` (${code})`}`

const figures = [
  [
    'Payments',
    ({ pulse, economy }) => {
      const all = `${F.count(pulse.payments)} in all · ${F.dollars(pulse.valueAtomic)}`
      if (state.connection !== 'recorded' && economy?.state !== 'finished')
        return { value: F.count(pulse.paymentsPerSecond), unit: 'a second', sub: all }
      return { value: F.count(pulse.payments), unit: 'in all', sub: F.dollars(pulse.valueAtomic) }
    },
  ],
  [
    'Sent → receipt',
    (board) => {
      const economy = economyOf(board)
      const last = economy?.slots.findLast((slot) => slot.acceptMs.p50 !== null)
      if (last === undefined) return { value: '–', sub: 'measured by payers in a run' }
      return {
        value: F.milliseconds(last.acceptMs.p50),
        unit: 'median',
        sub: `p95 ${F.milliseconds(last.acceptMs.p95)} · p99 ${F.milliseconds(last.acceptMs.p99)}`,
      }
    },
  ],
  ['Fee a payment', feeText],
  [
    'Unsettled',
    ({ pulse }) => ({
      value: F.dollars(pulse.unsettledAtomic),
      sub:
        pulse.funds === undefined
          ? `${F.count(pulse.unsettledMembers)} accounts`
          : `pool ${F.dollars(pulse.funds.poolAtomic)} · reserves ${F.dollars(pulse.funds.reservesAtomic)}`,
    }),
  ],
  [
    'Settled on chain',
    ({ pulse: { settled, settlement } }) => ({
      value: F.count(settled.transactions),
      unit: 'transactions',
      sub: isHeldUp(settlement)
        ? heldUp(settlement)
        : settled.payments === 0
          ? 'none yet'
          : `${F.count(Number(settled.gasUsed) / settled.payments)} gas a payment`,
    }),
  ],
  [
    'Energy',
    (board) => {
      const { pulse } = board
      const economy = economyOf(board)
      const last = economy?.slots.at(-1)
      if (last === undefined)
        return {
          value: F.count(pulse.block),
          unit: 'block',
          sub: `chain time ${new Date(Number(pulse.chainSeconds) * 1000).toISOString().slice(0, 16).replace('T', ' ')}`,
        }
      return { value: F.usd(Number(last.priceAtomicPerKwh) / 1e6), unit: 'a kWh', sub: `sun ${F.power(last.sunWatts)}` }
    },
  ],
]

export const prepare = () => {
  byId('kpis').innerHTML = figures
    .map(
      ([name], i) =>
        `<div class="kpi"><h3>${i === 5 ? '' : name}</h3><p class="value"><span></span><span class="unit"></span></p><p class="sub"></p></div>`,
    )
    .join('')
}

const drawFigures = () => {
  const cards = byId('kpis').children
  figures.forEach(([name, of], i) => {
    const card = cards[i]
    const { value, unit = '', sub } = of(state.board)
    const [heading, line, below] = [...card.children]
    write(heading, name === 'Energy' && economyOf(state.board) === null ? 'Chain' : name)
    write(line.children[0], value)
    write(line.children[1], unit === '' ? '' : ` ${unit}`)
    write(below, sub)
    below.setAttribute('title', sub)
  })
}

const skyHeight = 36
const skyWidth = 480

/** The sun's power over the day so far, and where in the day it is. */
const drawDay = () => {
  const economy = state.board?.economy
  byId('day').hidden = economyOf(state.board) === null
  write(
    byId('subtitle'),
    economy ? `${title(economy.scenario.name)} – ${economy.scenario.question}` : 'a payment ledger for a robot economy',
  )
  if (economyOf(state.board) === null) return
  const { slots, scenario } = economy
  const last = slots.at(-1)
  write(byId('clock'), F.clock(last?.clockSeconds ?? 0))
  write(byId('slot'), `slot ${slots.length} of ${scenario.slots}`)
  const most = Math.max(1, ...slots.map((slot) => slot.sunWatts))
  const width = skyWidth / scenario.slots
  const points = slots.map(
    (slot) =>
      `${((slot.slot + 1) * width).toFixed(1)},${(skyHeight - 3 - (slot.sunWatts / most) * (skyHeight - 8)).toFixed(1)}`,
  )
  const now = (slots.length * width).toFixed(1)
  const sky =
    points.length === 0
      ? ''
      : `<polygon points="0,${skyHeight} ${points.join(' ')} ${now},${skyHeight}" fill="var(--energy)" opacity=".75"/>`
  const svg = byId('daysky')
  const drawn = `${sky}<rect x="${now}" y="0" width="2" height="${skyHeight}" fill="var(--ink)"/>`
  if (svg.dataset['drawn'] !== drawn) {
    svg.dataset['drawn'] = drawn
    svg.setAttribute('viewBox', `0 0 ${skyWidth} ${skyHeight}`)
    svg.innerHTML = drawn
    svg.setAttribute(
      'aria-label',
      `Sunlight over the day so far; now ${F.clock(last?.clockSeconds ?? 0)}, ${F.power(last?.sunWatts ?? 0)}`,
    )
  }
}

/** @returns {{ state: string, text: string }} */
const statusOf = () => {
  const { connection, board } = state
  if (connection === 'recorded') return { state: 'recorded', text: 'recorded run' }
  if (connection === 'offline') return { state: 'offline', text: 'offline' }
  if (connection === 'connecting' || board === undefined) return { state: 'connecting', text: 'connecting' }
  if (board.pulse.state === 'readOnly') return { state: 'offline', text: 'reads only' }
  if (board.economy?.state === 'paused' || board.economy?.controls.paused) return { state: 'paused', text: 'paused' }
  if (board.economy?.state === 'preparing') return { state: 'preparing', text: 'preparing' }
  return { state: 'live', text: board.economy?.state === 'finished' ? 'finished' : 'live' }
}

const drawStatus = () => {
  const { state: name, text } = statusOf()
  byId('status').dataset['state'] = name
  write(byId('statustext'), text)
  const isOffline = state.connection === 'offline'
  byId('notice').hidden = !isOffline
  write(
    byId('notice'),
    isOffline ? 'The service does not answer. What you see is as it was; this page tries again every second.' : '',
  )
  document.body.classList.toggle('still', name !== 'live')
  document.body.classList.toggle('noeconomy', !state.board?.economy)
}

/** From a hundred-millionth of a dollar to a dollar. */
const [least, decades] = [-8, 8]

/** @param {any} fee */
const wayName = ({ network, strategy }) =>
  strategy === 'clearing'
    ? `Cleared, settled on ${title(network)}`
    : strategy === 'transfer'
      ? `A transfer each on ${title(network)}`
      : title(strategy)

const drawWays = () => {
  const fees = [...(state.board?.pulse.fees ?? [])].sort((a, b) => Number(a.usdPerPayment) - Number(b.usdPerPayment))
  const box = byId('ways')
  if (fees.length === 0) {
    if (box.childElementCount === 0) box.innerHTML = '<p class="empty">Shown after the first settlement.</p>'
    return
  }
  if (box.querySelectorAll('.way').length !== fees.length)
    box.innerHTML = fees
      .map(() => '<div class="way"><div class="line"><span></span><b></b></div><div class="bar"><i></i></div></div>')
      .join('')
  fees.forEach((fee, i) => {
    const way = box.children[i]
    const value = Number(fee.usdPerPayment)
    const share = fee.shareOfValue === null ? '' : ` · ${F.three(Number(fee.shareOfValue) * 100)} %`
    way.classList.toggle('ours', fee.strategy === 'clearing')
    write(way.querySelector('span'), wayName(fee))
    write(way.querySelector('b'), `${F.usd(value)}${share}`)
    const width = Math.min(1, Math.max(0.01, (Math.log10(value) - least) / decades))
    way.querySelector('i').style.width = `${(width * 100).toFixed(1)}%`
  })
  const { payments } = state.board.pulse.settled
  const value = Number(state.board.pulse.valueAtomic)
  if (payments > 0)
    write(
      byId('waysnote'),
      `An average payment here is ${F.usd(value / 1e6 / Math.max(1, state.board?.pulse.payments))}. Gas is measured; prices of gas and coins are assumed, see the report.`,
    )
}

export const draw = () => {
  drawStatus()
  if (state.board === undefined) return
  drawFigures()
  drawDay()
  drawWays()
}
