/** What happens when too much comes, and when the service comes and goes; over real HTTP. */
import { describe, expect, test } from 'vitest'
import type { Service } from '../../../src/clearing/Service.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as BadLine from '../support/BadLine.ts'
import { useChain } from '../support/Chain.ts'
import { follow, listen, problemOf } from '../support/Http.ts'
import { start } from '../support/Running.ts'
import { slowDisk } from '../support/SlowDisk.ts'
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

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

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
    const { http, service, payer, shop } = await site({ limits: { pendingRequests: 4 } }, disk)
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
    const { http, service, pay, shop } = await site({ limits: { pendingRequests: 4 } })
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
