/** Our scheme in the official server: what it reserves, for which resource, and how often. */
import { HTTPFacilitatorClient } from '@x402/core/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import type { RequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import { ClearingScheme, ClearingServerScheme, paywall } from '../../../../src/index.ts'
import { ask, balanceOf, payFor, requiredOf, serve, useStreet } from '../../support/Shop.ts'

const street = useStreet()
const network = 'eip155:31337' as const

const shop = async (route: { readonly resource?: string } = {}, handler?: RequestHandler) => {
  const payee = await street.robot()
  const scheme = new ClearingServerScheme({ clearing: street.http.url, payTo: payee.address })
  await scheme.ready()
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: street.http.url })).register(network, scheme)
  const accepts = [{ scheme: 'clearing', price: '$0.0005', network, payTo: payee.address, maxTimeoutSeconds: 60 }]
  let served = 0
  const url = await serve((app) => {
    app.use(paymentMiddleware({ 'GET /charge': { accepts, ...route } }, server))
    app.get('/charge', (request, response, next) => {
      served++
      if (handler === undefined) response.json({ served })
      else handler(request, response, next)
    })
  })
  return { payee, url: `${url}/charge`, count: () => served }
}

describe('ClearingServerScheme', () => {
  test('behavior: receipts that are forged reserve nothing: forty honest purchases are served', async () => {
    const { url, payee } = await shop()
    const robot = await street.robot('1')
    const required = requiredOf(await ask(url))
    const genuine = X402.decode(await payFor(robot, required, 'first')) as {
      payload: { receipt: Record<string, never> }
    }
    const { receipt } = genuine.payload
    /** Over a stretch of the payee's credit that somebody is about to pay for. */
    const forged = (to: bigint) => {
      const payment = { ...(receipt['payment'] as unknown as object), amount: '500' }
      const credit = { ...(receipt['credit'] as unknown as object), total: `${to}` }
      return X402.encode({ ...genuine, payload: { receipt: { ...receipt, payment, credit }, key: 'guessed' } })
    }
    const total = await balanceOf(payee)
    let served = 0
    for (let i = 1n; i <= 40n; i++) {
      expect((await ask(url, forged(total + 500n * i))).status).toBe(402)
      const { status } = await ask(url, await payFor(robot, required, `honest ${i}`))
      if (status === 200) served++
    }
    expect(served).toBe(40)
  })

  test('behavior: a route that is advertised under another name is paid under that name, by the official client and by hand', async () => {
    const resource = 'https://shop.example/api/charge'
    const { url } = await shop({ resource })
    const robot = await street.robot('1')
    const required = requiredOf(await ask(url))
    expect(required.resource.url).toBe(resource)
    expect((await ask(url, await payFor(robot, required, 'k'))).status).toBe(200)
    const pay = wrapFetchWithPayment(fetch, new x402Client().register('eip155:*', new ClearingScheme(robot)))
    expect((await pay(url)).status).toBe(200)
    // Paid under the name by which it was reached, it was paid for something else.
    const elsewhere = { ...required, resource: { url } }
    expect((await ask(url, await payFor(robot, elsewhere, 'other'))).status).toBe(402)
  })

  test('behavior: a request that is refused gives back nothing that another has taken', async () => {
    const { url, count } = await shop()
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await ask(url, signature)).status))
    expect(statuses.sort()).toEqual([200, 402, 402, 402, 402, 402])
    expect([(await ask(url, signature)).status, count()]).toEqual([402, 1])
  })

  test('behavior: scheme and paywall of one payee serve a receipt once together', async () => {
    const { url, payee } = await shop()
    const wall = paywall({
      price: '0.0005',
      payTo: payee.address,
      clearing: street.http.url,
      publicUrl: new URL(url).origin,
    })
    await wall.ready()
    const ours = await serve(
      (app) => void app.get('/charge', wall, (_request, response) => void response.send('again')),
    )
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    expect((await ask(url, signature)).status).toBe(200)
    expect((await ask(`${ours}/charge`, signature)).status).toBe(402)
  })
})
