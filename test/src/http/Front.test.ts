/** I8 at the front door: slow, broken and hostile clients, over real sockets; what they get, and that others do not notice. */
import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/clearing/Service.ts'
import * as Wire from '../../../src/core/Wire.ts'
import type { Journal } from '../../../src/store/Journal.ts'
import * as BadLine from '../support/BadLine.ts'
import { useChain } from '../support/Chain.ts'
import { follow, listen, problemOf } from '../support/Http.ts'
import { start } from '../support/Running.ts'
import * as Socket from '../support/Socket.ts'

const chain = useChain()

const site = async (limits: Parameters<typeof listen>[1] = {}, options: Parameters<typeof start>[2] = {}) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, options)
  const http = await listen(service, limits)
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1000n)
  return { deployed, service, http, payer, shop, pay: () => payer.pay({ to: shop.address, amount: 1n }) }
}

/** A server whose routes nobody asks. */
const bare = (options: Parameters<typeof listen>[1] = {}) =>
  listen({ listen: () => () => {}, early: () => 0 } as unknown as Service, options)

/** A journal that takes nothing while it is held. */
const slowDisk = () => {
  let held: Promise<void> | undefined
  let release = () => {}
  const through = (journal: Journal): Journal =>
    new Proxy(journal, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown
        if (name !== 'append') return typeof value === 'function' ? value.bind(target) : value
        return async (...args: Parameters<Journal['append']>) => {
          await held
          return target.append(...args)
        }
      },
    })
  return {
    through,
    hold() {
      held = new Promise((resolve) => {
        release = resolve
      })
    },
    release: () => release(),
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('what cannot be read', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n', '400 SL606'],
    ['another version', 'GET / HTTP/3.7\r\n\r\n', '400 SL606'],
    ['a header without a name', 'GET /healthz HTTP/1.1\r\n: x\r\n\r\n', '400 SL606'],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', '400'],
    ['two lengths', Socket.request('POST', '/v1/payments', { 'content-length': '2, 3' }, '{}'), '400 SL606'],
    [
      'a length and chunks, as smugglers send',
      'POST /v1/payments HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      '400 SL606',
    ],
    [
      'a chunk of no size',
      'POST /v1/payments HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      '400 SL606',
    ],
    ['headers of 20 KiB', Socket.request('GET', '/healthz', { 'x-long': 'x'.repeat(20_000) }), '431 SL630'],
    ['a path of 20 KiB', Socket.request('GET', `/${'x'.repeat(20_000)}`), '431 SL630'],
    ['an expectation', Socket.request('POST', '/v1/payments', { expect: 'a miracle' }, '{}'), '417 SL632'],
    ['packed bodies', Socket.request('POST', '/v1/faucet', { 'content-encoding': 'gzip' }, '{}'), '415 SL606'],
  ])('error: %s', async (_, bytes, expected) => {
    const { url } = await bare()
    const line = await Socket.open(url)
    line.say(bytes)
    const text = await line.hears(/HTTP\/1\.1 \d{3}[\s\S]*?\r\n\r\n/)
    await pause(20)
    expect(Socket.answerIn(line.text())).toBe(expected)
    if (expected.includes('SL')) expect(text.toLowerCase()).toContain('x-request-id: ')
  })

  test('error: SL631 where headers or a body do not come in time, and nothing else is held up', async () => {
    const { url, get } = await bare({ limits: { headersMs: 600, requestMs: 1200 } })
    const lines = await Promise.all([Socket.open(url), Socket.open(url)])
    const [slowHeaders, slowBody] = lines as [Socket.Line, Socket.Line]
    slowHeaders.say('GET /healthz HTTP/1.1\r\nhost: loc')
    slowBody.say(
      'POST /v1/faucet HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    )
    expect((await get('/healthz')).status).toBe(200)
    expect(Socket.answerIn(await slowHeaders.ended)).toBe('408 SL631')
    expect(Socket.answerIn(await slowBody.ended)).toBe('408 SL631')
    expect((await get('/healthz')).status).toBe(200)
  })
})

describe('a pipeline with something unreadable in it', () => {
  test('error: is cut off, and no answer is taken for that of another request', async () => {
    const { http } = await site()
    const line = await Socket.open(http.url)
    line.say(`${Socket.request('GET', `/v1/accounts/0x${'1'.repeat(40)}`)}GARBAGE\r\n\r\n`)
    expect(await line.ended).not.toContain('400 Bad Request')
  })
})

