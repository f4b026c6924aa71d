/** Requests that are refused before they are parsed: the same answer as from behind the parser, and nothing else is mistaken for one. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as Doorstep from '../../../src/http/Doorstep.ts'
import { useChain } from '../support/Chain.ts'
import { listen } from '../support/Http.ts'
import { start } from '../support/Running.ts'
import { slowDisk } from '../support/SlowDisk.ts'
import * as Socket from '../support/Socket.ts'

const chain = useChain()

const answers = (text: string): string[] => text.split(/(?=HTTP\/1\.1 )/).filter((part) => part !== '')

/** A server that counts what is parsed, and refuses whatever it may before that. */
const counting = async () => {
  const parsed: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => {
      body += part.toString('latin1')
    })
    request.on('end', () => {
      parsed.push(`${request.method} ${request.url} ${body}`)
      response.end(`parsed ${body}`)
    })
  })
  let isRefusing = true
  Doorstep.watch(server, () => (isRefusing ? 'HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n' : undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    parsed,
    url: `http://127.0.0.1:${port}`,
    refusing(is: boolean) {
      isRefusing = is
    },
  }
}

const pay = (body: string, headers = {}) => Socket.request('POST', '/v1/payments', headers, body)

describe('a service that is full', () => {
  const full = async () => {
    const disk = slowDisk()
    const service = await start(chain, await chain.deploy(), disk)
    const http = await listen(service, { limits: { pendingRequests: 1 } })
    const [payer, shop] = [service.member('payer'), service.member('shop')]
    await service.fund(payer, 1000n)
    const payment = () =>
      JSON.stringify(payer.pay({ to: shop.address, amount: 1n }), (_, value) =>
        typeof value === 'bigint' ? String(value) : value,
      )
    disk.hold()
    const first = await Socket.open(http.url)
    first.say(pay(payment()))
    await service.until(async () => (await http.get('/metrics')).text.includes('sunledger_payments_pending 1'))
    return { http, disk, first, payment, service }
  }

  test('behavior: says the same before parsing as behind it, on a connection that stays, and takes the payment later', async () => {
    const { http, disk, first, payment } = await full()
    const line = await Socket.open(http.url)
    const body = payment()
    // The first request of a connection is parsed; the others are not.
    for (let i = 0; i < 3; i++) {
      line.say(pay(body, { 'x-request-id': `mine-${i}` }))
      await line.hears(`/requests/mine-${i}"}`)
    }
    line.say(pay(body))
    await line.hears(/(?:HTTP[\s\S]*){4}"instance":"\/requests\/[0-9a-f-]{36}"}/)
    const bare = answers(line.text()).map((answer) =>
      answer
        .replace(/^date: .*\r\n/im, '')
        .replace(/mine-\d|[0-9a-f-]{36}/g, 'ID')
        .replace(/(content-length): \d+/i, '$1')
        .toLowerCase()
        .split('\r\n')
        .sort(),
    )
    expect(bare).toHaveLength(4)
    for (const answer of bare) expect(answer).toEqual(bare[0])
    for (const answer of answers(line.text()).slice(0, 4)) {
      const [head = '', text = ''] = answer.split('\r\n\r\n')
      expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBe(text.length)
    }
    expect((await http.get('/metrics')).text).toContain('sunledger_requests_total{route="pay",status="503"} 4')
    disk.release()
    await first.hears('200 OK')
    line.say(pay(body))
    await line.hears('200 OK')
    expect(http.faults).toEqual([])
  })

  test('behavior: only payments are turned away', async () => {
    const { http, disk, first } = await full()
    const line = await Socket.open(http.url)
    for (let i = 0; i < 3; i++) {
      line.say(Socket.request('GET', '/healthz'))
      await line.hears(new RegExp(`(?:200 OK[\\s\\S]*){${i + 1}}"ok"`))
      line.say(Socket.request('POST', '/v1/readings', {}, '{}'))
      await line.hears(new RegExp(`(?:SL601[\\s\\S]*){${i + 1}}`))
    }
    disk.release()
    await first.hears('200 OK')
  })
})

describe('what is left to the parser', () => {
  const inner = pay('inner')
  test.each([
    ['two requests in one piece', [`${pay('one')}${pay('two')}`], 2],
    ['a request in two pieces', [pay('one').slice(0, 40), pay('one').slice(40)], 1],
    ['a body that comes later', [pay('one').slice(0, -2), 'ne'], 1],
    [
      'a request within a body',
      [Socket.request('POST', '/x', { 'content-length': String(inner.length + 1) }, ' '), inner],
      1,
    ],
    ['chunks', [`POST /v1/payments HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`], 1],
    ['the last request', [pay('one', { connection: 'close' })], 1],
    ['another path', [Socket.request('POST', '/v1/payments/', {}, 'one')], 1],
  ])('behavior: %s', async (_, pieces, requests) => {
    const { url, parsed } = await counting()
    const line = await Socket.open(url)
    for (const piece of pieces) {
      line.say(piece)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await line.hears('parsed')
    expect(parsed).toHaveLength(requests)
    expect(line.text()).not.toContain('503')
  })

  test('behavior: however requests are cut into pieces, each is answered once, in order', async () => {
    const { url, parsed, refusing } = await counting()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ unit: fc.constantFrom('a', 'P', '\r', '\n') }), fc.boolean()), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.array(fc.nat(400), { maxLength: 4 }),
        async (bodies, cuts) => {
          parsed.length = 0
          refusing(true)
          const line = await Socket.open(url)
          const whole = bodies.map(([body, isPay]) =>
            Socket.request('POST', isPay ? '/v1/payments' : '/other', { 'content-length': String(body.length) }, body),
          )
          const text = whole.join('')
          const places = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length]
          for (let i = 1; i < places.length; i++) {
            line.say(text.slice(places[i - 1], places[i]))
            await new Promise((resolve) => setTimeout(resolve, 2))
          }
          const count = () => answers(line.text()).length
          for (let i = 0; i < 200 && count() < bodies.length; i++)
            await new Promise((resolve) => setTimeout(resolve, 5))
          expect(count()).toBe(bodies.length)
          const kept = answers(line.text()).flatMap((answer) => /parsed ([\s\S]*)$/.exec(answer)?.[1] ?? [])
          expect(parsed.map((one) => one.replace(/^POST \S+ /, ''))).toEqual(kept)
          line.socket.destroy()
        },
      ),
      { numRuns: 60 },
    )
  })
})
