/** The event stream over real HTTP: every payment once, in order, whenever the listener comes, goes and comes back. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Service } from '../../../src/clearing/Service.ts'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import type { Journal } from '../../../src/store/Journal.ts'
import { useChain } from '../support/Chain.ts'
import { type Event, follow, listen } from '../support/Http.ts'
import type { Member } from '../support/Member.ts'
import { type Options, start } from '../support/Running.ts'

const chain = useChain()

const site = async (options: Options = {}) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, options)
  const http = await listen(service)
  const responses: ServerResponse[] = []
  const note = (message: unknown) => responses.push((message as { response: ServerResponse }).response)
  subscribe('http.server.request.start', note)
  onTestFinished(() => void unsubscribe('http.server.request.start', note))
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1_000_000n)
  return {
    service,
    http,
    /** The service's side of every request. */
    responses,
    payer,
    shop,
    /** Pays so often, many at once. */
    pay: (times: number, to: Member = shop) =>
      Promise.all(Array.from({ length: times }, () => service.pay(payer.pay({ to: to.address, amount: 1n })))),
    stream: (of: Member, query = '', headers = {}, isSlow = false) =>
      follow(`${http.url}/v1/events?account=${of.address}${query}`, headers, isSlow),
  }
}

const totals = (events: readonly Event[]): bigint[] =>
  events.map(({ data }) => (Wire.parse(Wire.receipt, data) as Receipt).credit.total)

const upTo = (most: number, from = 1): bigint[] => Array.from({ length: most - from + 1 }, (_, i) => BigInt(from + i))

describe('an account’s stream', () => {
  test('behavior: carries what comes in from now on, with its receipt and position', async () => {
    const { stream, pay, shop, payer, service } = await site()
    await pay(3)
    const listener = await stream(shop)
    expect([listener.response.statusCode, listener.response.headers['content-type']]).toEqual([
      200,
      'text/event-stream',
    ])
    const receipts = await pay(5)
    await service.pay(shop.pay({ to: payer.address, amount: 1n }))
    await pay(1, service.member('other'))
    const last = await pay(1)
    const events = await listener.count(6)
    expect(totals(events)).toEqual(upTo(9, 4))
    expect(events.map(({ type, id }) => [type, id])).toEqual(
      [...receipts, ...last].map(({ payment }) => ['payment', service.journal.payment(payment.id)?.position]),
    )
  })

  test('behavior: both parties of a sale hear of their own leg', async () => {
    const { stream, service, payer, shop } = await site()
    const asset = service.deployment.dollar.asset
    await service.fund(shop, 100n)
    const [a, b] = [await stream(payer), await stream(shop)]
    const terms = {
      ...{ seller: payer.address, buyer: shop.address, creditAsset: asset, credits: 7n as never },
      ...{ dollarAsset: asset, price: 9n as never, salt: `0x${'12'.repeat(32)}` as const },
    }
    await Promise.all([payer, shop].map((of) => service.trade(terms, of.leg(terms))))
    expect([totals(await a.count(1)), totals(await b.count(1))]).toEqual([[9n], [7n]])
  })

  test('behavior: goes on from a position, by Last-Event-ID or by query, without a gap and without a repetition', async () => {
    const { stream, pay, shop } = await site()
    const first = await stream(shop)
    await pay(10)
    const seen = (await first.count(10)).slice(0, 4)
    first.close()
    await pay(250)
    const id = String(seen.at(-1)?.id)
    const [byHeader, byQuery, all] = [
      await stream(shop, '', { 'last-event-id': id }),
      await stream(shop, `&after=${id}`),
      await stream(shop, '&after=0'),
    ]
    await pay(10)
    expect(totals([...seen, ...(await byHeader.count(266))])).toEqual(upTo(270))
    expect(totals(await byQuery.count(266))).toEqual(upTo(270, 5))
    expect(totals(await all.count(270))).toEqual(upTo(270))
  })

  test('behavior: payments that come while it catches up are neither missed nor shown twice', async () => {
    const { stream, pay, shop } = await site()
    await pay(500)
    const opening = stream(shop, '&after=0')
    const paying = (async () => {
      for (let i = 0; i < 20; i++) await pay(20)
    })()
    const listener = await opening
    await paying
    expect(totals(await listener.count(900))).toEqual(upTo(900))
  })

  test('behavior: a journal that says later than it writes that it has written makes nothing appear twice', async () => {
    const late = (journal: Journal): Journal =>
      Object.assign(Object.create(journal) as Journal, {
        async append(...group: Parameters<Journal['append']>) {
          await journal.append(...group)
          await new Promise((resolve) => setTimeout(resolve, 5))
        },
      })
    const { stream, pay, shop } = await site({ through: late })
    const paying = (async () => {
      for (let i = 0; i < 30; i++) await pay(2)
    })()
    const listeners = []
    for (let i = 0; i < 30; i++) listeners.push(await stream(shop, '&after=0'))
    await paying
    for (const listener of listeners) expect(totals(await listener.count(60))).toEqual(upTo(60))
  })

  test('behavior: I8 a listener that does not read costs no memory, holds up nobody, and misses nothing', async () => {
    const { stream, pay, shop, service, responses } = await site()
    const slow = await stream(shop, '', {}, true)
    const quick = await stream(shop)
    for (let i = 0; i < 12; i++) await pay(500)
    expect(totals(await quick.count(6000))).toHaveLength(6000)
    expect(slow.events.length).toBe(0)
    // A payment is 1.5 KB in the stream: 9 MB in all, of which the system's own buffers take a part.
    expect(Math.max(...responses.map((response) => response.writableLength))).toBeLessThan(400_000)
    slow.response.resume()
    expect(totals(await slow.count(6000))).toEqual(upTo(6000))
    await pay(3)
    expect(totals(await slow.count(6003))).toEqual(upTo(6003))
    expect(service.complaints).toEqual([])
  })

  test('behavior: goes on after the service was started again on its journal', async () => {
    const { http, stream, pay, shop, service, payer } = await site()
    const listener = await stream(shop)
    await pay(4)
    const seen = await listener.count(4)
    await http.server.close()
    await listener.ended
    await service.close()
    const again = await start(chain, { deployment: service.deployment, keys: service.keys }, { folder: service.folder })
    const { url } = await listen(again)
    await again.pay(payer.pay({ to: shop.address, amount: 1n }))
    const headers = { 'last-event-id': String(seen[2]?.id) }
    const resumed = await follow(`${url}/v1/events?account=${shop.address}`, headers)
    expect(totals([...seen.slice(0, 3), ...(await resumed.count(2))])).toEqual(upTo(5))
  })
})

