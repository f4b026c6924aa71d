// Pause, pace and scenario of a simulated economy: the operator's, whose token comes in the address that the terminal printed.
import { write } from 'page/figures'
import { ask, changed, state } from 'page/store'

const byId = (id) => document.getElementById(id)
const tokenKey = 'sunledger operator'

/** The token leaves the address at once, so that it is neither bookmarked nor shown. */
const takeToken = () => {
  const [, token] = /^#operator=([0-9a-zA-Z_-]+)$/.exec(location.hash) ?? []
  if (token === undefined) return
  sessionStorage.setItem(tokenKey, token)
  history.replaceState(null, '', location.pathname)
}

/** @param {object} change */
const want = async (change) => {
  try {
    const controls = await ask('/v1/economy/controls', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${sessionStorage.getItem(tokenKey)}` },
      body: JSON.stringify(change),
    })
    if (state.board?.economy) state.board.economy.controls = controls
  } catch (error) {
    byId('notice').hidden = false
    write(byId('notice'), `That was not done: ${error instanceof Error ? error.message : String(error)}`)
  }
  changed()
}

/** @type {readonly (readonly [number, string])[]} */
const speeds = [
  [0, 'as fast as it goes'],
  [60, '60× · a minute a second'],
  [600, '600×'],
  [1800, '1 800×'],
  [3600, '3 600× · an hour a second'],
]

export const prepare = () => {
  if (state.connection === 'recorded') return
  takeToken()
  byId('speed').replaceChildren(...speeds.map(([value, text]) => new Option(text, String(value))))
  byId('pause').onclick = () => void want({ paused: !state.board?.economy?.controls.paused })
  byId('speed').onchange = () => void want({ speed: Number(byId('speed').value) })
  byId('scenario').onchange = () => void want({ scenario: byId('scenario').value })
  byId('controls').onsubmit = (event) => event.preventDefault()
}

/** @param {HTMLSelectElement} select @param {string} value @param {string} text */
const choose = (select, value, text) => {
  if (document.activeElement === select) return
  if (![...select.options].some((option) => option.value === value)) select.append(new Option(text, value))
  if (select.value !== value) select.value = value
}

export const draw = () => {
  const economy = state.board?.economy
  const isHeld =
    !economy ||
    state.connection === 'recorded' ||
    economy.state === 'finished' ||
    sessionStorage.getItem(tokenKey) === null
  byId('controls').hidden = isHeld
  if (isHeld) return
  const { paused, speed } = economy.controls
  byId('pause').setAttribute('aria-pressed', String(paused))
  write(byId('pausetext'), paused ? 'Go on' : 'Pause')
  write(byId('pauseicon'), paused ? '▶' : '❚❚')
  choose(byId('speed'), String(speed), `${speed}×`)
  const { choices, name } = economy.scenario
  const select = byId('scenario')
  if (select.options.length !== choices.length)
    select.replaceChildren(...choices.map((each) => new Option(each.name, each.name)))
  choose(select, name, name)
  select.disabled = choices.length < 2
}
