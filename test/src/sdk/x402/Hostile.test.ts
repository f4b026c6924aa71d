/** I21 with servers that lie: what `robot.fetch` and `robot.stream` sign stays within the limits, whatever they ask and answer. */
import { describe, expect, test } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import * as Digest from '../../../../src/crypto/Digest.ts'
import { dollar, key } from '../FakeService.ts'
import { connect, funded } from '../Payer.ts'
import { ask, offerOf, robotOf, serve, urlOf } from './Server.ts'

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

describe('an event without end', () => {
  test('error: SL680 names the server that sends it, not the clearing service; one unit was paid', async () => {
    const { robot, account } = await robotOf()
    const metered = { metered: { unit: 'u', price: '10', per: '1' } }
    const shop = await serve((request, response, paid) => {
      if (paid === undefined)
        return ask(response, urlOf(request), offerOf(10n, { extra: { ...offerOf(1n).extra, ...metered } }))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: unit\nid: 1\ndata: ')
      response.write('x'.repeat(1 << 21))
    })
    await expect(robot.stream(`${shop.url}/power`).next()).rejects.toMatchObject({ code: 'SL680' })
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
