/** The official x402 packages against ours: their client at our paywall, their server with our facilitator, both schemes. */

import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { ExactEvmScheme as ExactServerScheme } from '@x402/evm/exact/server'
import { paymentMiddleware, x402ResourceServer } from '@x402/express'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import type { RequestHandler } from 'express'
import { erc20Abi } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { ClearingScheme, ClearingServerScheme, paywall, type Robot } from '../../src/index.ts'
import { balanceOf, serve, settledOf, useStreet } from '../src/support/Shop.ts'

const street = useStreet()

const network = 'eip155:31337' as const

const tokensOf = (address: string): Promise<bigint> =>
  street.chain.client.readContract({
    ...{ address: street.deployed.deployment.dollar.asset, abi: erc20Abi },
    ...{ functionName: 'balanceOf', args: [address as `0x${string}`] },
  })

/** A stranger with dollars in its wallet and nothing else, and its official client. */
const stranger = async (amount: bigint) => {
  const account = privateKeyToAccount(generatePrivateKey())
  await street.service.faucet(account.address.toLowerCase() as never, amount as never)
  const client = new x402Client().register('eip155:*', new ExactEvmScheme(account))
  client.setSpendControls({ allowedAssets: [{ network, asset: street.deployed.deployment.dollar.asset }] })
  return { account, pay: wrapFetchWithPayment(fetch, client) }
}

const withReceipts = (robot: Robot) =>
  wrapFetchWithPayment(fetch, new x402Client().register('eip155:*', new ClearingScheme(robot)))

const ours = async (handler: RequestHandler = (_request, response) => void response.json({ charged: true })) => {
  const payee = await street.robot()
  const wall = paywall({ price: '0.0005', payTo: payee.address, clearing: street.http.url })
  await wall.ready()
  const url = await serve((app) => void app.get('/charge', wall, handler))
  return { payee, url: `${url}/charge` }
}

describe('the official client at our paywall', () => {
  test('behavior: pays with exact; the money is in the payee’s wallet when the answer comes', async () => {
    const { payee, url } = await ours()
    const { account, pay } = await stranger(2000n)
    const answer = await pay(url)
    expect([answer.status, await answer.json()]).toEqual([200, { charged: true }])
    const settled = settledOf(answer)
    expect(settled).toMatchObject({
      success: true,
      payer: account.address.toLowerCase(),
      amount: '500',
      extra: { charge: 'charged' },
    })
    const receipt = await street.chain.client.getTransactionReceipt({ hash: settled?.transaction as never })
    expect([receipt.status, await tokensOf(payee.address), await tokensOf(account.address)]).toEqual([
      'success',
      500n,
      1500n,
    ])
  })

  test('behavior: exact is settled only once the handler has succeeded', async () => {
    const { payee, url } = await ours((_request, response) => void response.status(500).send('broken'))
    const { account, pay } = await stranger(500n)
    const answer = await pay(url)
    expect([answer.status, answer.headers.get('sunledger-charge'), await answer.text()]).toEqual([
      500,
      'none',
      'broken',
    ])
    expect([await tokensOf(payee.address), await tokensOf(account.address)]).toEqual([0n, 500n])
  })

  test('behavior: exact with an Idempotency-Key is charged once, though the client signs anew; without one, each time', async () => {
    let served = 0
    const { payee, url } = await ours((_request, response) => void response.send(`served ${++served}`))
    const { pay } = await stranger(5000n)
    const init = {
      headers: { 'idempotency-key': 'a key of the client' },
    }
    expect([await (await pay(url, init)).text(), await (await pay(url, init)).text()]).toEqual(['served 1', 'served 1'])
    expect(await tokensOf(payee.address)).toBe(500n)
    await (await pay(url)).text()
    expect([served, await tokensOf(payee.address)]).toEqual([2, 1000n])
  })

  test('error: an authorization that has been used buys nothing more, also for whoever reads it on the chain', async () => {
    const { url } = await ours()
    const { account } = await stranger(5000n)
    const sent: string[] = []
    const spy: typeof fetch = async (input, init) => {
      const signature = (input as Request).headers.get('payment-signature')
      if (signature !== null) sent.push(signature)
      return fetch(input, init)
    }
    const client = new x402Client()
      .register('eip155:*', new ExactEvmScheme(account))
      .setSpendControls({ allowedAssets: true })
    expect((await wrapFetchWithPayment(spy, client)(url)).status).toBe(200)
    const again = await fetch(url, { headers: { 'payment-signature': sent[0] as string } })
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([402, 'SL665'])
    const restarted = await ours()
    const elsewhere = await fetch(restarted.url, { headers: { 'payment-signature': sent[0] as string } })
    expect(elsewhere.status).toBe(402)
  })

  test('error: a wallet without money', async () => {
    const { url } = await ours()
    const { pay } = await stranger(499n)
    const answer = await pay(url)
    expect([answer.status, ((await answer.json()) as { actual: string }).actual]).toEqual([
      402,
      expect.stringContaining('invalid_exact_evm_insufficient_balance'),
    ])
  })

  test('behavior: pays with receipts, our scheme plugged in, within the robot’s limits', async () => {
    const { payee, url } = await ours()
    const robot = await street.robot('1', { spend: { total: 1200n } })
    const pay = withReceipts(robot)
    const answer = await pay(url)
    expect([answer.status, await answer.json()]).toEqual([200, { charged: true }])
    expect(settledOf(answer)).toMatchObject({ success: true, payer: robot.address, amount: '500' })
    const init = { headers: { 'idempotency-key': 'one charge' } }
    await (await pay(url, init)).text()
    expect((await pay(url, init)).status).toBe(200)
    expect([await balanceOf(robot), await balanceOf(payee)]).toEqual([999_000n, 1000n])
    await expect(pay(url)).rejects.toThrow('SL673')
  })
})

