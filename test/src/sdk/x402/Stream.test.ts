/** Metered streams over real HTTP: paid unit by unit, by a client that may stop paying, from a server that may stop delivering. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import { type MeteredOptions, metered, type Robot, type Source } from '../../../../src/index.ts'
import { balanceOf, payFor, requiredOf, serve, useStreet } from '../../support/Shop.ts'

const street = useStreet()

/** So many Wh, and what became of each. */
const wattHours = (most: number, log: string[] = [], failAt = Number.POSITIVE_INFINITY): Source<unknown> =>
  async function* (_request, signal) {
    try {
      for (let n = 1; n <= most; n++) {
        if (n === failAt) throw new Error('no sun')
        log.push(`made ${n}`)
        yield { wh: n }
      }
    } finally {
      log.push(signal.aborted ? 'stopped' : 'ended')
    }
  }

const shop = async (source: Source<unknown>, options: Partial<MeteredOptions> = {}) => {
  const payee = await street.robot()
  const tap = metered(
    { price: '0.000043', unit: 'Wh', payTo: payee.address, clearing: street.http.url, ...options },
    source,
  )
  await tap.ready()
  const url = await serve((app) => void app.all('/power', tap))
  return { payee, url: `${url}/power` }
}

const drain = async (stream: AsyncIterable<{ data: unknown }>, most = Number.POSITIVE_INFINITY): Promise<unknown[]> => {
  const data: unknown[] = []
  for await (const unit of stream) {
    data.push(unit.data)
    if (data.length >= most) break
  }
  return data
}

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 500; i++) {
    if (await what()) return
    await sleep(5)
  }
  throw new Error('what was waited for did not happen')
}

describe('a metered stream', () => {
  test('behavior: delivers each unit for its price, to the end of the source', async () => {
    const log: string[] = []
    const { url, payee } = await shop(wattHours(20, log))
    const robot = await street.robot('1')
    const stream = robot.stream(url)
    expect(await drain(stream)).toEqual(Array.from({ length: 20 }, (_, i) => ({ wh: i + 1 })))
    expect([stream.paid, stream.delivered, stream.ended, stream.charge]).toEqual([860n, 20n, 'done', 'charged'])
    expect([await balanceOf(robot), await balanceOf(payee), log.at(-1)]).toEqual([999_140n, 860n, 'ended'])
  })

  test('behavior: prices below an atomic unit add up exactly, and units may be paid ahead', async () => {
    const { url, payee } = await shop(wattHours(100), { price: '0.60', per: 1_000_000n, unit: 'token' })
    const robot = await street.robot('1')
    const asked = requiredOf(await fetch(url))
    expect(asked.accepts).toMatchObject([
      { scheme: 'clearing', amount: '1', extra: { metered: { unit: 'token', price: '600000', per: '1000000' } } },
    ])
    expect((await drain(robot.stream(url))).length).toBe(100)
    expect(await balanceOf(payee)).toBe(60n)
    const before = (await robot.statement({ limit: 1000 })).lines.length
    expect((await drain(robot.stream(url, { ahead: 40 }))).length).toBe(100)
    expect((await robot.statement({ limit: 1000 })).lines.length - before).toBeLessThan(5)
  })

  test('behavior: a client that leaves pays no more, and the source is stopped', async () => {
    const log: string[] = []
    const { url, payee } = await shop(wattHours(1000, log))
    const robot = await street.robot('1')
    expect((await drain(robot.stream(url), 5)).length).toBe(5)
    await until(() => log.at(-1) === 'stopped')
    expect(await balanceOf(payee)).toBe(5n * 43n)
    expect(log.filter((line) => line.startsWith('made')).length).toBeLessThanOrEqual(6)
  })

  test('behavior: payment that does not come ends it, with one unit made that nobody paid for', async () => {
    const log: string[] = []
    const { url, payee } = await shop(wattHours(1000, log), { patienceMs: 50 })
    const robot = await street.robot('1')
    const key = 'a stranger’s'
    const response = await fetch(url, {
      headers: { 'payment-signature': await payFor(robot, requiredOf(await fetch(url)), key) },
    })
    const text = await response.text()
    expect(text.match(/event: \w+/g)).toEqual(['event: unit', 'event: payment', 'event: end'])
    expect(text).toContain('data: {"reason":"unpaid","delivered":"1","paid":"43","charge":"charged"}')
    expect(log).toEqual(['made 1', 'made 2', 'stopped'])
    expect(await balanceOf(payee)).toBe(43n)
  })

  test('behavior: ends before its budget is passed; a unit that is too dear is not begun', async () => {
    const { url } = await shop(wattHours(1000))
    const robot = await street.robot('1', { spend: { total: 600n } })
    const stream = robot.stream(url, { maxAmount: 300n })
    expect((await drain(stream)).length).toBe(6)
    expect([stream.paid, stream.ended]).toEqual([258n, 'limit'])
    const rest = robot.stream(url)
    expect((await drain(rest)).length).toBe(7)
    expect([rest.ended, robot.payer.spending.spent]).toEqual(['limit', 559n])
    await expect(drain(robot.stream(url, { maxPerUnit: 42n }))).rejects.toMatchObject({ code: 'SL673' })
    expect((await drain(robot.stream(url, { maxAmount: 42n }))).length).toBe(0)
    expect(await balanceOf(robot)).toBe(1_000_000n - 559n)
  })

  test('behavior: a slow source and a program that takes its time', async () => {
    const { url } = await shop(async function* () {
      for (let n = 0; n < 3; n++) yield await sleep(20, n)
    })
    const robot = await street.robot('1')
    const got: unknown[] = []
    for await (const { number, data } of robot.stream(url)) {
      got.push([number, data])
      await sleep(20)
    }
    expect(got).toEqual([
      [1n, 0],
      [2n, 1],
      [3n, 2],
    ])
  })
})

