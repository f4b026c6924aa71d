// One participant's ledger, down to one payment and its proof, in a dialog.
import { roleName } from 'page/flow'
import * as F from 'page/format'
import { ask, state } from 'page/store'

const dialog = () => document.getElementById('account')
const body = () => document.getElementById('accountbody')

/** @param {string} tag @param {string} text @param {string} [name] */
const element = (tag, text, name = '') => {
  const made = document.createElement(tag)
  made.textContent = text
  if (name !== '') made.className = name
  return made
}

/** @param {string} text @param {() => void} act */
const link = (text, act) => {
  const button = element('button', text)
  button.type = 'button'
  button.onclick = act
  return button
}

/** @param {string} name @param {readonly (readonly [string, string | Node])[]} facts */
const list = (name, facts) => {
  const made = document.createElement('dl')
  made.className = name
  for (const [term, value] of facts) {
    const box = name === 'facts' ? document.createElement('div') : made
    const detail = document.createElement('dd')
    detail.append(value)
    box.append(element('dt', term), detail)
    if (box !== made) made.append(box)
  }
  return made
}

/** @param {string} address */
const nameOf = (address) =>
  state.board?.economy?.participants.find((each) => each.address === address)?.name ?? F.cut(address)

/** @param {string} asset */
const isEnergy = (asset) => asset === state.board?.service.energyCredit.asset

/** @param {string} title @param {Node} crumbs @param {readonly Node[]} parts */
const show = (title, crumbs, parts) => {
  const head = document.createElement('div')
  head.className = 'dhead'
  const heading = element('h2', title)
  heading.id = 'ah'
  const names = document.createElement('div')
  const above = element('p', '', 'crumbs')
  above.append(crumbs)
  names.append(heading, above)
  head.append(
    names,
    link('Close', () => dialog().close()),
  )
  body().replaceChildren(head, ...parts)
  if (!dialog().open) dialog().showModal()
  dialog().scrollTop = 0
}

/** @param {unknown} error */
const failed = (error) =>
  element('p', `This could not be read: ${error instanceof Error ? error.message : String(error)}`, 'empty')

const most = 3000

/** All lines, newest first. @param {string} address */
const statement = async (address) => {
  const lines = []
  for (let after = 0; lines.length < most; ) {
    const page = await ask(`/v1/accounts/${address}/statement?after=${after}&limit=1000`)
    lines.push(...page.lines)
    if (page.next === null) break
    after = page.next
  }
  return lines.reverse()
}

/** @param {string} address @param {any[]} lines */
const table = (address, lines) => {
  const made = document.createElement('table')
  const head = made.createTHead().insertRow()
  for (const [name, kind] of [
    ['time', ''],
    ['', ''],
    ['with', ''],
    ['amount', 'num'],
    ['on chain', ''],
  ]) {
    const cell = element('th', name ?? '', kind)
    cell.setAttribute('scope', 'col')
    head.append(cell)
  }
  const rows = made.createTBody()
  for (const line of lines.slice(0, 500)) {
    const row = rows.insertRow()
    const amount = document.createElement('td')
    amount.className = `num ${line.direction}`
    amount.append(
      link(`${line.direction === 'in' ? '+' : '−'}${F.inAsset(line.amount, isEnergy(line.asset))}`, () =>
        openPayment(line.id, address),
      ),
    )
    const other = document.createElement('td')
    other.append(link(nameOf(line.counterparty), () => openAccount(line.counterparty)))
    row.append(
      element('td', F.time(line.atMs)),
      element('td', line.direction === 'in' ? 'from' : 'to', 'muted'),
      other,
      amount,
      element('td', line.settled ? 'settled' : 'waiting', 'muted'),
    )
  }
  const box = document.createElement('div')
  box.className = 'scroll'
  box.append(made)
  return box
}

/** @param {any} view */
const factsOf = (view) => {
  const [dollar, credit] = view.assets
  return list('facts', [
    ['available', F.exact(dollar.available)],
    ['on chain', F.exact(dollar.balance)],
    ['to be credited', F.exact(dollar.unsettledCredit)],
    ['to be debited', F.exact(dollar.unsettledDebit)],
    ['ever paid', F.exact(dollar.debit.total)],
    ['ever earned', F.exact(dollar.credit.total)],
    ['energy credits', F.energy(credit.available)],
  ])
}

