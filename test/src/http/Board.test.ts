/** What the page is told: figures of the service, and an economy that may pause, change, fall silent or be told of twice. */
import { expect, onTestFinished, test } from 'vitest'
import type * as BoardWire from '../../../src/core/BoardWire.ts'
import { Board } from '../../../src/http/Board.ts'
import { codeOf } from '../support/Book.ts'
import { useChain } from '../support/Chain.ts'
import { ask, listen, problemOf, token } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

const slot = (number: number): BoardWire.Slot => ({
  ...{ slot: number, clockSeconds: (number + 1) * 900, sunWatts: 1, priceAtomicPerKwh: 43_000n, payments: 1 },
  ...{ producedMilliWh: 0n, consumedMilliWh: 0n, curtailedMilliWh: 0n, unmetMilliWh: 0n, batteryMilliWh: 0n },
  ...{ paymentsPerSecond: 1, acceptMs: { p50: 1, p95: 1, p99: 1 }, valueAtomic: 1n, unsettledAtomic: 0n },
  ...{ flows: [], settled: null },
})

const update = (more: Partial<BoardWire.EconomyUpdate> = {}): BoardWire.EconomyUpdate => ({
  run: 'first',
  state: 'running',
  scenario: {
    name: 'day',
    question: 'what?',
    slots: 96,
    seed: 1,
    date: '06-21',
    choices: [{ name: 'day', question: 'what?' }],
  },
  controls: { speed: 0, paused: false, scenario: null },
  transfer: null,
  from: 0,
  slots: [],
  ...more,
})

const board = async () => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed)
  const clock = { nowMs: 1_000_000 }
  const made = new Board({ service, nowMs: () => clock.nowMs })
  onTestFinished(() => made.close())
  return { board: made, service, clock, deployed }
}

test('behavior: slots are taken in order, each once; a gap is asked for again; another run replaces the last', async () => {
  const { board: b } = await board()
  const told: string[] = []
  b.listen((event) => told.push(event))
  expect(b.publish(update({ slots: [slot(0), slot(1)] })).slots).toBe(2)
  expect(b.publish(update({ from: 1, slots: [slot(1), slot(2)] })).slots).toBe(3)
  expect(b.publish(update({ from: 9, slots: [slot(9)] })).slots).toBe(3)
  expect(told).toEqual(['economy', 'slot', 'slot', 'slot'])
  b.control({ speed: 60, paused: true })
  expect(b.publish(update({ from: 3 })).controls).toEqual({ speed: 60, paused: true, scenario: null })
  expect(b.publish(update({ run: 'second' }))).toEqual({
    slots: 0,
    participants: 0,
    controls: { speed: 0, paused: false, scenario: null },
  })
})

test('behavior: an economy that falls silent is gone, unless it has finished', async () => {
  const { board: b, clock } = await board()
  b.publish(update())
  clock.nowMs += 6000
  expect(b.view().economy).toBe(null)
  expect(await codeOf(Promise.resolve().then(() => b.control({ paused: true })))).toBe('SL780')
  b.publish(update({ state: 'finished' }))
  clock.nowMs += 60_000
  expect(b.view().economy).toMatchObject({ run: 'first', state: 'finished' })
})

test('behavior: what was paid and settled is shown, also after a restart', async () => {
  const { service, deployed } = await board()
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1000n)
  for (const amount of [30n, 12n]) await service.pay(payer.pay({ to: shop.address, amount }))
  await service.settle()
  await service.pay(payer.pay({ to: shop.address, amount: 5n }))
  const figures = (s: typeof service) => ({
    value: s.valueAtomic(),
    totals: s.settled().totals,
    recent: s.settled().recent.map(({ payments, valueAtomic }) => [payments, valueAtomic]),
    balances: s.balances([payer.address, shop.address]),
  })
  const before = figures(service)
  expect(before).toMatchObject({
    value: 47n,
    totals: { transactions: 1, members: 2, payments: 2 },
    recent: [[2, 42n]],
    balances: [
      { availableAtomic: 953n, paidAtomic: 47n, earnedAtomic: 0n },
      { availableAtomic: 47n, paidAtomic: 0n, earnedAtomic: 47n },
    ],
  })
  await service.until(() => service.funds() !== undefined)
  expect(service.funds()).toMatchObject({ heldAtomic: 1000n, poolAtomic: 0n, reservesAtomic: 0n })
  await service.close()
  expect(figures(await start(chain, deployed, { folder: service.folder }))).toEqual(before)
})

test('error: SL603 without the token, SL780 without an economy, SL781 for a scenario that it has not', async () => {
  const { service } = await board()
  const http = await listen(service)
  const operator = { authorization: `Bearer ${token}` }
  const put = (body: unknown, headers: object) =>
    ask(`${http.url}/v1/economy`, 'PUT', { 'content-type': 'application/json', ...headers }, body)
  const problem = (code: string, status: number) => `${status} application/problem+json ${code}`
  expect(problemOf(await put(update(), {}))).toBe(problem('SL603', 401))
  const control = (body: unknown) => http.post('/v1/economy/controls', body, operator)
  expect(problemOf(await control({ paused: true }))).toBe(problem('SL780', 409))
  expect((await put(update(), operator)).body).toMatchObject({ slots: 0 })
  expect(problemOf(await control({ scenario: 'night' }))).toBe(problem('SL781', 400))
  expect((await control({ scenario: 'day', speed: 3 })).body).toEqual({ speed: 3, paused: false, scenario: 'day' })
  expect((await http.get('/v1/board')).body).toMatchObject({ version: 1, economy: { run: 'first' } })
  expect((await http.get('/page/main.js')).headers['content-type']).toBe('text/javascript; charset=utf-8')
  expect((await http.get('/')).headers['content-security-policy']).toContain("default-src 'none'")
})
