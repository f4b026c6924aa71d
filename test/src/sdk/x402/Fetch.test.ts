/** `robot.fetch`: pays what is asked, ahead where it can, once, and never more than it may. A real service, real HTTP. */
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import type { RequestHandler } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import { type PaywallOptions, paywall } from '../../../../src/index.ts'
import { balanceOf, serve, settledOf, useStreet } from '../../support/Shop.ts'

const street = useStreet()

/** A route that costs, and the requests that came to it: each with or without payment. */
const shop = async (options: Partial<PaywallOptions> = {}, handler?: RequestHandler) => {
  const payee = await street.robot()
  const make = async (more: Partial<PaywallOptions> = {}) => {
    const wall = paywall({ price: '0.0005', payTo: payee.address, clearing: street.http.url, ...options, ...more })
    await wall.ready()
    return wall
  }
  const shopfront = { wall: await make(), requests: [] as string[], make, payee, url: '' }
  shopfront.url = await serve((app) => {
    app.use((request, _response, next) => {
      shopfront.requests.push(request.headers['payment-signature'] === undefined ? 'unpaid' : 'paid')
      next()
    })
    app.all(
      '/:route',
      (request, response, next) => shopfront.wall(request, response, next),
      (request, response, next) =>
        handler === undefined ? void response.send(`served ${request.url}`) : handler(request, response, next),
    )
  })
  return shopfront
}

/** Breaks connections between client and server when told to. */
const line = async (target: string) => {
  const sockets = new Set<Socket>()
  const state = { dropAnswers: 0 }
  const server = createServer()
  server.on('connection', (socket) => {
    const there = connect(Number(new URL(target).port), '127.0.0.1')
    sockets.add(socket)
    socket.pipe(there)
    there.on('data', (chunk) => {
      if (state.dropAnswers > 0) {
        state.dropAnswers--
        socket.destroy()
        there.destroy()
      } else socket.write(chunk)
    })
    for (const end of [socket, there]) end.on('error', () => {})
    there.on('close', () => socket.destroy())
    socket.on('close', () => there.destroy())
  })
  server.removeAllListeners('request')
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, state }
}

