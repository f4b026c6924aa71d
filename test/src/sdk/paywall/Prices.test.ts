/** Prices that follow from the request: what was quoted for one is not good for another. And what the payee lets the operator owe it. */
import express from 'express'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PaywallRequest } from '../../../../src/index.ts'
import * as Where from '../../../../src/sdk/paywall/Where.ts'
import { ask, balanceOf, codeIn, payFor, requiredOf, shopOf, useStreet } from '../../support/Shop.ts'

const street = useStreet()
const shop = shopOf(street)
const json = { 'content-type': 'application/json' }

describe('a price that follows from the request', () => {
  const byWords = async (options = {}) => {
    const price = ({ body }: PaywallRequest) => BigInt(body?.words ?? 1) * 100n
    return shop({ price, ...options }, undefined, [express.json()])
  }
  const words = (count: number, headers = {}) => ({
    ...{ method: 'POST', headers: { ...json, ...headers } },
    body: JSON.stringify({ words: count }),
  })

  test('error: a quote for ten words does not pay for ten thousand, and nothing is lost by trying', async () => {
    const { url, count } = await byWords()
    const robot = await street.robot('5')
    const cheap = requiredOf(await ask(url, undefined, words(10)))
    expect(requiredOf(await ask(url, undefined, words(10_000))).accepts[0]?.amount).toBe('1000000')
    const signature = await payFor(robot, cheap, 'k')
    const dear = await ask(url, signature, words(10_000))
    expect([await codeIn(dear), requiredOf(dear).accepts[0]?.amount, count()]).toEqual(['402 SL662', '1000000', 0])
    expect((await ask(url, signature, words(10))).status).toBe(200)
    expect(await codeIn(await ask(url, signature, words(10_000)))).toBe('409 SL664')
    const refunding = await street.robot()
    const other = await byWords({ payTo: undefined, payee: refunding })
    const before = await balanceOf(robot)
    const paid = await payFor(robot, requiredOf(await ask(other.url, undefined, words(10))), 'k')
    const answer = await ask(other.url, paid, words(10_000))
    expect([answer.headers.get('sunledger-charge'), await balanceOf(robot)]).toEqual(['refunded', before])
  })

  test('behavior: a quote holds for the very same request, while the price rises', async () => {
    let tariff = 1n
    const price = ({ body, headers }: PaywallRequest) =>
      BigInt(body?.words ?? 1) * tariff * (headers['x-class'] === 'first' ? 10n : 1n)
    const { url } = await shop({ price }, undefined, [express.json()])
    const robot = await street.robot('1')
    const required = requiredOf(await ask(url, undefined, words(10)))
    tariff = 2n
    const held = await payFor(robot, required, 'held')
    // Another method, body or header: asked again.
    expect(await codeIn(await ask(url, held, words(11)))).toBe('402 SL662')
    expect(await codeIn(await ask(url, held, words(10, { 'x-class': 'first' })))).toBe('402 SL662')
    expect(await codeIn(await ask(url, held, { ...words(10), method: 'PUT' }))).toBe('402 SL662')
    expect((await ask(url, held, words(10))).status).toBe(200)
  })

  test('error: a price function that throws, or throws now and then, takes nothing; what was bought is given again without it', async () => {
    let isBroken = false
    const price = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (isBroken) throw new Error('no tariff')
      return 500n
    }
    const { url, count } = await shop({ price })
    const robot = await street.robot('1')
    const [one, two] = [
      await payFor(robot, requiredOf(await ask(url)), 'a'),
      await payFor(robot, requiredOf(await ask(url)), 'b'),
    ]
    expect((await ask(url, one)).status).toBe(200)
    isBroken = true
    expect([(await ask(url)).status, (await ask(url, two)).status, (await ask(url, one)).status]).toEqual([
      500, 500, 200,
    ])
    isBroken = false
    expect([(await ask(url, two)).status, count()]).toEqual([200, 2])
  })
})

