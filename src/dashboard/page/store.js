// What the page knows: the board as the service shows it, kept up by its event stream. Whoever shows something subscribes and is called
// once for each frame in which something changed, however much did.

/** @typedef {Record<string, any>} Board */

export const state = {
  /** @type {'connecting' | 'live' | 'offline' | 'recorded'} */
  connection: 'connecting',
  /** @type {Board | undefined} */
  board: undefined,
  /** Balances of participants, by address. @type {Map<string, any>} */
  balances: new Map(),
}

/** The economy that is shown slot by slot; a scenario that plays something else has none. */
export const economyOf = (board) => (board?.economy && board.economy.participants.length > 0 ? board.economy : null)

/** @type {Set<() => void>} */
const subscribers = new Set()
let isDrawing = false

/** @param {() => void} draw */
export const subscribe = (draw) => {
  subscribers.add(draw)
}

export const changed = () => {
  if (isDrawing) return
  isDrawing = true
  // A hidden page gets no frames; what it missed is drawn when it is seen again.
  requestAnimationFrame(() => {
    isDrawing = false
    for (const draw of subscribers) draw()
  })
}

/** @param {string} path @param {RequestInit} [init] */
export const ask = async (path, init) => {
  const response = await fetch(path, init)
  const body = await response.json()
  if (!response.ok) throw new Error(body.detail ?? body.title ?? `the service answered ${response.status}`)
  return body
}

const mostSamples = 300
const mostSettlements = 200

/** @type {Record<string, (board: Board, value: any) => void>} */
const handlers = {
  pulse(board, pulse) {
    board.pulse = pulse
    const { atMs, payments, paymentsPerSecond, unsettledAtomic, unsettledMembers } = pulse
    board.samples.push({ atMs, payments, paymentsPerSecond, unsettledAtomic, unsettledMembers })
    if (board.samples.length > mostSamples) board.samples.shift()
  },
  settlement(board, settlement) {
    board.settlements.push(settlement)
    if (board.settlements.length > mostSettlements) board.settlements.shift()
  },
  economy(board, economy) {
    const isSame = board.economy !== null && economy !== null && board.economy.run === economy.run
    board.economy = economy === null ? null : { ...economy, slots: isSame ? board.economy.slots : [] }
  },
  slot(board, slot) {
    const slots = board.economy?.slots
    if (slots !== undefined && slots.length === slot.slot) slots.push(slot)
    // One was missed: all of it is asked for again.
    else if (slots !== undefined && slots.length < slot.slot) void refresh().catch(() => {})
  },
  controls(board, controls) {
    if (board.economy !== null) board.economy.controls = controls
  },
}

const refresh = async () => {
  state.board = await ask('/v1/board')
  changed()
}

const refreshBalances = async () => {
  if (state.connection !== 'live' || document.hidden || !state.board?.economy) return
  const list = await ask('/v1/board/participants')
  state.balances = new Map(list.map((each) => [each.address, each]))
  changed()
}

const balancesEveryMs = 3000
const againMs = 1000

const connect = () => {
  const stream = new EventSource('/v1/board/events')
  stream.onopen = async () => {
    try {
      await refresh()
      state.connection = 'live'
      changed()
      void refreshBalances().catch(() => {})
    } catch {
      stream.close()
      lost()
    }
  }
  for (const [name, handle] of Object.entries(handlers))
    stream.addEventListener(name, (event) => {
      if (state.board === undefined) return
      handle(state.board, JSON.parse(event.data))
      changed()
    })
  // The browser's own retry gives up on some answers; ours does not.
  stream.onerror = () => {
    stream.close()
    lost()
  }
}

const lost = () => {
  state.connection = 'offline'
  changed()
  setTimeout(connect, againMs)
}

export const start = () => {
  const recorded = document.getElementById('recorded')
  if (recorded !== null) {
    state.board = JSON.parse(recorded.textContent ?? '')
    state.connection = 'recorded'
    state.balances = new Map((state.board?.participants ?? []).map((each) => [each.address, each]))
    changed()
    return
  }
  connect()
  setInterval(() => void refreshBalances().catch(() => {}), balancesEveryMs)
}
