/** Where `robot.fetch` goes, what it takes along, how long it waits and how much it reads; and what it says of input that is none. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import * as Asked from '../../../../src/sdk/x402/Asked.ts'
import { dollar } from '../FakeService.ts'
import { ask, offerOf, robotOf, serve, urlOf } from './Server.ts'

describe('redirects', () => {
  const secrets = { authorization: 'Bearer S', cookie: 's=S', 'proxy-authorization': 'Basic S', 'x-api-key': 'S' }
  const others = { accept: 'text/plain', 'content-type': 'text/plain' }

  test.each([false, true])(
    'behavior: to another origin go no credentials, keys or payments (after payment: %s)',
    async (isPaid) => {
      const { robot } = await robotOf()
      const there = await serve((_request, response) => void response.end('there'))
      const shop = await serve((request, response, paid) => {
        if (isPaid && paid === undefined) return ask(response, urlOf(request), offerOf(5n))
        response.writeHead(302, { location: `http://localhost:${there.port}/there` }).end()
      })
      const answer = await robot.fetch(`${shop.url}/a`, { key: 'K', headers: { ...secrets, ...others } })
      expect([await answer.text(), answer.redirected, new URL(answer.url).host]).toEqual([
        'there',
        true,
        `localhost:${there.port}`,
      ])
      const { headers } = there.seen[0] as IncomingMessage
      for (const name of [...Object.keys(secrets), 'payment-signature']) expect(headers[name]).toBeUndefined()
      expect(headers.accept).toBe('text/plain')
      expect(headers['idempotency-key']).not.toBe('K')
      expect(there.seen.length).toBe(1)
    },
  )

  test('behavior: on the same origin they stay; what is asked elsewhere is paid with a key of its own, the same each time', async () => {
    const { robot, account } = await robotOf()
    const there = await serve((request, response, paid) =>
      paid === undefined ? ask(response, urlOf(request), offerOf(5n)) : void response.end('there'),
    )
    const shop = await serve((request, response) => {
      const location = request.url === '/a' ? '/b' : `http://localhost:${there.port}/there`
      response.writeHead(307, { location }).end()
    })
    for (let i = 0; i < 2; i++)
      await (await robot.fetch(`${shop.url}/a`, { key: 'K', method: 'POST', body: 'x', headers: secrets })).text()
    expect(shop.seen.map(({ url, headers }) => [url, headers.authorization, headers['idempotency-key']])).toEqual(
      ['/a', '/b', '/a', '/b'].map((url) => [url, 'Bearer S', 'K']),
    )
    expect(account.highest(dollar)).toBe(5n)
    expect(there.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  test('behavior: as `fetch`: `manual` is answered, `error` is one, 303 becomes GET, and twenty are enough', async () => {
    const { robot } = await robotOf()
    const shop = await serve((request, response) => {
      if (request.url === '/end') response.end(request.method)
      else response.writeHead(303, { location: request.url === '/round' ? '/round' : '/end' }).end()
    })
    expect((await robot.fetch(`${shop.url}/a`, { redirect: 'manual' })).status).toBe(303)
    await expect(robot.fetch(`${shop.url}/a`, { redirect: 'error', retryForMs: 0 })).rejects.toMatchObject({
      code: 'SL679',
    })
    expect(await (await robot.fetch(`${shop.url}/a`, { method: 'POST', body: 'x' })).text()).toBe('GET')
    await expect(robot.fetch(`${shop.url}/round`)).rejects.toMatchObject({ code: 'SL679' })
  })

  test('behavior: from https to http nothing is paid', async () => {
    const asked = await Asked.prepare('https://shop.example/a', { headers: secrets }, () => 'K')
    const to = (location: string) =>
      Asked.redirected(asked, new Response(null, { status: 302, headers: { location } })) as Asked.Asked
    expect(Asked.isDowngraded(to('http://shop.example/a'))).toBe(true)
    expect(Asked.isDowngraded(to('https://other.example/a'))).toBe(false)
    expect(to('http://shop.example/a').headers.get('authorization')).toBeNull()
    expect(to('file:///etc/passwd')).toBeUndefined()
    expect(to('http://')).toBeUndefined()
  })
})

describe('I8 answers without end', () => {
  test('error: SL687 too large, SL679 too slow: the headers, the body, a message of a refusal', async () => {
    const { robot } = await robotOf()
    const shop = await serve((request, response) => {
      if (request.url === '/silent') return
      response.writeHead(200)
      const chunk = Buffer.alloc(request.url === '/endless' ? 65_536 : 1)
      const timer = setInterval(() => response.write(chunk), 5)
      response.on('close', () => clearInterval(timer))
    })
    const read = async (path: string, init: object) =>
      (await robot.fetch(shop.url + path, { retryForMs: 0, ...init })).text()
    await expect(read('/endless', { maxBytes: 1 << 20 })).rejects.toMatchObject({ code: 'SL687' })
    await expect(read('/slow', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'SL679' })
    await expect(read('/silent', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'SL679' })
    await expect(read('/slow', { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe('odd input', () => {
  test.each([
    [undefined, {}],
    ['/relative', {}],
    ['http://', {}],
    ['http://127.0.0.1:9/', { key: 'ключ' }],
    ['http://127.0.0.1:9/', { key: 'a\nb' }],
    ['http://127.0.0.1:9/', { key: '' }],
    ['http://127.0.0.1:9/', { key: 'k'.repeat(257) }],
    ['http://127.0.0.1:9/', { key: 7 }],
    ['http://127.0.0.1:9/', { method: 'GET', body: 'x' }],
    ['http://127.0.0.1:9/', { method: 'A B' }],
    ['http://127.0.0.1:9/', { headers: { 'x y': '1' } }],
    ['http://127.0.0.1:9/', { headers: { x: 'ü€' } }],
    ['http://127.0.0.1:9/', null],
  ])('error: SL686 fetch(%j, %j)', async (url, init) => {
    const { robot } = await robotOf()
    await expect(robot.fetch(url as never, init as never)).rejects.toMatchObject({ code: 'SL686' })
  })

  test('error: SL101 an amount that is none', async () => {
    const { robot } = await robotOf()
    for (const maxAmount of [-1n, 'x', 1e-7, {}, null])
      await expect(robot.fetch('http://127.0.0.1:9/', { maxAmount } as never)).rejects.toMatchObject({ code: 'SL101' })
  })

  test('error: SL686 stream with a wrong URL, ahead or patience', async () => {
    const { robot } = await robotOf()
    const wrong = [
      ['x', {}],
      ['http://a/', { ahead: 0 }],
      ['http://a/', { ahead: 1.5 }],
      ['http://a/', { patienceMs: Number.NaN }],
    ] as const
    for (const [url, options] of wrong) expect(() => robot.stream(url, options)).toThrow('SL686')
  })
})
