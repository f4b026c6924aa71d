/** The payee's stream: in whatever pieces it comes, across broken connections, and never without proof. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { Client } from '../../../src/sdk/Client.ts'
import * as Events from '../../../src/sdk/Events.ts'
import { Robot } from '../../../src/sdk/Robot.ts'
import { FakeService, key, trust } from './FakeService.ts'

const [payer, payee] = [Signature.addressOf(key(1)), Signature.addressOf(key(2))]

const makeReceipts = async (count: number): Promise<Receipt[]> => {
  const service = new FakeService()
  service.account(payer).available = 1_000_000n
  const robot = await Robot.connect('http://fake.example', { account: key(1), fetch: service.fetch, keep: false })
  return Promise.all(Array.from({ length: count }, (_, i) => robot.pay({ to: payee, amount: BigInt(i + 1) })))
}

describe('Events.Parser', () => {
  const line = fc.string().map((text) => text.replace(/[\r\n]/g, ' '))
  const event = fc.record({
    type: line.map((text) => text.trim() || 'message'),
    id: line.map((text) => text.trim()),
    data: line,
  })

  test('behavior: the pieces in which a stream comes make no difference', () => {
    fc.assert(
      fc.property(
        fc.array(event),
        fc.array(fc.nat({ max: 12 })),
        fc.constantFrom('\n', '\r\n'),
        (events, cuts, end) => {
          const text = events
            .map(({ type, id, data }) =>
              [`id: ${id}`, `event: ${type}`, ': a comment', `data: ${data}`, '', ''].join(end),
            )
            .join('')
          const parser = new Events.Parser()
          const parsed: Events.Event[] = []
          let at = 0
          for (const cut of cuts) {
            parsed.push(...parser.push(text.slice(at, at + cut)))
            at += cut
          }
          parsed.push(...parser.push(text.slice(at)))
          expect(parsed).toEqual(events)
        },
      ),
    )
  })

  test('behavior: several data lines are one text; an event without data is none; the id stays', () => {
    const parser = new Events.Parser()
    const text = 'retry: 500\n\nid: 7\ndata: a\ndata:b\n\nevent: empty\n\n: alive\n\ndata\n\n'
    expect(parser.push(text)).toEqual([
      { type: 'message', id: '7', data: 'a\nb' },
      { type: 'message', id: '7', data: '' },
    ])
  })
})

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A stream route that sends what comes after Last-Event-ID, and does with each connection what the test says. */
const stream = async (
  receipts: readonly Receipt[],
  connection: (response: ServerResponse, events: string[], count: number) => void,
): Promise<{ client: Client; asked: (string | undefined)[] }> => {
  const asked: (string | undefined)[] = []
  const server = createServer((request: IncomingMessage, response) => {
    const after = String(request.headers['last-event-id'])
    asked.push(`${request.url} after ${after}`)
    const events = receipts.map(
      (receipt, i) => `id: ${i + 1}\nevent: payment\ndata: ${Wire.formatReceipt(receipt)}\n\n`,
    )
    connection(response, events.slice(Number(after)), asked.length)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { client: new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), asked }
}

const open = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })
const follow = (client: Client, more: Partial<Events.EventsOptions> = {}) =>
  Events.payments(client, { ...trust, payee, after: 0, ...more })

