/** The client over real sockets: what it tries again and what it must not, and what it makes of answers that are none. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import * as Wire from '../../../src/core/Wire.ts'
import { Client, type ClientOptions } from '../../../src/sdk/Client.ts'
import { FakeService, key } from './FakeService.ts'

const status = Wire.stringify(new FakeService().status())
const transaction = { transaction: `0x${'12'.repeat(32)}`, block: '1', gasUsed: '2' }
const exit = {
  asset: `0x${'11'.repeat(20)}`,
  account: `0x${'11'.repeat(20)}`,
  to: `0x${'11'.repeat(20)}`,
  nonce: 0n,
  deadline: 1n,
  signature: key(1),
} as Wire.ExitRequest

type Answer = (response: ServerResponse, request: IncomingMessage) => void
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Answers the first request with the first answer, and so on; the last one stays. */
const serve = async (...answers: Answer[]): Promise<{ url: string; count: () => number; sockets: Set<unknown> }> => {
  let count = 0
  const sockets = new Set<unknown>()
  const server = createServer((request, response) => {
    sockets.add(request.socket)
    const answer = answers[Math.min(count++, answers.length - 1)] as Answer
    request.resume().on('end', () => answer(response, request))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count, sockets }
}

const json =
  (code: number, body: unknown): Answer =>
  (response) => {
    response
      .writeHead(code, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : JSON.stringify(body))
  }
const cut: Answer = (response) => response.socket?.destroy()
const silent: Answer = () => {}
const problem = (code: number) => json(code, { type: 't', title: 'T', status: code, code: 'SL999', detail: 'No.' })

// Over node:http and over fetch alike.
const transports: [string, Pick<ClientOptions, 'fetch'>][] = [
  ['node:http', {}],
  ['fetch', { fetch: globalThis.fetch }],
]

describe.each(transports)('over %s', (_, transport) => {
  const open = (url: string, options: ClientOptions = {}) =>
    new Client(url, { ...transport, retryForMs: 3000, ...options })

  test('behavior: connections are kept', async () => {
    const { url, sockets } = await serve(json(200, status))
    const client = open(url)
    for (let i = 0; i < 5; i++) expect((await client.status()).version).toBe('1')
    // fetch may open a second one while the first is being given back.
    expect(sockets.size).toBeLessThanOrEqual(2)
  })

  test('behavior: a base path stays in front', async () => {
    const seen: (string | undefined)[] = []
    const { url } = await serve((response, request) => {
      seen.push(request.url)
      json(200, status)(response, request)
    })
    await open(`${url}/base/`).status()
    await open(`${url}/base`).status()
    expect(seen).toEqual(['/base/v1/status', '/base/v1/status'])
  })

  test('behavior: what may be repeated is tried again after a cut, 502, 503 and 504', async () => {
    const { url, count } = await serve(cut, problem(502), problem(503), problem(504), json(200, status))
    expect((await open(url).status()).version).toBe('1')
    expect(count()).toBe(5)
  })

  test('behavior: Retry-After is waited for', async () => {
    const { url } = await serve(
      (response) => {
        response.writeHead(503, { 'retry-after': '1' }).end()
      },
      json(200, status),
    )
    const before = performance.now()
    await open(url).status()
    expect(performance.now() - before).toBeGreaterThan(950)
  })

  test('error: a withdrawal or exit whose answer was lost is not sent again', async () => {
    for (const answer of [cut, problem(502), problem(503), problem(504)]) {
      const { url, count } = await serve(answer, json(200, transaction))
      await expect(open(url).exit(exit)).rejects.toThrow()
      expect(count()).toBe(1)
    }
    const { url } = await serve(cut)
    await expect(open(url).exit(exit)).rejects.toThrow('look at the balance before you repeat it')
  })

  test('behavior: a deposit whose answer was lost is sent again: it counts once', async () => {
    const { url, count } = await serve(cut, problem(503), json(200, transaction))
    expect((await open(url).deposit({} as Wire.DepositRequest)).gasUsed).toBe(2n)
    expect(count()).toBe(3)
  })

  test('behavior: it is sent again where no connection came about', async () => {
    const closed = await serve(silent)
    servers.pop()?.close()
    const port = Number(new URL(closed.url).port)
    const sent = open(closed.url).exit(exit)
    await new Promise((resolve) => setTimeout(resolve, 150))
    const server = createServer((request, response) =>
      request.resume().on('end', () => json(200, transaction)(response, request)),
    )
    servers.push(server)
    server.listen(port, '127.0.0.1')
    expect((await sent).gasUsed).toBe(2n)
  })

  test('error: a problem keeps the service’s code', async () => {
    const { url, count } = await serve(problem(409))
    await expect(open(url).status()).rejects.toMatchObject({ name: 'ServiceError', code: 'SL999', status: 409 })
    expect(count()).toBe(1)
  })

  test('error: nobody there', async () => {
    await expect(open('http://127.0.0.1:1', { retryForMs: 200 }).status()).rejects.toMatchObject({ code: 'SL640' })
  })

  test('error: no answer in time', async () => {
    const { url, count } = await serve(silent)
    await expect(open(url, { timeoutMs: 100, retryForMs: 500 }).status()).rejects.toMatchObject({ code: 'SL640' })
    expect(count()).toBeGreaterThan(1)
  })

  test.each([
    ['no JSON', json(200, '<html>')],
    ['an error without a problem', json(404, '<html>')],
    ['another form', json(200, { version: 1 })],
    ['nothing', json(200, '')],
    ['null', json(200, 'null')],
  ])('error: %s is no answer', async (_name, answer) => {
    const { url } = await serve(answer)
    await expect(open(url).status()).rejects.toMatchObject({ code: 'SL641' })
  })

  test('error: fewer results than payments', async () => {
    const { url } = await serve(json(200, '[]'))
    await expect(open(url).pay([{}, {}] as never)).rejects.toMatchObject({ code: 'SL641' })
  })

  test('behavior: the operator’s token goes into its header alone', async () => {
    const seen: unknown[] = []
    const settled = json(200, { transactions: [], readings: [], block: '1' })
    const { url } = await serve((response, request) => {
      seen.push(request.headers.authorization)
      settled(response, request)
    })
    await open(url).settle('secret')
    expect(seen).toEqual(['Bearer secret'])
  })
})

describe('Client', () => {
  test.each(['', 'localhost:4020', 'ftp://x', '/v1', 'http://'])('error: %j is no address of a service', (url) => {
    expect(() => new Client(url)).toThrow('SL657')
  })

  test('behavior: none paid is none sent', async () => {
    expect(await new Client('http://127.0.0.1:1').pay([])).toEqual([])
  })
})

describe.each(transports)('I8 answers without end, over %s', (_, transport) => {
  const drip =
    (piece: string, everyMs: number): Answer =>
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(piece), everyMs)
      response.on('close', () => clearInterval(timer))
    }

  test('error: SL687 one that is too large is read no further, and not asked for again', async () => {
    const { url, count } = await serve(drip(' '.repeat(1 << 20), 1))
    const client = new Client(url, { ...transport, timeoutMs: 30_000, retryForMs: 5_000 })
    await expect(client.status()).rejects.toMatchObject({ code: 'SL687' })
    expect(count()).toBe(1)
  })

  test('error: SL640 a byte now and then makes the wait no longer than it may be', async () => {
    const { url } = await serve(drip(' ', 20))
    const client = new Client(url, { ...transport, timeoutMs: 200, retryForMs: 0 })
    await expect(client.status()).rejects.toMatchObject({ code: 'SL640' })
  })

  test('error: SL641 a redirect is not followed: payments go to the service alone', async () => {
    const other = await serve(json(200, status))
    const { url } = await serve((response) => response.writeHead(302, { location: other.url }).end('{}'))
    await expect(new Client(url, transport).status()).rejects.toMatchObject({ code: 'SL641' })
    expect(other.count()).toBe(0)
  })
})

describe('the address of a service', () => {
  test.each([
    ['http://127.0.0.1:4020//', 'http://127.0.0.1:4020/'],
    ['http://127.0.0.1:4020///a//b//', 'http://127.0.0.1:4020/a/b'],
    ['https://service.example', 'https://service.example/'],
  ])('behavior: %s is %s', (text, href) => {
    expect(new Client(text).url.href).toBe(href)
  })

  test('behavior: a doubled slash reaches the same routes', async () => {
    const paths: (string | undefined)[] = []
    const { url } = await serve((response, request) => {
      paths.push(request.url)
      json(200, status)(response, request)
    })
    for (const [, transport] of transports) await new Client(`${url}//`, transport).status()
    expect(paths).toEqual(['/v1/status', '/v1/status'])
  })

  test.each(['', 'x', '//host', 'ftp://host', 'http://user:word@host', 'http://host/?a=1', 'http://host/#a', 7, null])(
    'error: SL657 %j',
    (text) => {
      expect(() => new Client(text as never)).toThrow('SL657')
      expect(() => new Client(text as never)).not.toThrow('word')
    },
  )
})