describe('maxUnsettled', () => {
  test('behavior: nothing is offered beyond it; a settlement makes room; a receipt that was paid stays good', async () => {
    const { url, payee } = await shop({ price: '0.10', maxUnsettled: '0.30' })
    const robot = await street.robot('5')
    const bought = []
    for (let i = 0; i < 3; i++) bought.push(await payFor(robot, requiredOf(await ask(url)), `k${i}`))
    const late = await payFor(robot, requiredOf(await ask(url)), 'late')
    for (const signature of bought) expect((await ask(url, signature)).status).toBe(200)
    const refused = await ask(url, late)
    expect([
      refused.headers.get('sunledger-charge'),
      refused.headers.get('retry-after'),
      await codeIn(refused),
    ]).toEqual([...['unused', '5', '503 SL636']])
    const offer = await ask(url)
    expect([offer.headers.get('payment-required'), await codeIn(offer)]).toEqual([null, '503 SL636'])
    await street.service.settle()
    let answer = await ask(url, late)
    while (answer.status === 503) answer = await ask(url, late)
    expect([answer.status, (await ask(url)).status, await balanceOf(payee)]).toEqual([200, 402, 400_000n])
    for (let i = 0; i < 12; i++) {
      let next = await ask(url)
      while (next.status === 503) next = await ask(url)
      expect((await ask(url, await payFor(robot, requiredOf(next), `next ${i}`))).status).toBe(200)
      await street.service.settle()
    }
  }, 60_000)

  test('behavior: with a payee that can sign it is paid back; by exact it can still be paid', async () => {
    const payee = await street.robot()
    const { url } = await shop({
      price: '0.10',
      maxUnsettled: '0.10',
      payTo: undefined,
      payee,
      schemes: ['clearing', 'exact'],
    })
    const robot = await street.robot('1')
    const first = requiredOf(await ask(url))
    const [one, two] = [await payFor(robot, first, 'one'), await payFor(robot, first, 'two')]
    expect((await ask(url, one)).status).toBe(200)
    const answer = await ask(url, two)
    expect([answer.status, answer.headers.get('sunledger-charge'), await balanceOf(robot)]).toEqual([
      503,
      'refunded',
      900_000n,
    ])
    expect(requiredOf(await ask(url)).accepts.map(({ scheme }) => scheme)).toEqual(['exact'])
  })
})

describe('where a request was sent', () => {
  const request = (url: string, headers = {}, app?: object) =>
    ({
      url,
      originalUrl: url,
      headers: { host: 'shop.example', ...headers },
      socket: { remoteAddress: '10.0.0.1' },
      app,
    }) as never
  const trusting = {
    get: (name: string) => (name === 'trust proxy fn' ? (address: string) => address === '10.0.0.1' : undefined),
  }
  const suspicious = { get: () => () => false }

  test.each([
    ['/a?b', {}, undefined, 'http://shop.example/a?b'],
    ['http://other.example:81/a?b#c', {}, undefined, 'http://other.example:81/a?b'],
    ['HTTP://other.example', {}, undefined, 'http://other.example/'],
    ['*', {}, undefined, 'http://shop.example/*'],
    ['//double', {}, undefined, 'http://shop.example//double'],
    ['/a', { 'x-forwarded-host': 'front.example, inner' }, trusting, 'http://front.example/a'],
    ['/a', { 'x-forwarded-host': 'front.example' }, suspicious, 'http://shop.example/a'],
    ['/a', { 'x-forwarded-host': 'front.example' }, undefined, 'http://shop.example/a'],
  ])('behavior: %s with %j', (url, headers, app, expected) => {
    expect(Where.urlOf(request(url, headers, app), undefined)).toBe(expected)
  })

  test('behavior: as Express itself has it, behind a proxy that it trusts', async () => {
    const { url, count } = await shop({}, undefined, [
      (request, _response, next) => {
        request.app.set('trust proxy', 'loopback')
        next()
      },
    ])
    const robot = await street.robot('1')
    const headers = { 'x-forwarded-host': 'front.example', 'x-forwarded-proto': 'https' }
    const required = requiredOf(await ask(url, undefined, { headers }))
    expect(required.resource.url).toBe('https://front.example/charge')
    expect((await ask(url, await payFor(robot, required, 'k'), { headers })).status).toBe(200)
    expect(count()).toBe(1)
  })

  test('behavior: clients of one IPv6 network are one', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16))
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 4, maxLength: 4 }),
        fc.array(group, { minLength: 8, maxLength: 8 }),
        (net, rest) => {
          const [a, b] = [rest.slice(0, 4), rest.slice(4)].map((host) => Where.networkOf([...net, ...host].join(':')))
          expect(a).toBe(b)
        },
      ),
    )
    expect(Where.networkOf('2001:db8::1')).toBe(Where.networkOf('2001:db8:0:0:ffff::2'))
    expect(Where.networkOf('2001:db8::1')).not.toBe(Where.networkOf('2001:db8:0:1::1'))
    expect([Where.networkOf('::ffff:10.1.2.3'), Where.networkOf('10.1.2.3')]).toEqual(['10.1.2.3', '10.1.2.3'])
  })
})
