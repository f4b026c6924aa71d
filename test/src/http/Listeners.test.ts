/** How many may listen, to what and from where; and that many who listen to one account cost a payment next to nothing. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Request, Response } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Service } from '../../../src/clearing/Service.ts'
import * as Limits from '../../../src/http/Limits.ts'
import * as Listeners from '../../../src/http/Listeners.ts'
import * as Peer from '../../../src/http/Peer.ts'
import * as Reads from '../../../src/http/Reads.ts'
import { useChain } from '../support/Chain.ts'
import { follow, listen, problemOf, send } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

/** Streams from whatever address a request names. */
const streams = async (most: number, bounds: { streams?: number; perAddress?: number } = {}) => {
  const { defaults } = Limits
  const limits = {
    ...defaults,
    streams: bounds.streams ?? defaults.streams,
    perAddress: { ...defaults.perAddress, streams: bounds.perAddress ?? defaults.perAddress.streams },
  }
  const listeners = Listeners.create(limits, Reads.create({ bounds: limits, payments: () => 0 }))
  const handle: RequestListener = (request, response) => {
    const { from = '', topic = '' } = request.headers as { [name: string]: string }
    Object.defineProperty(request.socket, 'remoteAddress', { value: from })
    try {
      listeners.open(request as Request, response as Response, topic, most, () => {})
    } catch (error) {
      response.writeHead(500).end((error as { code: string }).code)
    }
  }
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    listeners.close()
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    listeners,
    open: (from: string, topic = 'shop') => follow(url, { from, topic }),
    refused: async (from: string, topic = 'shop') => (await send(url, 'GET', { from, topic })).text,
  }
}

describe('bounds', () => {
  test('error: SL620 beyond what an account may have, and what an address may have; SL609 beyond all', async () => {
    const { open, refused } = await streams(3, { perAddress: 4 })
    for (let i = 0; i < 3; i++) await open('192.0.2.1')
    expect(await refused('192.0.2.1')).toBe('SL620')
    await open('192.0.2.1', 'other')
    expect(await refused('192.0.2.1', 'third')).toBe('SL620')
    // From loopback nobody is told apart.
    for (let i = 0; i < 5; i++) await open('127.0.0.1', `${i}`)
    const few = await streams(9, { streams: 2 })
    await few.open('192.0.2.1')
    await few.open('192.0.2.2')
    expect(await few.refused('192.0.2.1', 'other')).toBe('SL609')
  })

  test('behavior: I8 nobody keeps another address out: who has most gives way, its oldest first, until they have as many', async () => {
    const { open, refused, listeners } = await streams(4)
    const greedy = [await open('192.0.2.1'), await open('192.0.2.1'), await open('192.0.2.1'), await open('192.0.2.1')]
    await open('192.0.2.2')
    await greedy[0]?.ended
    expect(greedy[0]?.events).toMatchObject([{ type: 'closing' }])
    await open('192.0.2.2')
    await greedy[1]?.ended
    expect(await refused('192.0.2.2')).toBe('SL620')
    expect(await refused('192.0.2.1')).toBe('SL620')
    expect(listeners.count()).toBe(4)
  })

  test('behavior: who has gone makes room', async () => {
    const { open, refused, listeners } = await streams(1)
    const first = await open('192.0.2.1')
    expect(await refused('192.0.2.1')).toBe('SL620')
    first.close()
    while (listeners.count() > 0) await new Promise((resolve) => setImmediate(resolve))
    await open('192.0.2.1')
  })

  test('behavior: one customer’s IPv6 network is one peer', async () => {
    const peers = ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1', '2001:db8:1:3::1', '::ffff:192.0.2.1', '192.0.2.1']
    expect(peers.map(Peer.peerOf)).toEqual([
      ...['2001:db8:1:2::/64', '2001:db8:1:2::/64', '2001:db8:1:3::/64'],
      ...['192.0.2.1', '192.0.2.1'],
    ])
    expect(['::1', '::2', 'fe80::1%eth0', '2001:db8::', '1:2:3:4:5:6:7::'].map(Peer.peerOf)).toEqual([
      ...['0:0:0:0::/64', '0:0:0:0::/64', 'fe80:0:0:0::/64', '2001:db8:0:0::/64', '1:2:3:4::/64'],
    ])
    const { open, refused } = await streams(9, { perAddress: 1 })
    await open('2001:db8:1:2::1')
    expect(await refused('2001:db8:1:2::2')).toBe('SL620')
    await open('2001:db8:1:3::2')
  })
})

describe('an account with many listeners', () => {
  test('behavior: I8 the text of a payment is made once for all of them, and each gets all in order', async () => {
    const running = await start(chain, await chain.deploy())
    let made = 0
    const service: Service = {
      ...running,
      listen(listener) {
        const { payment: told, ...rest } = listener
        if (told === undefined) return running.listen(rest)
        return running.listen({
          ...rest,
          payment: (payment) =>
            told({
              ...{ payment: payment.payment, position: payment.position },
              ...{ payee: () => payment.payee(), receipt: () => payment.receipt() },
              json() {
                made++
                return payment.json()
              },
            }),
        })
      },
    }
    const http = await listen(service, { limits: { streamsPerAccount: 120 } })
    const [payer, shop] = [running.member('payer'), running.member('shop')]
    await running.fund(payer, 1_000n)
    const path = `${http.url}/v1/events?account=${shop.address}`
    const listeners = await Promise.all(Array.from({ length: 120 }, () => follow(path)))
    const refused = await http.get(`/v1/events?account=${shop.address}`)
    expect([problemOf(refused), refused.headers['retry-after']]).toEqual(['429 application/problem+json SL620', '5'])
    for (let i = 0; i < 10; i++)
      await Promise.all(Array.from({ length: 10 }, () => running.pay(payer.pay({ to: shop.address, amount: 1n }))))
    const ids = (await listeners[0]?.count(100))?.map(({ id }) => id)
    expect(new Set(ids).size).toBe(100)
    for (const listener of listeners) expect((await listener.count(100)).map(({ id }) => id)).toEqual(ids)
    expect(made).toBe(100)
  })
})