describe('names of requests', () => {
  test('behavior: one of its own for each, or the one that was brought, in the log too', async () => {
    const seen: string[] = []
    const { get } = await bare({
      onAnswered: ({ requestId, path, status }) => seen.push(`${requestId} ${path} ${status}`),
    })
    const { headers } = await get('/healthz?secret=1')
    await get('/nothing', { 'x-request-id': 'mine' })
    await pause(20)
    expect(seen).toEqual([`${headers['x-request-id']} /healthz 200`, 'mine /nothing 404'])
  })
})

describe('connections', () => {
  test('behavior: whoever connects and says nothing gives way to whoever comes', async () => {
    const { url, get } = await bare({ limits: { connections: 5 } })
    const silent = await Promise.all(Array.from({ length: 5 }, () => Socket.open(url)))
    for (let i = 0; i < 5; i++) expect((await get('/healthz')).status).toBe(200)
    const gone = silent.filter(({ socket }) => socket.destroyed || socket.readableEnded).length
    expect(gone).toBeGreaterThan(0)
  })

  test('behavior: whoever is being served does not', async () => {
    const { http, shop, service, payer } = await site({ limits: { connections: 4 } })
    const listener = await follow(`${http.url}/v1/events?account=${shop.address}`)
    for (let i = 0; i < 8; i++) await Socket.open(http.url)
    await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    expect(await listener.count(1)).toHaveLength(1)
  })

  test('behavior: a client that sends a thousand requests at once and reads nothing holds up nobody', async () => {
    const { http, pay, payer } = await site()
    const line = await Socket.open(http.url)
    line.socket.pause()
    line.say(Socket.request('GET', '/openapi.json').repeat(1000))
    const answers = await Promise.all(Array.from({ length: 20 }, () => http.post('/v1/payments', pay())))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect((await http.get(`/v1/accounts/${payer.address}`)).status).toBe(200)
    // What it does not take is not made: Node reads no further than a few answers ahead.
    expect(line.socket.bytesRead).toBeLessThan(1_000_000)
  })

  test('behavior: a client that takes nothing of its answer is cut off', async () => {
    const { url } = await bare({ limits: { stalledMs: 500 } })
    const line = await Socket.open(url)
    line.socket.pause()
    line.say(Socket.request('GET', '/openapi.json').repeat(500))
    await pause(4000)
    line.socket.resume()
    await line.ended
  })

  test('behavior: where all together hold too much, those go that hold most', async () => {
    const { url, get } = await bare({ limits: { heldBytes: 300_000 } })
    const begin =
      'POST /v1/faucet HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n'
    const [small, large] = (await Promise.all([Socket.open(url), Socket.open(url)])) as [Socket.Line, Socket.Line]
    small.say(begin + 'x'.repeat(10_000))
    large.say(begin + 'x'.repeat(400_000))
    await large.ended
    expect([small.socket.destroyed, (await get('/healthz')).status]).toEqual([false, 200])
  })

  test('error: SL609 where too many streams are open', async () => {
    const { http } = await site({ limits: { streams: 2 } })
    const [first] = await Promise.all([follow(`${http.url}/v1/events`), follow(`${http.url}/v1/events`)])
    expect(problemOf(await http.get('/v1/events'))).toBe('503 application/problem+json SL609')
    first?.close()
    await pause(50)
    expect((await follow(`${http.url}/v1/events`)).response.statusCode).toBe(200)
  })
})