describe('the service’s stream', () => {
  test('behavior: says how things stand, and each settlement', async () => {
    const { http, pay, service } = await site()
    const listener = await follow(`${http.url}/v1/events`)
    await pay(2)
    const { transactions } = await service.settle()
    await listener.count(3)
    const types = listener.events.map(({ type }) => type)
    expect(types).toContain('status')
    const settlement = listener.events.find(({ type }) => type === 'settlement')
    expect(settlement?.data).toMatchObject({ transaction: transactions[0]?.transaction, members: 2 })
  })
})

describe('many listeners', () => {
  test('behavior: a payment concerns those of its payee alone, and costs the same however many listen for others', async () => {
    const deployed = await chain.deploy()
    const service = await start(chain, deployed)
    let [listeners, asked] = [0, 0]
    const counted: Service = {
      ...service,
      listen(listener) {
        listeners++
        const { payment: told, ...rest } = listener
        const stop = service.listen({
          ...rest,
          ...(told === undefined
            ? {}
            : {
                payment: (payment) =>
                  told({
                    ...{ payment: payment.payment, position: payment.position },
                    ...{ receipt: () => payment.receipt(), json: () => payment.json() },
                    payee() {
                      asked++
                      return payment.payee()
                    },
                  }),
              }),
        })
        return () => {
          listeners--
          stop()
        }
      },
    }
    const http = await listen(counted)
    const [payer, shop] = [service.member('payer'), service.member('shop')]
    await service.fund(payer, 1000n)
    const own = () => follow(`${http.url}/v1/events?account=${shop.address}`)
    const before = listeners
    const others = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        follow(`${http.url}/v1/events${i % 4 === 0 ? '' : `?account=${service.member(`other ${i}`).address}`}`),
      ),
    )
    const [first, second] = [await own(), await own()]
    for (let i = 0; i < 5; i++) await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    expect(totals(await first.count(5))).toEqual(upTo(5))
    first.close()
    await service.until(async () => (await http.get('/metrics')).text.includes('sunledger_event_streams 101'))
    await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    expect(totals(await second.count(6))).toEqual(upTo(6))
    expect(others.flatMap(({ events }) => events.filter(({ type }) => type === 'payment'))).toEqual([])
    expect([listeners, asked]).toEqual([before, 6])
  })
})

describe('the end', () => {
  test('behavior: open streams do not hold it up; each listener is told by the end of its stream', async () => {
    const { http, stream, pay, shop } = await site()
    const listeners = await Promise.all([stream(shop), stream(shop, '', {}, true), follow(`${http.url}/v1/events`)])
    await pay(10)
    const startedMs = performance.now()
    await http.server.close()
    expect(performance.now() - startedMs).toBeLessThan(1000)
    listeners[1]?.response.resume()
    await Promise.all(listeners.map(({ ended }) => ended))
  })
})