/** @param {string} address */
const recordedAccount = (address) => {
  const known = state.balances.get(address)
  const facts =
    known === undefined
      ? []
      : [
          list('facts', [
            ['available', F.exact(known.availableAtomic)],
            ['ever earned', F.exact(known.earnedAtomic)],
            ['ever paid', F.exact(known.paidAtomic)],
            ['energy credits', F.energy(known.creditsMilliWh)],
          ]),
        ]
  show(nameOf(address), document.createTextNode(address), [
    ...facts,
    element('p', 'This is a recorded run. Every payment with its proof stands in the run’s journal.', 'muted'),
  ])
}

/** @param {string} address */
export const openAccount = async (address) => {
  if (state.connection === 'recorded') return recordedAccount(address)
  const role = state.board?.economy?.participants.find((each) => each.address === address)?.role
  const crumbs = document.createTextNode(`${role === undefined ? '' : `one of the ${roleName(role)} · `}${address}`)
  show(nameOf(address), crumbs, [element('p', 'Reading its ledger …', 'empty')])
  try {
    const [view, lines] = await Promise.all([ask(`/v1/accounts/${address}`), statement(address)])
    const note =
      lines.length === 0
        ? element('p', 'No payments yet.', 'empty')
        : element(
            'p',
            `${F.count(lines.length)}${lines.length >= most ? ' first' : ''} payments, newest first. Choose an amount to see its proof.`,
            'muted',
          )
    show(nameOf(address), crumbs, [factsOf(view), note, table(address, lines)])
  } catch (error) {
    show(nameOf(address), crumbs, [failed(error)])
  }
}

/** @param {any} receipt */
const proofOf = ({ payment, credit, before, proof }) => {
  const box = document.createElement('div')
  box.className = 'proof'
  const steps = document.createElement('ol')
  const say = (text) => steps.append(element('li', text))
  say(
    `The payer signed one number, the total it has ever paid: ${payment.total}, with the hash chain over all its payments, ${payment.history}.`,
  )
  say(`Signature of the payer: ${payment.signature}`)
  say(
    `The payee’s history before this payment was ${before}; with payer, amount and reference hashed in, it is ${credit.history}.`,
  )
  say(`The payee’s credit: ${credit.total} in all, for the debit ${credit.debit}.`)
  say(
    `From this credit ${proof.branch.length === 0 ? 'itself, alone in its group,' : `${proof.branch.length} steps up a Merkle tree`} to the root that the credit key ${state.board?.service.creditKey} signed: ${proof.signature}`,
  )
  box.append(
    element('h3', 'Proof'),
    element('p', 'What follows can be checked by anybody, on chain too, without the service.', 'muted'),
    steps,
  )
  for (const hash of proof.branch) steps.append(element('li', `beside it: ${hash}`, 'mono'))
  return box
}

/** @param {string} id @param {string} from */
const openPayment = async (id, from) => {
  const crumbs = document.createElement('span')
  crumbs.append(link(`‹ ${nameOf(from)}`, () => openAccount(from)))
  show('Payment', crumbs, [element('p', 'Reading …', 'empty')])
  try {
    const receipt = await ask(`/v1/payments/${id}`)
    const { payment } = receipt
    const facts = list('kv', [
      ['amount', F.inAsset(payment.amount, isEnergy(payment.asset))],
      ['from', link(nameOf(payment.payer), () => openAccount(payment.payer))],
      ['to', link(nameOf(payment.payee), () => openAccount(payment.payee))],
      ['for (hash of its purpose)', element('span', payment.reference, 'mono')],
      ['name (its debit’s digest)', element('span', payment.id, 'mono')],
    ])
    show(`Payment of ${F.inAsset(payment.amount, isEnergy(payment.asset))}`, crumbs, [facts, proofOf(receipt)])
  } catch (error) {
    show('Payment', crumbs, [failed(error)])
  }
}