describe('Events.payments', () => {
  test('behavior: a broken connection is opened again where it broke: none missing, none twice', async () => {
    const receipts = await makeReceipts(9)
    const { client, asked } = await stream(receipts, (response, events, count) => {
      // Each connection delivers three payments and half of a fourth.
      open(response).write(events.slice(0, 3).join('') + (events[3] ?? '').slice(0, 40))
      if (count % 2 === 0) response.end()
      else setTimeout(() => response.destroy(), 20)
    })
    const got: Events.Received[] = []
    for await (const payment of follow(client)) if (got.push(payment) === 9) break
    expect(got.map(({ amount }) => amount)).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n])
    expect(got[4]).toEqual({
      asset: receipts[4]?.payment.asset,
      payer,
      amount: 5n,
      reference: receipts[4]?.payment.reference,
      id: receipts[4]?.payment.id,
      position: 5,
      receipt: receipts[4],
    })
    expect(asked).toEqual([0, 3, 6].map((after) => `/v1/events?account=${payee} after ${after}`))
  })

  test('behavior: a service that is starting is asked again', async () => {
    const { client, asked } = await stream(await makeReceipts(1), (response, events, count) => {
      if (count < 3) response.writeHead(503).end()
      else open(response).write(events.join(''))
    })
    expect((await follow(client).next()).value).toMatchObject({ amount: 1n })
    expect(asked).toHaveLength(3)
  })

  test('behavior: ends when aborted, and when returned from while it waits', async () => {
    const { client } = await stream([], (response) => open(response).write(': alive\n\n'))
    const abort = new AbortController()
    const aborted = follow(client, { signal: abort.signal }).next()
    setTimeout(() => abort.abort(), 30)
    expect(await aborted).toEqual({ done: true, value: undefined })
    const payments = follow(client)
    const waiting = payments.next()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(await payments.return?.()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await follow(client, { signal: AbortSignal.abort() }).next()).toMatchObject({ done: true })
  })

  test('error: a payment that its proof does not cover', async () => {
    const [receipt] = (await makeReceipts(1)) as [Receipt]
    const forged = { ...receipt, payment: { ...receipt.payment, amount: 100n } } as Receipt
    const { client } = await stream([forged], (response, events) => open(response).write(events.join('')))
    await expect(follow(client).next()).rejects.toMatchObject({ code: 'SL650' })
  })

  test('error: somebody else’s payment', async () => {
    const { client } = await stream(await makeReceipts(1), (response, events) => open(response).write(events.join('')))
    await expect(follow(client, { payee: payer }).next()).rejects.toMatchObject({ code: 'SL651' })
  })

  test.each([
    ['no receipt', 'id: 1\nevent: payment\ndata: {}\n\n'],
    ['no JSON', 'id: 1\nevent: payment\ndata: x\n\n'],
    ['no position', 'event: payment\ndata: {}\n\n'],
  ])('error: %s', async (_, text) => {
    const { client } = await stream([], (response) => open(response).write(text))
    await expect(follow(client).next()).rejects.toMatchObject({ code: 'SL641' })
  })

  test('error: a refusal is thrown with the service’s code', async () => {
    const problem = { type: 't', title: 'T', status: 400, code: 'SL608', detail: 'No.' }
    const { client } = await stream([], (response) => response.writeHead(400).end(JSON.stringify(problem)))
    await expect(follow(client).next()).rejects.toMatchObject({ code: 'SL608' })
    const other = await stream([], (response) => response.writeHead(404).end('<html>'))
    await expect(follow(other.client).next()).rejects.toMatchObject({ code: 'SL641' })
  })

  test('behavior: a receipt that the service sends five times, also over connections, is handed on once', async () => {
    const receipts = await makeReceipts(3)
    const { client } = await stream(receipts, (response, _, count) => {
      const [first, second, third] = receipts.map(
        (receipt) => `event: payment\ndata: ${Wire.formatReceipt(receipt)}\n\n`,
      )
      const again = Array.from({ length: 5 }, (__, i) => `id: ${10 * count + i}\n${first}`).join('')
      open(response).end(again + (count < 3 ? `id: 90\n${second}` : `id: 99\n${third}`))
    })
    const got: bigint[] = []
    for await (const { amount } of follow(client)) if (got.push(amount) === 3) break
    expect(got).toEqual([1n, 2n, 3n])
  })

  test('error: SL650 two receipts over one stretch of the credit', async () => {
    const [one] = (await makeReceipts(2)) as [Receipt, Receipt]
    const service = new FakeService()
    service.account(payer).available = 1_000_000n
    const robot = await Robot.connect('http://fake.example', { account: key(1), fetch: service.fetch, keep: false })
    const other = await robot.pay({ to: payee, amount: 5n })
    const { client } = await stream([one, other], (response, events) => open(response).write(events.join('')))
    const payments = follow(client)
    expect((await payments.next()).value).toMatchObject({ amount: 1n })
    await expect(payments.next()).rejects.toMatchObject({ code: 'SL650' })
  })

  test('error: SL687 a refusal without end', async () => {
    const { client } = await stream([], (response) => {
      response.writeHead(400)
      const timer = setInterval(() => response.write(' '.repeat(1 << 18)), 1)
      response.on('close', () => clearInterval(timer))
    })
    await expect(follow(client).next()).rejects.toMatchObject({ code: 'SL687' })
  })
})
