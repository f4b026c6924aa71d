/** I8 over real HTTP: whatever is read, however often, payments go on, and a turn of the loop does no more than a turn may. */
import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/clearing/Service.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Reads from '../../../src/http/Reads.ts'
import type { Journal } from '../../../src/store/Journal.ts'
import { useChain } from '../support/Chain.ts'
import { document } from '../support/Documented.ts'
import { follow, listen, problemOf, send, token } from '../support/Http.ts'
import { start } from '../support/Running.ts'
import * as Socket from '../support/Socket.ts'

const chain = useChain()
const word = `0x${'ab'.repeat(32)}`

/** Every operation of the document, with its path filled in. */
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path: path
      .replace('{address}', word.slice(0, 42))
      .replace('{id}', word)
      .replace(/\{\w+\}/, 'main.js'),
    lane: operation['x-lane'] as string,
  })),
)

/** What is asked whether or not anybody asks for something. */
const passed = new Set(['listen', 'early', 'looking', 'lookBy'])

/** A service that notes what is asked of it. */
const noting = (service: Service) => {
  const asked: string[] = []
  const noted = Object.fromEntries(
    Object.entries(service).map(([name, part]) => [
      name,
      typeof part !== 'function' || passed.has(name)
        ? part
        : (...given: never[]) => {
            asked.push(name)
            return (part as (...given: never[]) => unknown)(...given)
          },
    ]),
  )
  return { service: noted as unknown as Service, asked }
}

/** Journal reads in one go, between which the event loop can do nothing else: the most there were. */
const counting = () => {
  const seen = { now: 0, most: 0 }
  const note = (): void => {
    // Runs when whatever the loop is doing has let go of it.
    if (seen.now === 0)
      queueMicrotask(() => {
        seen.now = 0
      })
    seen.most = Math.max(seen.most, ++seen.now)
  }
  const through = (journal: Journal): Journal =>
    Object.assign(Object.create(journal) as Journal, {
      linesAt(...given: Parameters<Journal['linesAt']>) {
        note()
        return journal.linesAt(...given)
      },
      payment(...given: Parameters<Journal['payment']>) {
        note()
        return journal.payment(...given)
      },
    })
  return { seen, through }
}

const paid = async (payments: number) => {
  const { seen, through } = counting()
  const service = await start(chain, await chain.deploy(), { through })
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1_000_000n)
  for (let i = 0; i < payments; i += 100)
    await Promise.all(Array.from({ length: 100 }, () => service.pay(payer.pay({ to: shop.address, amount: 1n }))))
  return { service, payer, shop, seen }
}

describe('every route that is no payment', () => {
  test('behavior: I8 waits for its turn beside payments: where there is no place, it is told so and nothing of it is done', async () => {
    const running = await start(chain, await chain.deploy())
    const { service, asked } = noting(running)
    const http = await listen(service, { limits: { waitingReads: 0 } })
    const [payer, shop] = [running.member('payer'), running.member('shop')]
    await running.fund(payer, 10n)
    expect(operations.filter(({ method }) => method === 'GET').length).toBeGreaterThan(15)
    expect(operations.filter(({ lane }) => lane === 'payment').map(({ path }) => path)).toEqual([
      '/v1/payments',
      '/v1/orders',
    ])
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    for (const { method, path, lane } of operations) {
      if (lane === 'payment') continue
      const answer = method === 'GET' ? await http.get(path, headers) : await send(http.url + path, method, headers)
      expect([path, problemOf(answer), answer.headers['retry-after']]).toEqual([
        path,
        '503 application/problem+json SL619',
        '1',
      ])
    }
    // So does whatever is refused: who asks for nothing at all asks as fast.
    for (const [method, path, more] of [
      ['GET', '/nothing', {}],
      ['DELETE', '/v1/status', {}],
      ['OPTIONS', '/v1/status', {}],
      ['GET', '/v1/status', { host: 'evil.example' }],
      ['GET', '/v1/ledger', {}],
    ] as const)
      expect([path, problemOf(await send(http.url + path, method, more))]).toEqual([
        path,
        '503 application/problem+json SL619',
      ])
    expect(asked).toEqual([])
    expect((await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))).status).toBe(200)
    expect(asked).toEqual(['take'])
  })
})

