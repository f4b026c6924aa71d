/** The paywall with receipts: a real service, real signatures, real HTTP. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import { type PaywallOptions, type PaywallRequest, paywall } from '../../../../src/index.ts'
import {
  ask,
  balanceOf,
  buy,
  codeIn,
  forgetServed,
  payFor,
  requiredOf,
  serve,
  settledOf,
  shopOf,
  useStreet,
} from '../../support/Shop.ts'

const street = useStreet()

const shop = shopOf(street)

describe('asking', () => {
  test('behavior: 402 says in x402’s terms what is to be paid to whom, where and for what', async () => {
    const { url, payee, count } = await shop({ description: 'One charge', schemes: ['clearing', 'exact'] })
    const answer = await ask(url)
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('content-type')]).toEqual([
      ...[402, 'no-store', 'application/problem+json'],
    ])
    const { clearingHouse, dollar } = street.deployed.deployment
    const common = {
      network: 'eip155:31337',
      asset: dollar.asset,
      amount: '500',
      payTo: payee.address,
      maxTimeoutSeconds: 60,
    }
    expect(requiredOf(answer)).toEqual({
      x402Version: 2,
      error: 'This has to be paid for.',
      resource: { url, description: 'One charge' },
      accepts: [
        { scheme: 'clearing', ...common, extra: { clearingHouse, service: street.http.url, fixed: true } },
        { scheme: 'exact', ...common, extra: { name: 'Test Dollar', version: '1' } },
      ],
    })
    expect(await codeIn(answer)).toBe('402 SL660')
    expect(count()).toBe(0)
  })

  test('behavior: a price may depend on the request, and holds once it was asked', async () => {
    let tariff = 100n
    const price = async ({ query }: PaywallRequest) => BigInt(query.kWh) * tariff
    const { url } = await shop({ price })
    const robot = await street.robot('1')
    const required = requiredOf(await ask(`${url}?kWh=7`))
    expect([required.accepts[0]?.amount, required.accepts[0]?.extra['fixed']]).toEqual(['700', undefined])
    tariff = 200n
    expect(requiredOf(await ask(`${url}?kWh=8`)).accepts[0]?.amount).toBe('1600')
    const signature = await payFor(robot, required, 'a')
    expect((await ask(`${url}?kWh=7`, signature)).status).toBe(200)
  })

  test('error: what the price function throws is the application’s', async () => {
    const { url, count } = await shop({ price: () => Promise.reject(new Error('no tariff')) })
    const answer = await ask(url)
    expect([answer.status, await answer.json(), count()]).toEqual([500, { error: 'no tariff' }, 0])
  })
})

describe('paying', () => {
  test('behavior: a receipt opens it, without the service being asked; the answer says what was charged', async () => {
    const { url, payee, count } = await shop()
    const robot = await street.robot('1')
    const required = requiredOf(await ask(url))
    const signature = await payFor(robot, required, 'k')
    const answer = await ask(url, signature)
    expect([answer.status, await answer.json(), count()]).toEqual([200, { served: 1 }, 1])
    expect(answer.headers.get('sunledger-charge')).toBe('charged')
    expect(settledOf(answer)).toMatchObject({
      success: true,
      payer: robot.address,
      amount: '500',
      network: 'eip155:31337',
    })
    expect(street.service.payment(settledOf(answer)?.transaction as never).payment.payee).toBe(payee.address)
    expect(await balanceOf(payee)).toBe(500n)
  })

  test('behavior: the same again has the same answer and one charge, also while it is being served', async () => {
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const { url, count } = await shop({}, async (_request, response) => {
      await gate
      response
        .status(201)
        .set('x-slot', 'four')
        .send(Buffer.from([1, 2, 255]))
    })
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    const asked = [ask(url, signature), ask(url, signature), ask(url, signature)]
    setTimeout(open, 30)
    const answers = [...(await Promise.all(asked)), await ask(url, signature)]
    const bodies = await Promise.all(answers.map(async (answer) => [...new Uint8Array(await answer.arrayBuffer())]))
    expect(bodies).toEqual(Array.from({ length: 4 }, () => [1, 2, 255]))
    expect(
      answers.map(({ status, headers }) => [status, headers.get('x-slot'), headers.get('sunledger-charge')]),
    ).toEqual(Array.from({ length: 4 }, () => [201, 'four', 'charged']))
    expect(count()).toBe(1)
    expect(await balanceOf(robot)).toBe(999_500n)
  })

  test('error: the same payment with another method or body is another request', async () => {
    const { url, count } = await shop()
    const robot = await street.robot('1')
    const { signature } = await buy(robot, url, 'k')
    expect(await codeIn(await ask(url, signature, { method: 'POST' }))).toBe('409 SL664')
    expect(count()).toBe(1)
  })

  test('error: a receipt for another URL, another key, another payee or too little buys nothing', async () => {
    const { url, count } = await shop()
    const robot = await street.robot('1')
    const { signature } = await buy(robot, url, 'k')
    const payload = X402.decode(signature) as { payload: { key: string; receipt: object } }
    const stolen = X402.encode({ ...payload, payload: { ...payload.payload, key: 'guessed' } })
    expect(await codeIn(await ask(url, stolen))).toBe('402 SL662')
    expect(await codeIn(await ask(`${url}?more=1`, signature))).toBe('402 SL662')
    expect(await codeIn(await ask((await shop()).url, signature))).toBe('402 SL662')
    const { answer } = await buy(robot, url, 'little', 499n)
    expect(await codeIn(answer)).toBe('402 SL662')
    expect(count()).toBe(1)
  })

  test('error: a forged receipt, and what is none', async () => {
    const { url, count } = await shop()
    const robot = await street.robot('1')
    const required = requiredOf(await ask(url))
    const payload = X402.decode(await payFor(robot, required, 'k')) as { payload: { receipt: { payment: object } } }
    const { receipt } = payload.payload
    const forged = { ...receipt, payment: { ...receipt.payment, amount: '500000' } }
    expect(
      await codeIn(await ask(url, X402.encode({ ...payload, payload: { ...payload.payload, receipt: forged } }))),
    ).toBe('402 SL650')
    const others = [
      '',
      '%%%',
      X402.encode({ x402Version: 1 }),
      X402.encode({ ...payload, payload: { receipt: 1, key: 'k' } }),
    ]
    for (const signature of others) expect(await codeIn(await ask(url, signature))).toBe('402 SL661')
    const elsewhere = { ...payload, accepted: { ...required.accepts[0], network: 'eip155:1' } }
    expect(await codeIn(await ask(url, X402.encode(elsewhere)))).toBe('402 SL662')
    expect(count()).toBe(0)
  })

  test('error: whatever a header holds is answered with 402, and nothing is served', async () => {
    const { url, count } = await shop()
    const robot = await street.robot('1')
    const good = X402.decode(await payFor(robot, requiredOf(await ask(url)), 'k')) as object
    const header = fc.oneof(
      fc.stringMatching(/^[ -~]{0,300}$/),
      fc.json().map((text) => Buffer.from(text).toString('base64')),
      fc
        .tuple(fc.constantFrom('accepted', 'payload', 'x402Version'), fc.jsonValue())
        .map(([field, value]) => X402.encode({ ...good, [field]: value })),
    )
    await fc.assert(
      fc.asyncProperty(header, async (signature) => {
        expect((await ask(url, signature)).status).toBe(402)
      }),
      { numRuns: 150 },
    )
    expect(count()).toBe(0)
  })

  test('error: what was paid before a restart has been served, unless the till was kept', async () => {
    const { url, wall, payee } = await shop()
    const robot = await street.robot('1')
    const { signature } = await buy(robot, url, 'k')
    const unused = await payFor(robot, requiredOf(await ask(url)), 'unused')
    const again = async (options: Partial<PaywallOptions>) => {
      forgetServed()
      const next = paywall({
        price: '0.0005',
        payTo: payee.address,
        clearing: street.http.url,
        publicUrl: new URL(url).origin,
        ...options,
      })
      await next.ready()
      return `${await serve((app) => void app.get('/charge', next, (_request, response) => void response.send('again')))}/charge`
    }
    const forgetful = await again({})
    expect([await codeIn(await ask(forgetful, signature)), await codeIn(await ask(forgetful, unused))]).toEqual([
      ...['402 SL652', '402 SL652'],
    ])
    const kept = await again({ served: wall.served })
    expect([await codeIn(await ask(kept, signature)), (await ask(kept, unused)).status]).toEqual(['402 SL652', 200])
  })
})

describe('a handler that fails', () => {
  test('behavior: the receipt stays unused, and the same key tries again for free', async () => {
    let broken = true
    const { url, count } = await shop({}, (_request, response) => {
      if (broken) throw new Error('no power')
      response.send('charged at last')
    })
    const robot = await street.robot('1')
    const { signature, answer } = await buy(robot, url, 'k')
    expect([answer.status, answer.headers.get('sunledger-charge'), await answer.json()]).toEqual([
      ...[500, 'unused', { error: 'no power' }],
    ])
    expect(settledOf(answer)).toMatchObject({
      success: false,
      errorReason: 'handler_failed',
      extra: { charge: 'unused' },
    })
    broken = false
    const second = await ask(url, signature)
    expect([second.status, await second.text(), count()]).toEqual([200, 'charged at last', 2])
    expect(second.headers.get('sunledger-charge')).toBe('charged')
    expect(await balanceOf(robot)).toBe(999_500n)
  })

  test('behavior: is paid back where the payee can sign, once, and the receipt buys nothing more', async () => {
    const payee = await street.robot()
    const { url, count } = await shop({ payTo: undefined, payee }, async (_request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      response.status(503).json({ error: 'no power' })
    })
    const robot = await street.robot('1')
    const { signature, answer } = await buy(robot, url, 'k')
    expect([answer.status, answer.headers.get('sunledger-charge')]).toEqual([503, 'refunded'])
    const { extra } = settledOf(answer) as X402.Settled
    expect(street.service.payment(extra?.['refund'] as never).payment).toMatchObject({
      payee: robot.address,
      amount: 500n,
    })
    const second = await ask(url, signature)
    expect([second.status, await second.json(), count()]).toEqual([503, { error: 'no power' }, 1])
    expect([await balanceOf(robot), await balanceOf(payee)]).toEqual([1_000_000n, 0n])
  })

  test('behavior: too little is paid back too', async () => {
    const payee = await street.robot()
    const { url } = await shop({ payTo: undefined, payee })
    const robot = await street.robot('1')
    const { answer } = await buy(robot, url, 'k', 100n)
    expect(await codeIn(answer)).toBe('402 SL662')
    expect(await balanceOf(robot)).toBe(1_000_000n)
  })
})