describe('paying for requests', () => {
  test('behavior: pays what a 402 asks, then ahead, for other queries too where the price is fixed', async () => {
    const { url, requests } = await shop()
    const robot = await street.robot('1')
    const first = await robot.fetch(`${url}/charge?kWh=1`)
    expect([first.status, await first.text(), first.headers.get('sunledger-charge')]).toEqual([
      ...[200, 'served /charge?kWh=1', 'charged'],
    ])
    const later = await Promise.all([2, 3, 4].map((kWh) => robot.fetch(`${url}/charge?kWh=${kWh}`)))
    expect(await Promise.all(later.map((answer) => answer.text()))).toEqual(
      [2, 3, 4].map((kWh) => `served /charge?kWh=${kWh}`),
    )
    expect(requests).toEqual(['unpaid', 'paid', 'paid', 'paid', 'paid'])
    await robot.fetch(`${url}/other`)
    expect(requests.slice(5)).toEqual(['unpaid', 'paid'])
    expect([await balanceOf(robot), robot.payer.spending.spent]).toEqual([997_500n, 2500n])
  })

  test('behavior: a price that depends on the request is paid ahead for the same URL only', async () => {
    const { url, requests } = await shop({ price: ({ query }) => BigInt(query.kWh) * 100n })
    const robot = await street.robot('1')
    for (const kWh of [1, 1, 2]) await (await robot.fetch(`${url}/charge?kWh=${kWh}`)).text()
    expect(requests).toEqual(['unpaid', 'paid', 'paid', 'unpaid', 'paid'])
    expect(await balanceOf(robot)).toBe(1_000_000n - 400n)
  })

  test('behavior: what is free is fetched as ever', async () => {
    const url = await serve((app) => void app.get('/free', (_request, response) => void response.send('free')))
    const robot = await street.robot()
    expect(await (await robot.fetch(`${url}/free`)).text()).toBe('free')
  })

  test('behavior: redirects: what it leads to is paid for; a paid answer is followed without receipt and key', async () => {
    const seen: (string | undefined)[] = []
    const elsewhere = await serve((app) => {
      app.get('/there', (request, response) => {
        seen.push(
          request.headers['payment-signature'] as string | undefined,
          request.headers['idempotency-key'] as string | undefined,
        )
        response.send('there')
      })
    })
    const { url } = await shop({}, (_request, response) => response.redirect(`${elsewhere}/there`))
    const robot = await street.robot('1')
    expect(await (await robot.fetch(`${url}/charge`)).text()).toBe('there')
    expect(seen).toEqual([undefined, undefined])
    const front = await serve((app) => void app.get('/old', (_request, response) => response.redirect(`${url}/new`)))
    expect((await robot.fetch(`${front}/old`, { redirect: 'follow' })).status).toBe(200)
    expect(await balanceOf(robot)).toBe(999_000n)
  })

  test('behavior: bodies are sent again with the payment, streams too', async () => {
    const { url } = await shop({}, async (request, response) => {
      let text = ''
      for await (const chunk of request.setEncoding('utf8')) text += chunk
      response.send(`${request.method} ${text}`)
    })
    const robot = await street.robot('1')
    const stream = () =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('streamed'))
          controller.close()
        },
      })
    const inits = [{ body: 'text' }, { body: stream(), duplex: 'half' }] as RequestInit[]
    for (const [i, init] of inits.entries())
      expect(await (await robot.fetch(`${url}/job${i}`, { method: 'POST', ...init })).text()).toBe(
        ['POST text', 'POST streamed'][i],
      )
    expect(await (await robot.fetch(new Request(`${url}/job3`, { method: 'POST', body: 'request' }))).text()).toBe(
      'POST request',
    )
  })

  test('behavior: the same key is charged once, and counted once', async () => {
    const { url } = await shop({}, (_request, response) => void response.send(String(Math.random())))
    const robot = await street.robot('1')
    const answers = []
    for (let i = 0; i < 3; i++) answers.push(await (await robot.fetch(`${url}/charge`, { key: 'session 42' })).text())
    expect(new Set(answers).size).toBe(1)
    expect([await balanceOf(robot), robot.payer.spending.spent]).toEqual([999_500n, 500n])
  })

  test('behavior: an answer that gets lost is asked for again, and charged once', async () => {
    let served = 0
    const { url, requests } = await shop({}, (_request, response) => void response.send(`served ${++served}`))
    const way = await line(url)
    const robot = await street.robot('1')
    await (await robot.fetch(`${way.url}/charge`)).text()
    way.state.dropAnswers = 2
    const answer = await robot.fetch(`${way.url}/charge`, { headers: { connection: 'close' } })
    expect(await answer.text()).toBe('served 2')
    expect(requests).toEqual(['unpaid', 'paid', 'paid', 'paid', 'paid'])
    expect(await balanceOf(robot)).toBe(999_000n)
  })

  test('behavior: exact is paid from the wallet where a server takes nothing else', async () => {
    const { url } = await shop({ schemes: ['exact'] })
    const robot = await street.robot()
    await robot.client.faucet(robot.address, 500n)
    const answer = await robot.fetch(`${url}/charge`)
    expect([answer.status, await answer.text()]).toEqual([200, 'served /charge'])
    const receipt = await street.chain.client.getTransactionReceipt({ hash: settledOf(answer)?.transaction as never })
    expect(receipt.status).toBe('success')
    const again = await robot.fetch(`${url}/charge`).catch((error) => error)
    expect([again.code, again.message]).toEqual(['SL676', expect.stringContaining('insufficient_balance')])
    // What the server has and did not settle, it may still settle until it runs out.
    expect(robot.payer.spending.spent).toBe(1000n)
  })
})

describe('limits', () => {
  test('error: nothing above the limit for a request, which a call may change', async () => {
    const { url } = await shop({ price: '0.11' })
    const robot = await street.robot('1')
    await expect(robot.fetch(`${url}/charge`)).rejects.toMatchObject({
      code: 'SL673',
      expected: 'at most 100000 atomic units',
    })
    await expect(robot.fetch(`${url}/charge`, { maxAmount: '0.109999' })).rejects.toMatchObject({ code: 'SL673' })
    expect((await robot.fetch(`${url}/charge`, { maxAmount: '0.11' })).status).toBe(200)
    expect(await balanceOf(robot)).toBe(890_000n)
  })

  test('error: nothing above the limit for all requests together', async () => {
    const { url } = await shop()
    const robot = await street.robot('1', { spend: { perRequest: 600n, total: 1200n } })
    const results = await Promise.allSettled([1, 2, 3].map((n) => robot.fetch(`${url}/charge?${n}`)))
    expect(results.map((result) => (result.status === 'fulfilled' ? 'paid' : result.reason.code))).toEqual([
      'paid',
      'paid',
      'SL673',
    ])
    expect(await balanceOf(robot)).toBe(999_000n)
  })

  test('error: a budget that its owner has set holds here too, and what was not paid is not counted', async () => {
    const { url } = await shop()
    const [robot, owner] = await Promise.all([street.robot('1'), street.robot()])
    await robot.bindOwner(owner.address)
    await owner.setBudget(robot.address, { perPayment: 499n })
    await expect(robot.fetch(`${url}/charge`)).rejects.toMatchObject({ code: 'SL628' })
    expect(robot.payer.spending.spent).toBe(0n)
  })
})

