/** Pages of other origins: none may call unless it is named, a named one may read what it gets, and none may call the operator's routes. */
import { describe, expect, test } from 'vitest'
import { parseOrigin } from '../../../src/core/Hosts.ts'
import { routes } from '../../../src/http/Routes.ts'
import { useChain } from '../support/Chain.ts'
import { follow, listen, problemOf, send, token } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()
const origin = 'https://app.example'
const word = `0x${'ab'.repeat(32)}`
const granting = /^access-control-allow/

const pathOf = (path: string): string =>
  path.replace('{address}', word.slice(0, 42)).replace('{id}', word).replace('{file}', 'main.js')

const site = async (allowedOrigins: readonly string[] = [origin, 'http://localhost:5173']) => {
  const service = await start(chain, await chain.deploy())
  return { service, http: await listen(service, { allowedOrigins }) }
}

const preflight = (from: string, method: string, more = {}) => ({
  ...{ origin: from, 'access-control-request-method': method, 'access-control-request-headers': 'content-type' },
  ...more,
})

describe('a page that is named', () => {
  test('behavior: may ask, pay and read, also what it is refused', async () => {
    const { service, http } = await site()
    const [payer, shop] = [service.member('payer'), service.member('shop')]
    await service.fund(payer, 10n)
    const asked = await send(`${http.url}/v1/payments`, 'OPTIONS', preflight(origin, 'POST'))
    expect([asked.status, asked.headers]).toMatchObject([
      204,
      {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': expect.stringContaining('content-type'),
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    ])
    const answers = [
      await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }), { origin }),
      await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1000n }), { origin }),
      await http.post('/v1/payments', { nothing: true }, { origin }),
      await http.get('/v1/status', { origin: origin.toUpperCase() }),
      await http.get('/docs', { origin }),
      await http.get('/nothing', { origin }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 402, 400, 200, 200, 404])
    for (const { headers } of answers) {
      expect(headers['access-control-allow-origin']?.toLowerCase()).toBe(origin)
      expect(headers['access-control-expose-headers']).toContain('x-request-id')
      expect(headers.vary).toContain('Origin')
    }
    const stream = await follow(`${http.url}/v1/events?account=${shop.address}`, { origin })
    expect(stream.response.headers['access-control-allow-origin']).toBe(origin)
  })

  test('behavior: reads when it is to come back, also where the service is full or not there yet', async () => {
    const { http } = await site()
    const full = await listen((await site()).service, { allowedOrigins: [origin], limits: { waitingReads: 0 } })
    const up = await listen(new Promise(() => {}), { allowedOrigins: [origin] })
    for (const [url, code] of [
      [`${full.url}/v1/status`, 'SL619'],
      [`${up.url}/v1/status`, 'SL617'],
    ] as const) {
      const refused = await send(url, 'GET', { origin })
      expect([problemOf(refused), refused.headers['access-control-allow-origin']]).toEqual([
        `503 application/problem+json ${code}`,
        origin,
      ])
      expect(refused.headers['access-control-expose-headers']).toContain('retry-after')
    }
    // A page of the internet that asks for something on this machine.
    const private_ = await send(
      `${http.url}/v1/status`,
      'OPTIONS',
      preflight(origin, 'GET', { 'access-control-request-private-network': 'true' }),
    )
    expect(private_.headers['access-control-allow-private-network']).toBe('true')
  })

  test('error: SL602 on every route of the operator’s, with the token or without; and credentials never count', async () => {
    const { http } = await site()
    for (const { method, path, access } of routes) {
      const url = http.url + pathOf(path)
      const asked = await send(url, 'OPTIONS', preflight(origin, method.toUpperCase()))
      expect([path, asked.headers['access-control-allow-credentials']]).toEqual([path, undefined])
      expect(asked.headers['access-control-allow-origin']).not.toBe('*')
      expect(asked.headers['access-control-allow-headers'] ?? '').not.toContain('authorization')
      if (access !== 'operator') continue
      const answer = await send(url, method.toUpperCase(), {
        ...{ origin, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      })
      for (const each of [asked, answer])
        if (each.status !== 204) {
          expect([path, problemOf(each)]).toEqual([path, '403 application/problem+json SL602'])
          expect(Object.keys(each.headers).filter((name) => granting.test(name))).toEqual([])
        } else expect(each.headers['access-control-allow-methods']?.split(', ')).not.toContain(method.toUpperCase())
    }
  })
})

describe('any other page', () => {
  test.each([
    ['https://evil.example'],
    ['https://app.example.evil.example'],
    ['http://app.example'],
    ['https://app.example:444'],
    ['null'],
    ['https://sub.app.example'],
  ])('error: SL602 from %s, and nothing is granted', async (from) => {
    const { http } = await site()
    for (const answer of [
      await send(`${http.url}/v1/status`, 'GET', { origin: from }),
      await send(`${http.url}/v1/payments`, 'OPTIONS', preflight(from, 'POST')),
      await send(`${http.url}/v1/payments`, 'POST', { origin: from, 'content-type': 'application/json' }, []),
    ]) {
      expect(problemOf(answer)).toBe('403 application/problem+json SL602')
      expect(Object.keys(answer.headers).filter((name) => granting.test(name))).toEqual([])
    }
  })

  test('behavior: none is named unless the service is told: answers are as ever', async () => {
    const { http } = await site([])
    const refused = await send(`${http.url}/v1/status`, 'GET', { origin })
    expect(problemOf(refused)).toBe('403 application/problem+json SL602')
    const { headers } = await http.get('/v1/status')
    expect([headers.vary, Object.keys(headers).filter((name) => granting.test(name))]).toEqual([undefined, []])
  })

  test('error: SL602 under another name, also for a page that is named (DNS rebinding)', async () => {
    const { http } = await site()
    const answer = await send(`${http.url}/v1/status`, 'GET', { origin, host: 'app.example' })
    expect(problemOf(answer)).toBe('403 application/problem+json SL602')
  })
})

test('behavior: an origin is a scheme, a name and a port, as browsers send it', () => {
  const right = ['https://app.example', 'http://localhost:5173', 'https://APP.example/', 'https://app.example:443']
  expect(right.map(parseOrigin)).toEqual([
    ...['https://app.example', 'http://localhost:5173', 'https://app.example', 'https://app.example'],
  ])
  expect(parseOrigin('chrome-extension://abcdef')).toBe('chrome-extension://abcdef')
  for (const wrong of [
    '*',
    'null',
    'app.example',
    'https://app.example/path',
    'https://*.example',
    'https://',
    '',
    'https://a@b',
  ])
    expect([wrong, parseOrigin(wrong)]).toEqual([wrong, undefined])
})