/** An official server that charges through our facilitator. */
const theirs = async () => {
  const payee = await street.robot()
  const { dollar } = street.deployed.deployment
  const scheme = new ClearingServerScheme({ clearing: street.http.url, payTo: payee.address })
  await scheme.ready()
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: street.http.url }))
    .register(network, new ExactServerScheme())
    .register(network, scheme)
  const exact = { asset: dollar.asset, amount: '500', extra: { name: dollar.name, version: dollar.version } }
  const common = { network, payTo: payee.address, maxTimeoutSeconds: 60 }
  const accepts = [
    { scheme: 'exact', price: exact, ...common },
    { scheme: 'clearing', price: '$0.0005', ...common },
  ]
  let broken = false
  const url = await serve((app) => {
    app.use(paymentMiddleware({ 'GET /charge': { accepts, description: 'A charge' } }, server))
    app.get('/charge', (_request, response) => {
      if (broken) response.status(500).send('broken')
      else response.json({ charged: true })
    })
  })
  return {
    payee,
    url: `${url}/charge`,
    breakIt: (is: boolean) => {
      broken = is
    },
  }
}

describe('the official server with our facilitator', () => {
  test('behavior: takes exact from the official client', async () => {
    const { payee, url } = await theirs()
    const { pay } = await stranger(1000n)
    const answer = await pay(url)
    expect([answer.status, await answer.json()]).toEqual([200, { charged: true }])
    expect(settledOf(answer)?.success).toBe(true)
    expect(await tokensOf(payee.address)).toBe(500n)
  })

  test('behavior: takes receipts from the official client and from robot.fetch', async () => {
    const { payee, url } = await theirs()
    const robot = await street.robot('1')
    for (const pay of [withReceipts(robot), (of: string) => robot.fetch(of)]) {
      const answer = await pay(url)
      expect([answer.status, await answer.json()]).toEqual([200, { charged: true }])
      expect(settledOf(answer)).toMatchObject({ success: true, payer: robot.address, amount: '500' })
    }
    expect(await balanceOf(payee)).toBe(1000n)
  })

  test('error: a receipt buys once there too, and what its handler refused can be had again', async () => {
    const { payee, url, breakIt } = await theirs()
    const robot = await street.robot('1')
    const sent: string[] = []
    const spy: typeof fetch = async (input, init) => {
      const signature = (input as Request).headers.get('payment-signature')
      if (signature !== null) sent.push(signature)
      return fetch(input, init)
    }
    const pay = wrapFetchWithPayment(spy, new x402Client().register('eip155:*', new ClearingScheme(robot)))
    breakIt(true)
    expect((await pay(url)).status).toBe(500)
    breakIt(false)
    const again = () => fetch(url, { headers: { 'payment-signature': sent[0] as string } })
    expect([(await again()).status, (await again()).status]).toEqual([200, 402])
    expect([await balanceOf(robot), await balanceOf(payee)]).toEqual([999_500n, 500n])
  })
})

describe('a chain whose clock runs ahead', () => {
  test('behavior: standard clients still pay: what they are given as time has the lead in it', async () => {
    const before = await ours()
    await street.chain.pass(10n * 86_400n)
    await street.service.fund(street.service.member('somebody'), 1n)
    expect(street.service.status().nowSeconds - BigInt(Math.floor(Date.now() / 1000))).toBeGreaterThan(800_000n)
    const { url } = await ours()
    const [one, two] = [await stranger(500n), await stranger(500n)]
    expect((await one.pay(url)).status).toBe(200)
    // One that had read the clock before notices with the first payment that comes too late.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect((await two.pay(before.url)).status).toBe(402)
    let status = 402
    for (let i = 0; i < 50 && status === 402; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      status = (await two.pay(before.url)).status
    }
    expect(status).toBe(200)
  })
})
