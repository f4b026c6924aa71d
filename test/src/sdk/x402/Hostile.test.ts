/** I21 with servers that lie: what `robot.fetch` and `robot.stream` sign stays within the limits, and nothing goes where it should not. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import * as Digest from '../../../../src/crypto/Digest.ts'
import type { SpendLimits } from '../../../../src/sdk/Spending.ts'
import * as Asked from '../../../../src/sdk/x402/Asked.ts'
import { dollar, key, trust } from '../FakeService.ts'
import { Observer } from '../Observer.ts'
import { connect, funded, payee } from '../Payer.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, paid: X402.Payload | undefined) => void

/** A server, and what came to it. */
const serve = async (handler: Handler) => {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    const header = request.headers['payment-signature']
    handler(request, response, header === undefined ? undefined : X402.parsePayload(X402.decode(String(header))))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, seen }
}

const offerOf = (amount: bigint, more: object = {}) => ({
  ...{ scheme: 'clearing', network: 'eip155:31337', asset: dollar, amount: `${amount}`, payTo: payee },
  ...{ maxTimeoutSeconds: 60, extra: { clearingHouse: trust.clearingHouse, service: 'http://fake.example' } },
  ...more,
})

const ask = (response: ServerResponse, url: string, offer: object, headers = {}): void => {
  const required = { x402Version: 2, resource: { url }, accepts: [offer] }
  response.writeHead(402, { 'payment-required': X402.encode(required), ...headers }).end()
}

const urlOf = (request: IncomingMessage): string => `http://${request.headers.host}${request.url}`

const robotOf = async (spend: SpendLimits = {}) => {
  const service = funded(100_000_000n)
  const account = new Observer(key(1))
  const robot = await connect(service, { account, spend })
  onTestFinished(() => robot.close())
  return { robot, account, service }
}

describe('I21 limits on every path that signs', () => {
  test('error: SL673 a key that was paid before, and now it asks $15', async () => {
    const { robot, account } = await robotOf({ perRequest: '0.02', total: '0.05' })
    let price = 10_000n
    const shop = await serve((request, response) => ask(response, urlOf(request), offerOf(price)))
    const buy = () => robot.fetch(`${shop.url}/a`, { key: 'K', maxAmount: '0.01' })
    await expect(buy()).rejects.toMatchObject({ code: 'SL676' })
    price = 15_000_000n
    await expect(buy()).rejects.toMatchObject({ code: 'SL673' })
    expect([account.highest(dollar), robot.payer.spending.spent]).toEqual([10_000n, 10_000n])
  })

  test.each(['refunded', 'none', 'unused'])(
    'error: a server that always says “%s” gets the limit, and not one payment more',
    async (charge) => {
      const { robot, account } = await robotOf({ perRequest: 100n, total: 250n })
      const shop = await serve((request, response, paid) => {
        if (paid === undefined) return ask(response, urlOf(request), offerOf(100n))
        const { extra: _, ...rest } = { extra: 0, success: false, transaction: '', network: 'eip155:31337' as const }
        const lie = { ...rest, extra: { refund: `0x${'12'.repeat(32)}` } }
        response.writeHead(500, { 'sunledger-charge': charge, 'payment-response': X402.encode(lie) }).end()
      })
      const codes = []
      for (let i = 0; i < 5; i++)
        codes.push(
          await robot.fetch(`${shop.url}/${i}`).then(
            ({ status }) => status,
            ({ code }) => code,
          ),
        )
      expect(codes).toEqual([500, 500, 'SL673', 'SL673', 'SL673'])
      expect(account.highest(dollar)).toBe(200n)
    },
  )

  test('error: a server that says “refunded” and asks anew gets what the call may cost, once', async () => {
    const { robot, account } = await robotOf()
    const shop = await serve((request, response, paid) =>
      ask(response, urlOf(request), offerOf(60n), paid === undefined ? {} : { 'sunledger-charge': 'refunded' }),
    )
    await expect(robot.fetch(`${shop.url}/a`, { maxAmount: 100n })).rejects.toMatchObject({ code: 'SL673' })
    expect(account.highest(dollar)).toBe(60n)
  })

  test('behavior: a refund is given back to the limits where its receipt shows it', async () => {
    const { robot, service } = await robotOf({ perRequest: 100n, total: 100n })
    const seller = await connect(service, { account: key(2) })
    const shop = await serve(async (request, response, paid) => {
      if (paid === undefined) return ask(response, urlOf(request), offerOf(100n))
      const { payment } = X402.parseClearing(paid.payload).receipt
      const reference = Digest.reference('sunledger refund', payment.id)
      const refund = await seller.pay({ to: payment.payer, amount: payment.amount, reference })
      const settled = {
        success: false,
        transaction: payment.id,
        network: 'eip155:31337' as const,
        extra: { refund: refund.payment.id },
      }
      response.writeHead(500, { 'sunledger-charge': 'refunded', 'payment-response': X402.encode(settled) }).end()
    })
    for (let i = 0; i < 3; i++) expect((await robot.fetch(`${shop.url}/a`)).status).toBe(500)
    expect(robot.payer.spending.spent).toBe(0n)
  })

  test('behavior: exact: the same key hands over the same authorization, which holds for an hour at most', async () => {
    const { robot, account, service } = await robotOf()
    const offer = offerOf(70n, { scheme: 'exact', extra: {}, maxTimeoutSeconds: 1e300 })
    const payloads: unknown[] = []
    const shop = await serve((request, response, paid) => {
      if (paid === undefined) return ask(response, urlOf(request), offer)
      payloads.push(paid.payload)
      response.writeHead(503, { 'sunledger-charge': 'none' }).end()
    })
    const buy = () => robot.fetch(`${shop.url}/a`, { key: 'K', maxAmount: 70n })
    await Promise.all([buy(), buy(), buy()])
    expect(new Set(payloads.map((payload) => JSON.stringify(payload))).size).toBe(1)
    expect(robot.payer.spending.spent).toBe(70n)
    const [signed, ...rest] = account.of('TransferWithAuthorization')
    expect([signed?.message['value'], rest]).toEqual([70n, []])
    expect(signed?.message['validBefore'] as bigint).toBeLessThanOrEqual(service.nowSeconds + 604_801n)
  })

  test('error: a stream: $15 for a unit, a total above the limit, and events that never end', async () => {
    const { robot, account } = await robotOf()
    const metered = (price: bigint) => ({
      ...offerOf(price).extra,
      metered: { unit: 'Wh', price: `${price}`, per: '1' },
    })
    let price = 15_000_000n
    const shop = await serve((request, response, paid) => {
      if (paid === undefined) return ask(response, urlOf(request), offerOf(price, { extra: metered(price) }))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const timer = setInterval(() => response.write('event: nothing\ndata: 1\n\n'), 5)
      response.on('close', () => clearInterval(timer))
    })
    const dear = robot.stream(`${shop.url}/power`)
    expect([(await dear.next()).done, dear.ended, account.seen]).toEqual([true, 'limit', []])
    price = 10n
    await expect(robot.stream(`${shop.url}/power`, { patienceMs: 100 }).next()).rejects.toMatchObject({ code: 'SL678' })
    expect(account.highest(dollar)).toBe(10n)
  })
})