describe('a source that fails', () => {
  test('behavior: what was paid and did not come is paid back where the payee can sign', async () => {
    const payee = await street.robot()
    const { url } = await shop(wattHours(10, [], 1), { payTo: undefined, payee })
    const robot = await street.robot('1')
    await expect(drain(robot.stream(url))).rejects.toMatchObject({
      code: 'SL681',
      hint: expect.stringContaining('paid back'),
    })
    expect(await balanceOf(robot)).toBe(1_000_000n)
    const later = await shop(wattHours(10, [], 4), { payTo: undefined, payee })
    const stream = robot.stream(later.url, { ahead: 5 })
    await expect(drain(stream)).rejects.toMatchObject({ code: 'SL681' })
    expect([stream.delivered, await balanceOf(robot)]).toEqual([3n, 1_000_000n - 3n * 43n])
  })

  test('behavior: else its receipt can open the next stream', async () => {
    let broken = true
    const { url } = await shop((request, signal) => wattHours(2, [], broken ? 1 : 99)(request, signal))
    const robot = await street.robot('1')
    await expect(drain(robot.stream(url))).rejects.toMatchObject({ code: 'SL681' })
    broken = false
    expect((await drain(robot.stream(url))).length).toBe(2)
    expect(await balanceOf(robot)).toBe(1_000_000n - 2n * 43n)
    broken = true
    const signature = await payFor(robot, requiredOf(await fetch(url)), 'k')
    const first = await (await fetch(url, { headers: { 'payment-signature': signature } })).text()
    expect(first).toContain('data: {"reason":"failed","delivered":"0","paid":"43","charge":"unused"}')
    broken = false
    const second = await fetch(url, { headers: { 'payment-signature': signature } })
    const events = (second.body as ReadableStream<Uint8Array>).getReader()
    expect(new TextDecoder().decode((await events.read()).value)).toContain('event: unit')
    await events.cancel()
  })
})