describe('servers that do not do right', () => {
  test('error: nothing payable, no terms at all: nothing is paid', async () => {
    const { dollar, clearingHouse } = street.deployed.deployment
    const robot = await street.robot('1')
    const offer = {
      ...{ scheme: 'clearing', network: 'eip155:31337', asset: dollar.asset, amount: '5', payTo: clearingHouse },
      ...{ maxTimeoutSeconds: 60, extra: { clearingHouse } },
    }
    const answers: { [path: string]: object | undefined } = {
      '/far': {
        x402Version: 2,
        resource: { url: 'http://127.0.0.1/far' },
        accepts: [{ ...offer, network: 'eip155:1' }],
      },
      '/house': {
        x402Version: 2,
        resource: { url: 'http://127.0.0.1/house' },
        accepts: [{ ...offer, extra: { clearingHouse: dollar.asset } }],
      },
      '/v1': { x402Version: 1, accepts: [] },
      '/silent': undefined,
    }
    const url = await serve((app) => {
      app.use((request, response) => {
        const asked = answers[request.path]
        if (asked !== undefined) response.set('payment-required', X402.encode(asked))
        response.status(402).end()
      })
    })
    const codes = []
    for (const path of Object.keys(answers)) codes.push(await robot.fetch(url + path).catch(({ code }) => code))
    expect(codes).toEqual(['SL674', 'SL674', 'SL677', 'SL677'])
    expect(await balanceOf(robot)).toBe(1_000_000n)
  })

  test('error: one that was paid and does not serve is named, with the receipt', async () => {
    const { dollar, clearingHouse } = street.deployed.deployment
    const [robot, payee] = await Promise.all([street.robot('1'), street.robot()])
    const url = await serve((app) => {
      app.use((request, response) => {
        const resource = { url: `http://${request.headers.host}${request.url}` }
        const offer = {
          ...{ scheme: 'clearing', network: 'eip155:31337', asset: dollar.asset, amount: '5', payTo: payee.address },
          ...{ maxTimeoutSeconds: 60, extra: { clearingHouse } },
        }
        response
          .set('payment-required', X402.encode({ x402Version: 2, resource, accepts: [offer] }))
          .status(402)
          .end('no')
      })
    })
    const error = await robot.fetch(`${url}/charge`).catch((reason) => reason)
    expect([error.code, error.payload.payload.receipt.payment.payee]).toEqual(['SL676', payee.address])
    expect(await balanceOf(robot)).toBe(999_995n)
  })

  test('behavior: a price that has risen: paid back and paid anew where the payee can, else an error that says so', async () => {
    const signing = await street.robot()
    const before = await shop({ payTo: undefined, payee: signing })
    const robot = await street.robot('1')
    await (await robot.fetch(`${before.url}/charge`)).text()
    before.wall = await before.make({ price: '0.0007', served: before.wall.served })
    expect((await robot.fetch(`${before.url}/charge`)).status).toBe(200)
    expect([await balanceOf(robot), await balanceOf(signing)]).toEqual([998_800n, 1200n])

    const silent = await shop()
    await (await robot.fetch(`${silent.url}/charge`)).text()
    silent.wall = await silent.make({ price: '0.0007', served: silent.wall.served })
    await expect(robot.fetch(`${silent.url}/charge`)).rejects.toMatchObject({ code: 'SL676' })
    expect((await robot.fetch(`${silent.url}/charge`)).status).toBe(200)
  })

  test('behavior: a price that has fallen is noticed after one request', async () => {
    const robot = await street.robot('1')
    const cheap = await shop()
    await (await robot.fetch(`${cheap.url}/charge`)).text()
    cheap.wall = await cheap.make({ price: '0.0003', served: cheap.wall.served })
    for (let i = 0; i < 2; i++) await (await robot.fetch(`${cheap.url}/charge`)).text()
    expect(await balanceOf(robot)).toBe(1_000_000n - 500n - 500n - 300n)
  })

  test('error: a server that cannot be reached', async () => {
    const robot = await street.robot('1')
    await expect(robot.fetch('http://127.0.0.1:9/charge', { retryForMs: 100 })).rejects.toMatchObject({ code: 'SL679' })
  })
})
