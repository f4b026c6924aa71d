/** The facilitator while a settlement is under way: neither yes nor no is said before it is known, and nothing is sent twice. */
import { describe, expect, onTestFinished, test } from 'vitest'
import * as Authorization from '../../../src/chain/Authorization.ts'
import type * as X402 from '../../../src/core/X402.ts'
import { tokensOf, useChain } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { start } from '../support/Running.ts'
import type { Street } from '../support/Shop.ts'
import { forms, walletOf } from '../support/Wallet.ts'

const chain = useChain()

const setUp = async () => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, { timing: { mostWaitMs: 300, lookAfterMs: 50 } })
  const wallet = await walletOf({ chain, deployed, service } as unknown as Street)
  const { dollar } = deployed.deployment
  const payTo = Member.create('pending shop').address
  const asked: X402.Requirements = {
    ...{ scheme: 'exact', network: 'eip155:31337', asset: dollar.asset, amount: '500', payTo, maxTimeoutSeconds: 60 },
    extra: { name: dollar.name, version: dollar.version },
  }
  const request = (form: keyof typeof forms = 'usual', validBefore?: bigint): X402.FacilitatorRequest => ({
    paymentPayload: { x402Version: 2, accepted: asked, payload: wallet.sign(asked, form, validBefore) },
    paymentRequirements: asked,
  })
  const sentBy = () =>
    chain.client.getTransactionCount({ address: service.status().settlementKey, blockTag: 'pending' })
  const stopMining = async () => {
    await chain.automine(false)
    onTestFinished(async () => void (await chain.automine(true)))
  }
  return {
    service,
    wallet,
    request,
    sentBy,
    stopMining,
    got: () => tokensOf(chain.client, dollar.asset, payTo),
    dollar,
  }
}

describe('a settlement that is not mined', () => {
  test('behavior: is pending, however often it is asked about, sent once, and then a success', async () => {
    const { service, request, sentBy, stopMining, got } = await setUp()
    const one = request()
    await stopMining()
    const before = await sentBy()
    for (let i = 0; i < 3; i++)
      expect(await service.settleX402(one)).toMatchObject({ success: false, errorReason: 'settlement_pending' })
    expect([(await sentBy()) - before, await got()]).toEqual([1, 0n])
    await chain.mine(1)
    expect(await service.settleX402(one)).toMatchObject({ success: true })
    expect(await got()).toBe(500n)
  })

  test('behavior: is not called expired while it can still be mined', async () => {
    const { service, request, stopMining, got } = await setUp()
    const one = request('usual', service.status().nowSeconds + 8n)
    await stopMining()
    expect((await service.settleX402(one)).errorReason).toBe('settlement_pending')
    const late = async () => (await service.verifyX402(one)).invalidReason?.endsWith('valid_before')
    while (!(await late())) await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await service.settleX402(one)).errorReason).toBe('settlement_pending')
    await chain.mine(1)
    expect([(await service.settleX402(one)).success, await got()]).toEqual([true, 500n])
  })
})

describe('an authorization', () => {
  test.each(Object.keys(forms) as (keyof typeof forms)[])(
    'behavior: signed in the form "%s" is verified and settled',
    async (form) => {
      const { service, request, got, wallet } = await setUp()
      const one = request(form)
      expect(await service.verifyX402(one)).toEqual({ isValid: true, payer: wallet.address })
      expect([(await service.settleX402(one)).success, await got()]).toEqual([true, 500n])
    },
  )

  test('error: whose nonce is used, by nobody knows what, is unclear; a cancelled one is over', async () => {
    const { request, dollar } = await setUp()
    const payload = request().paymentPayload.payload as unknown as {
      authorization: { from: `0x${string}`; nonce: `0x${string}` }
    }
    const { from, nonce } = payload.authorization
    const terms = { from, to: from, value: 1n, validAfter: 0n, validBefore: 1n, nonce }
    const client = (event: string | undefined) => ({
      readContract: async () => true,
      getContractEvents: async ({ eventName }: { eventName: string }) => (eventName === event ? [{}] : []),
    })
    const used = (event: string | undefined) => Authorization.used(client(event) as never, dollar.asset, terms, 0n)
    await expect(used(undefined)).rejects.toMatchObject({ code: 'SL350', status: 503 })
    expect(await used('AuthorizationCanceled')).toBe('otherwise')
  })
})