describe('payments for a stream', () => {
  test('error: for one that is not open, by somebody else, or used before', async () => {
    const { url, payee } = await shop(wattHours(1000), { patienceMs: 2000 })
    const [robot, thief] = await Promise.all([street.robot('1'), street.robot('1')])
    const asked = requiredOf(await fetch(url))
    const first = await payFor(robot, asked, 'first')
    const open = await fetch(url, { headers: { 'payment-signature': first } })
    onTestFinished(() => void open.body?.cancel())
    const session = open.headers.get('sunledger-session') as string
    const post = async (signature: string, name: string) => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'payment-signature': signature, 'sunledger-session': name },
      })
      const text = await answer.text()
      return text === '' ? answer.status : `${answer.status} ${(JSON.parse(text) as { code: string }).code}`
    }
    const second = await payFor(robot, asked, 'second')
    expect(await post(second, 'no session')).toBe('404 SL666')
    expect(await post(await payFor(thief, asked, 'thief'), session)).toBe('404 SL666')
    expect([await post(second, session), await post(second, session)]).toEqual([204, 204])
    const again = await fetch(url, { headers: { 'payment-signature': first } })
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([402, 'SL652'])
    expect((await fetch(url, { method: 'POST' })).status).toBe(402)
    expect(await balanceOf(payee)).toBe(3n * 43n)
  })

  test('error: streams have a bound', async () => {
    const { url } = await shop(wattHours(1000), { mostSessions: 1 })
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await fetch(url)), 'k')
    const one = robot.stream(url)
    await one.next()
    const busy = await fetch(url, { headers: { 'payment-signature': signature } })
    expect([busy.status, ((await busy.json()) as { code: string }).code]).toEqual([503, 'SL663'])
    await one.return?.()
    await until(async () => {
      const answer = await fetch(url, { headers: { 'payment-signature': signature } })
      await answer.body?.cancel()
      return answer.status === 200
    })
  })
})

describe('a server that does not do what it says', () => {
  /** Asks rightly, takes what it is paid, and then writes what the test wants. */
  const rogue = async (write: (response: ServerResponse, payments: number) => void) => {
    const payee = await street.robot()
    const { dollar, clearingHouse } = street.deployed.deployment
    let payments = 0
    let stream: ServerResponse | undefined
    const server = createServer((request, response) => {
      const url = `http://${request.headers.host}${request.url}`
      if (request.headers['payment-signature'] === undefined) {
        const offer = {
          ...{ scheme: 'clearing', network: 'eip155:31337', asset: dollar.asset, amount: '43', payTo: payee.address },
          ...{ maxTimeoutSeconds: 60, extra: { clearingHouse, metered: { unit: 'Wh', price: '43', per: '1' } } },
        }
        const required = X402.encode({ x402Version: 2, resource: { url }, accepts: [offer] })
        response.writeHead(402, { 'payment-required': required }).end()
        return
      }
      payments++
      if (request.method === 'POST') response.writeHead(204).end()
      else stream = response.writeHead(200, { 'content-type': 'text/event-stream', 'sunledger-session': 's' })
      write(stream as ServerResponse, payments)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { payee, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/power` }
  }

  const unit = (n: number) => `event: unit\nid: ${n}\ndata: ${n}\n\n`
  const due = (delivered: number, paid: number, amount = 43) =>
    `event: payment\ndata: {"delivered":"${delivered}","paid":"${paid}","due":"${amount}"}\n\n`

  const outcome = async (robot: Robot, url: string) => {
    const stream = robot.stream(url, { patienceMs: 1_500 })
    const error = await drain(stream).then(
      () => undefined,
      ({ code }) => code,
    )
    return [error, stream.delivered, stream.paid]
  }

  test.each<[string, (response: ServerResponse, payments: number) => void, unknown[]]>([
    [
      'takes the money and goes silent',
      (response, n) => void response.write(n === 1 ? unit(1) + due(1, 43) : ''),
      ['SL678', 1n, 86n],
    ],
    [
      'takes the money and hangs up',
      (response, n) => (n === 1 ? void response.write(unit(1) + due(1, 43)) : response.destroy()),
      ['SL678', 1n, 86n],
    ],
    [
      'asks to be paid again for what it did not deliver',
      (response, n) => void response.write(due(0, 43 * n)),
      ['SL680', 0n, 43n],
    ],
    ['asks for more than it said', (response) => void response.write(unit(1) + due(1, 43, 44)), ['SL680', 1n, 43n]],
    ['claims to have delivered more', (response) => void response.write(unit(1) + due(2, 43)), ['SL680', 1n, 43n]],
    ['leaves units out', (response) => void response.write(unit(2)), ['SL680', 0n, 43n]],
  ])('error: that %s has at most one unit’s money', async (_, write, expected) => {
    const { url, payee } = await rogue(write)
    const robot = await street.robot('1')
    expect(await outcome(robot, url)).toEqual(expected)
    expect(await balanceOf(payee)).toBe(expected[2])
  })
})