describe('what is advertised', () => {
  test.each([
    ['a prefix that a proxy takes off', '/api/charge?kWh=1', 'http://10.0.0.7:3000/charge?kWh=1'],
    ['a configured name', '/charge', 'https://shop.example/energy'],
    ['a name that is no URL', '/charge', 'energy'],
  ])('behavior: is paid for, also ahead: %s', async (_, path, resource) => {
    const { robot } = await robotOf()
    const paid: unknown[] = []
    const shop = await serve((_request, response, payload) => {
      const extra = { ...offerOf(1n).extra, fixed: true }
      if (payload === undefined) return ask(response, resource, offerOf(5n, { extra }))
      const { receipt, key: own } = X402.parseClearing(payload.payload)
      paid.push(payload.resource?.url, receipt.payment.reference === Digest.reference(resource, own))
      response.end('served')
    })
    for (let i = 0; i < 2; i++) expect(await (await robot.fetch(shop.url + path)).text()).toBe('served')
    expect(paid).toEqual([resource, true, resource, true])
    expect(shop.seen.length).toBe(3)
  })

  test('error: SL675 another resource for the same URL and key; the same resource and key at another server', async () => {
    const { robot, account } = await robotOf()
    let resource = 'https://shop.example/a'
    const make = () =>
      serve((_request, response, paid) =>
        paid === undefined
          ? ask(response, resource, offerOf(5n))
          : response.writeHead(503, { 'sunledger-charge': 'unused' }).end(),
      )
    const [one, two] = [await make(), await make()]
    await robot.fetch(`${one.url}/a`, { key: 'K' })
    await expect(robot.fetch(`${two.url}/a`, { key: 'K' })).rejects.toMatchObject({ code: 'SL675' })
    resource = 'https://shop.example/b'
    const other = await connect(funded(), { account })
    await other.fetch(`${one.url}/a`, { key: 'K' })
    resource = 'https://shop.example/c'
    await expect(robot.fetch(`${one.url}/new`, { key: 'K' })).resolves.toMatchObject({ status: 503 })
    const changing = await serve((_request, response) =>
      ask(response, `https://shop.example/${Math.random()}`, offerOf(5n)),
    )
    await expect(robot.fetch(changing.url, { key: 'K' })).rejects.toMatchObject({ code: 'SL676' })
    await expect(robot.fetch(changing.url, { key: 'K' })).rejects.toMatchObject({ code: 'SL675' })
  })
})

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