describe('floods', () => {
  test('behavior: I8 payments are accepted while each read is asked over and over, and no turn reads more than it may', async () => {
    const { service, payer, shop, seen } = await paid(600)
    const http = await listen(service, { limits: { sharedMs: 1000 } })
    const one = await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))
    const { id } = Wire.parse(Wire.receipt, one.body).payment
    // What the counter sees where nothing is in slices: the same page in one go.
    service.statement(shop.address, 0, 500)
    expect(seen.most).toBe(500)
    const floods = [
      ...[`/v1/accounts/${shop.address}/statement?limit=1000`, `/v1/accounts/${shop.address}`, `/v1/payments/${id}`],
      ...['/docs', '/docs/errors', '/openapi.json', '/metrics', '/', '/v1/board', '/v1/status', '/page/uplot.js'],
    ]
    for (const path of floods) {
      seen.most = 0
      let [isOn, answers] = [true, 0]
      const readers = Array.from({ length: 8 }, async () => {
        while (isOn) {
          expect((await http.get(path)).status).toBe(200)
          answers++
        }
      })
      for (let i = 0; i < 10; i++)
        expect((await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))).status).toBe(200)
      await service.until(() => answers >= 8)
      isOn = false
      await Promise.all(readers)
      expect([path, seen.most <= Reads.slicesATurn]).toEqual([path, true])
    }
  })

  test('behavior: I8 payments of old, sent again and again, are read when reads are, and answered with their receipts', async () => {
    const { service, payer, shop, seen } = await paid(0)
    const http = await listen(service, { limits: { mostWaitMs: 60_000 } })
    const lists = Array.from({ length: 60 }, () =>
      Array.from({ length: 5 }, () => payer.pay({ to: shop.address, amount: 1n })),
    )
    for (const list of lists) await http.post('/v1/payments', list)
    const old = lists.flatMap((list) => list.slice(0, 2))
    seen.most = 0
    let isOn = true
    const repeating = Array.from({ length: 4 }, async () => {
      while (isOn) {
        const { body } = await http.post('/v1/payments', old)
        const answers = Wire.parse(Wire.paymentResults, body)
        expect(answers.map((each) => ('payment' in each ? each.payment.total : each.code))).toEqual(
          old.map(({ total }) => total),
        )
      }
    })
    for (let i = 0; i < 20; i++)
      expect((await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))).status).toBe(200)
    isOn = false
    await Promise.all(repeating)
    expect([seen.most > 0, seen.most <= Reads.slicesATurn]).toEqual([true, true])
  })

  test('behavior: I8 catching up is paced: payments go on, and no turn reads more than it may', async () => {
    const { service, payer, shop, seen } = await paid(600)
    const http = await listen(service)
    seen.most = 0
    const listeners = await Promise.all(
      Array.from({ length: 8 }, () => follow(`${http.url}/v1/events?account=${shop.address}&after=0`)),
    )
    for (let i = 0; i < 20; i++)
      expect((await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))).status).toBe(200)
    for (const listener of listeners) expect(await listener.count(620)).toHaveLength(620)
    // A payment that is proven is looked up once more than it is found.
    expect(seen.most).toBeLessThanOrEqual(2 * Reads.slicesATurn)
    expect(seen.most).toBeGreaterThan(0)
  })
})

describe('a client that reads nothing', () => {
  test('behavior: I8 has one answer in the making on a connection, however many it asks for; beyond 64 it is cut off', async () => {
    const { service, payer, shop } = await paid(600)
    const under = { now: 0, most: 0, begun: 0 }
    const counted: Service = {
      ...service,
      *lines(...given) {
        under.most = Math.max(under.most, ++under.now)
        under.begun++
        try {
          return yield* service.lines(...given)
        } finally {
          under.now--
        }
      },
    }
    const http = await listen(counted)
    const one = Socket.request('GET', `/v1/accounts/${shop.address}/statement?limit=1000`)
    const silent = await Socket.open(http.url)
    silent.socket.pause()
    silent.say(one.repeat(60))
    await service.until(() => under.begun > 0)
    expect((await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))).status).toBe(200)
    silent.socket.resume()
    await service.until(() => under.begun === 60)
    expect(under.most).toBe(1)
    const greedy = await Socket.open(http.url)
    greedy.socket.pause()
    greedy.say(one.repeat(65))
    await service.until(async () =>
      (await http.get('/metrics')).text.includes('sunledger_connections_dropped_total{reason="pipelined"} 1'),
    )
  })
})