describe('too much', () => {
  test('error: SL615 where an account pays too often; others pay on, and nobody else can use up its rate', async () => {
    const { http, service, pay, payer, shop } = await site({}, { perAccount: { perSecond: 1, burst: 3 } })
    const accepted = [await http.post('/v1/payments', pay()), await http.post('/v1/payments', pay())]
    const last = Wire.parse(Wire.receipt, accepted[1]?.body).payment
    const { id, payer: _, ...request } = last
    // A payee holds these: the last payment again, and changed copies of it.
    for (let i = 0; i < 5; i++) {
      expect((await http.post('/v1/payments', request)).status).toBe(200)
      expect((await http.post('/v1/payments', { ...request, amount: 0n })).status).toBeGreaterThanOrEqual(400)
    }
    expect((await http.post('/v1/payments', pay())).status).toBe(200)
    const refused = await http.post('/v1/payments', pay())
    expect(problemOf(refused)).toBe('429 application/problem+json SL615')
    expect(refused.headers).toMatchObject({
      'retry-after': '1',
      'ratelimit-policy': '"rate";q=3;w=3',
      ratelimit: '"rate";r=0;t=1',
    })
    payer.back()
    await service.fund(shop, 5n)
    expect((await http.post('/v1/payments', shop.pay({ to: payer.address, amount: 1n }))).status).toBe(200)
    await pause(1100)
    expect((await http.post('/v1/payments', pay())).status).toBe(200)
  })

  test('behavior: more payments than can be worked on are told to come back; those that were let in are answered', async () => {
    const disk = slowDisk()
    const { http, service, payer, shop } = await site({ limits: { pendingPayments: 4 } }, disk)
    disk.hold()
    const requests = Array.from({ length: 12 }, () => payer.pay({ to: shop.address, amount: 1n }))
    const first = requests.slice(0, 4).map((request) => http.post('/v1/payments', request))
    await service.until(async () => (await http.get('/metrics')).text.includes('sunledger_payments_pending 4'))
    const rest = await Promise.all(requests.slice(4).map((request) => http.post('/v1/payments', request)))
    expect(rest.map(problemOf)).toEqual(Array(8).fill('503 application/problem+json SL616'))
    expect(rest.map(({ headers }) => headers['retry-after'])).toEqual(Array(8).fill('1'))
    disk.release()
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    // The very same again, as they were told.
    for (const request of requests.slice(4)) expect((await http.post('/v1/payments', request)).status).toBe(200)
  })

  test('behavior: early payments, which anybody can send, do not keep others out', async () => {
    const { http, service, pay, shop } = await site({ limits: { pendingPayments: 4 } })
    const strangers = Array.from({ length: 40 }, (_, i) => {
      const stranger = service.member(`stranger ${i}`)
      stranger.pay({ to: shop.address, amount: 1n })
      return http.post('/v1/payments', stranger.pay({ to: shop.address, amount: 1n }))
    })
    await service.until(() => service.early() === 40)
    expect((await http.post('/v1/payments', pay())).status).toBe(200)
    expect(new Set((await Promise.all(strangers)).map(problemOf))).toEqual(
      new Set(['409 application/problem+json SL310']),
    )
  })
})

describe('the end', () => {
  test('behavior: what was accepted is answered, streams end with a word, newcomers are told', async () => {
    const disk = slowDisk()
    const { http, service, pay, shop } = await site({}, disk)
    const listener = await follow(`${http.url}/v1/events?account=${shop.address}`)
    const kept = await Socket.open(http.url)
    kept.say(Socket.request('GET', '/healthz'))
    await kept.hears('ok')
    disk.hold()
    const answers = Array.from({ length: 5 }, () => http.post('/v1/payments', pay()))
    await service.until(async () => (await http.get('/metrics')).text.includes('sunledger_payments_pending 5'))
    const closing = http.server.close()
    disk.release()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(5).fill(200))
    await listener.ended
    expect(listener.events.at(-1)).toMatchObject({ type: 'closing', data: { reason: 'the service is stopping' } })
    await kept.ended
    await closing
  })

  test('error: SL618 for whoever waits for something that takes longer than the end may', async () => {
    const { http, service, payer, shop } = await site()
    const asset = service.deployment.dollar.asset
    const terms = {
      ...{ seller: payer.address, buyer: shop.address, creditAsset: asset, credits: 7n as never },
      ...{ dollarAsset: asset, price: 9n as never, salt: `0x${'12'.repeat(32)}` as const },
    }
    const alone = http.post('/v1/orders', { terms, payment: payer.leg(terms) })
    await pause(50)
    const began = performance.now()
    await http.server.close()
    expect(problemOf(await alone)).toBe('503 application/problem+json SL618')
    expect(performance.now() - began).toBeLessThan(1000)
  })

  test('behavior: until the service is up, whoever asks is told so', async () => {
    const deployed = await chain.deploy()
    let up: (service: Service) => void = () => {}
    const starting = new Promise<Service>((resolve) => {
      up = resolve
    })
    const http = await listen(starting)
    expect((await http.get('/healthz')).status).toBe(200)
    expect(await http.get('/readyz')).toMatchObject({ status: 503, body: { state: 'starting', chain: 'unknown' } })
    const early = await http.get('/v1/status')
    expect([problemOf(early), early.headers['retry-after']]).toEqual(['503 application/problem+json SL617', '1'])
    up(await start(chain, deployed))
    await pause(10)
    expect(await http.get('/readyz')).toMatchObject({ status: 200, body: { state: 'ready', chain: 'reachable' } })
  })

  test('behavior: not ready while the chain does not answer, though payments are accepted', async () => {
    const line = await BadLine.start(chain.url)
    const { http, service, pay } = await site({}, { rpcUrl: line.url })
    line.down(true)
    await service.until(async () => (await http.get('/readyz')).status === 503)
    expect((await http.get('/readyz')).body).toEqual({ state: 'ready', chain: 'unreachable' })
    expect((await http.post('/v1/payments', pay())).status).toBe(200)
    line.down(false)
    await service.until(async () => (await http.get('/readyz')).status === 200)
  })
})
