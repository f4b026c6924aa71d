/** I8 at the front door: slow, broken and hostile clients, over real sockets; what they get, and that others do not notice. */
import { describe, expect, test } from 'vitest'
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
const bare = async (options: Parameters<typeof listen>[1] = {}) =>
  listen(await start(chain, await chain.deploy()), options)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('what cannot be read', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n', '400 SL606'],
    ['another version', 'GET / HTTP/3.7\r\n\r\n', '400 SL606'],
    ['a header without a name', 'GET /healthz HTTP/1.1\r\n: x\r\n\r\n', '400 SL606'],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', '403 SL602'],
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

describe('a client that says that it will ask no more', () => {
  /** A FIN behind the request: nothing more is sent, but the answer is waited for. */
  const last = async (url: string, text: string): Promise<string> => {
    const line = await Socket.open(url)
    line.socket.end(text)
    return line.ended
  }

  test('behavior: gets its answer, and then the connection ends', async () => {
    const { http, pay } = await site()
    const body = JSON.stringify(pay(), (_, value) => (typeof value === 'bigint' ? String(value) : value))
    expect(await last(http.url, Socket.request('POST', '/v1/payments', {}, body))).toContain('200 OK')
    expect(await last(http.url, Socket.request('GET', '/healthz'))).toContain('200 OK')
    const both = `${Socket.request('GET', '/healthz')}${Socket.request('GET', '/readyz')}`
    expect((await last(http.url, both)).match(/200 OK/g)).toHaveLength(2)
  })

  test('behavior: a target with scheme and host, as clients write it for proxies, is the same as its path', async () => {
    const { http, pay } = await site()
    const body = JSON.stringify(pay(), (_, value) => (typeof value === 'bigint' ? String(value) : value))
    expect(await last(http.url, Socket.request('POST', `${http.url}/v1/payments`, {}, body))).toContain('200 OK')
    for (const target of ['http://localhost/v1/status', 'HTTP://localhost/v1/status?x'])
      expect(await last(http.url, Socket.request('GET', target))).toMatch(/^HTTP\/1\.1 (200|400)/)
    expect(await last(http.url, Socket.request('GET', 'http://localhost'))).not.toContain('500')
  })

  test('error: SL606 where the request is not whole', async () => {
    const { url } = await bare()
    const cut = Socket.request('POST', '/v1/payments', { 'content-length': '100' }, '{')
    expect(Socket.answerIn(await last(url, cut))).toBe('400 SL606')
    expect(Socket.answerIn(await last(url, 'GET / HTT'))).toBe('400 SL606')
    expect(await last(url, '')).toBe('')
  })

  test('behavior: listens no more', async () => {
    const { http, shop } = await site()
    for (const path of [`/v1/events?account=${shop.address}`, '/v1/events', '/v1/board/events'])
      expect(await last(http.url, Socket.request('GET', path))).toContain('200 OK')
    expect((await http.get('/metrics')).text).toContain('sunledger_event_streams 0')
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
