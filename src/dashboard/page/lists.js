// Settlements and participants. Rows are kept and refilled rather than made anew, so that a focused button stays focused.
import { write } from 'page/figures'
import { roleName } from 'page/flow'
import * as F from 'page/format'
import { openAccount } from 'page/ledger'
import { changed, economyOf, state } from 'page/store'

const byId = (id) => document.getElementById(id)

/** Makes a table's body have so many rows. @param {Element} body @param {number} wanted @param {() => HTMLTableRowElement} make */
const size = (body, wanted, make) => {
  while (body.children.length < wanted) body.append(make())
  while (body.children.length > wanted) body.lastElementChild?.remove()
}

/** @param {readonly string[]} classes */
const row = (classes) => () => {
  const line = document.createElement('tr')
  for (const name of classes) {
    const cell = document.createElement('td')
    cell.className = name
    line.append(cell)
  }
  return line
}

const settlementRow = row(['mono', 'num', 'num', 'num', 'num'])

const drawSettlements = () => {
  const board = state.board
  const list = board.settlements.slice(-100).reverse()
  const body = byId('settlements').tBodies[0]
  size(body, list.length, settlementRow)
  list.forEach((settlement, i) => {
    const cells = body.children[i].children
    const texts = [
      F.cut(settlement.transaction),
      F.count(settlement.block),
      F.count(settlement.members),
      settlement.payments === 0 ? '″' : F.count(settlement.payments),
      F.count(settlement.gasUsed),
    ]
    texts.forEach((text, at) => {
      write(cells[at], text)
    })
    cells[0].title = settlement.transaction
  })
  const { settled } = board.pulse
  write(
    byId('sn'),
    settled.transactions === 0
      ? 'none yet'
      : `${F.count(settled.transactions)} transactions, ${F.count(settled.members)} accounts, ${F.short(Number(settled.gasUsed))} gas`,
  )
}

const columns = [
  ['name', (each) => each.name],
  ['role', (each) => each.role],
  ['dollars', (each) => BigInt(each.availableAtomic ?? 0)],
  ['earned', (each) => BigInt(each.earnedAtomic ?? 0)],
  ['paid', (each) => BigInt(each.paidAtomic ?? 0)],
  ['energy credits', (each) => BigInt(each.creditsMilliWh ?? 0)],
]
let [sortBy, isDown] = [2, true]

const memberRow = () => {
  const line = row(['', '', 'num', 'num', 'num', 'num'])()
  const button = document.createElement('button')
  button.type = 'button'
  button.onclick = () => openAccount(button.dataset['address'] ?? '')
  line.children[0]?.append(button)
  return line
}

const mostRows = 200

const found = () => {
  const text = byId('find').value.trim().toLowerCase()
  const role = byId('role').value
  const all = (state.board?.economy?.participants ?? []).map((each) => ({
    ...each,
    ...state.balances.get(each.address),
  }))
  const of = columns[sortBy][1]
  return all
    .filter(
      (each) =>
        (role === '' || each.role === role) &&
        (text === '' || each.name.toLowerCase().includes(text) || each.address.includes(text)),
    )
    .sort((a, b) => {
      const [x, y] = [of(a), of(b)]
      return (x < y ? -1 : x > y ? 1 : 0) * (isDown ? -1 : 1)
    })
}

const drawMembers = () => {
  const economy = economyOf(state.board)
  byId('members').closest('.panel').hidden = !economy
  if (!economy) return
  const roles = [...new Set(economy.participants.map((each) => each.role))]
  if (byId('role').options.length !== roles.length + 1)
    byId('role').replaceChildren(
      new Option('everybody', ''),
      ...roles.map((role) => new Option(roleName(String(role)), String(role))),
    )
  const list = found()
  const shown = list.slice(0, mostRows)
  const body = byId('members').tBodies[0]
  size(body, shown.length, memberRow)
  shown.forEach((each, i) => {
    const cells = body.children[i].children
    const button = cells[0].firstElementChild
    write(button, each.name)
    button.dataset.address = each.address
    const texts = [each.role, each.availableAtomic, each.earnedAtomic, each.paidAtomic].map((value, at) =>
      at === 0 ? value : value === undefined ? '–' : F.dollars(value),
    )
    texts.push(each.creditsMilliWh === undefined ? '–' : F.energy(each.creditsMilliWh))
    texts.forEach((text, at) => {
      write(cells[at + 1], text)
    })
  })
  write(
    byId('mn'),
    list.length > mostRows
      ? `${mostRows} of ${F.count(list.length)}; search to see others`
      : `${F.count(list.length)} shown`,
  )
}

/** Headers that sort. */
const prepareHeaders = () => {
  const line = byId('members').tHead.rows[0]
  line.replaceChildren(
    ...columns.map((_, i) => {
      const cell = document.createElement('th')
      cell.scope = 'col'
      cell.className = i > 1 ? 'num' : ''
      const button = document.createElement('button')
      button.type = 'button'
      button.onclick = () => {
        ;[sortBy, isDown] = sortBy === i ? [i, !isDown] : [i, i > 1]
        mark()
        changed()
      }
      cell.append(button)
      return cell
    }),
  )
  const mark = () =>
    columns.forEach(([name], i) => {
      const cell = line.children[i]
      cell.setAttribute('aria-sort', i === sortBy ? (isDown ? 'descending' : 'ascending') : 'none')
      write(cell.firstElementChild, `${name}${i === sortBy ? (isDown ? ' ↓' : ' ↑') : ''}`)
    })
  mark()
}

export const prepare = () => {
  prepareHeaders()
  byId('find').addEventListener('input', changed)
  byId('role').addEventListener('change', changed)
}

export const draw = () => {
  if (state.board === undefined) return
  drawSettlements()
  drawMembers()
}
