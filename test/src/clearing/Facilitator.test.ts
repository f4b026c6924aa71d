/** The service as an x402 facilitator, on a real chain: what it takes, what it refuses, and that each authorization counts once, whoever sends it. */
import { describe, expect, test } from 'vitest'
import type { Hex } from '../../../src/core/Payment.ts'
import * as X402 from '../../../src/core/X402.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { tokenCall, tokensOf } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { useStreet } from '../support/Shop.ts'

const street = useStreet()
const network = 'eip155:31337'

interface Terms {
  readonly value?: bigint
  readonly validAfter?: bigint
  readonly validBefore?: bigint
  readonly nonce?: Hex
  readonly to?: Hex
}

let names = 0

/** A wallet with dollars, and what it signs for a payee. */
const pair = async (amount = 1000n) => {
  const { dollar } = street.deployed.deployment
  const [wallet, payee] = [Member.create(`wallet ${++names}`), Member.create(`shop ${names}`)]
  if (amount > 0n) await street.service.faucet(wallet.address, amount as never)
  const asked = {
    ...{ scheme: 'exact', network, asset: dollar.asset, amount: '500', payTo: payee.address, maxTimeoutSeconds: 60 },
    extra: { name: dollar.name, version: dollar.version },
  }
  const domain = Digest.domain(31337, dollar.asset, dollar.name, dollar.version)
  const sign = (terms: Terms = {}, kind: 'transfer' | 'receive' = 'transfer') => {
    const authorization = {
      ...{ from: wallet.address, to: payee.address, value: 500n, validAfter: 0n, validBefore: Member.later },
      ...{ nonce: Member.reference(), ...terms },
    }
    const digest = kind === 'transfer' ? Digest.transferAuthorization : Digest.receiveAuthorization
    return { authorization, signature: Signature.expand(wallet.sign(digest(domain, authorization))) }
  }
  const request = (signed: ReturnType<typeof sign>, change: object = {}) => ({
    x402Version: 2,
    paymentPayload: {
      ...{ x402Version: 2, accepted: { ...asked, ...change } },
      payload: {
        signature: signed.signature,
        authorization: Object.fromEntries(
          Object.entries(signed.authorization).map(([name, value]) => [name, String(value)]),
        ),
      },
    },
    paymentRequirements: { ...asked, ...change },
  })
  const got = () => tokensOf(street.chain.client, dollar.asset, payee.address)
  return { wallet, payee, dollar, asked, sign, request, got }
}

const post = async (path: string, body: unknown) => (await street.http.post(path, body)).body
const verify = (body: unknown) => post('/verify', body) as Promise<X402.Verified>
const settle = (body: unknown) => post('/settle', body) as Promise<X402.Settled>

/** Sends an authorization as somebody else would. */
const submit = async (
  of: Awaited<ReturnType<typeof pair>>,
  { authorization: a, signature }: ReturnType<typeof of.sign>,
  name: string,
) => {
  const { dollar } = of
  const overload = await street.chain.sender('stranger')
  const args = [a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature]
  return overload.send(tokenCall(dollar.asset, name, args))
}

describe('exact', () => {
  test('behavior: what it supports', async () => {
    const { clearingHouse } = street.deployed.deployment
    const { settlementKey, creditKey } = street.service.status()
    expect((await street.http.get('/supported')).body).toEqual({
      kinds: [
        { x402Version: 2, scheme: 'exact', network },
        { x402Version: 2, scheme: 'clearing', network, extra: { clearingHouse, creditKey } },
      ],
      extensions: [],
      signers: { 'eip155:*': [settlementKey] },
    })
  })

  test('behavior: of many requests at once that one authorization is sent to, one alone is paid', async () => {
    const { sign, request, got } = await pair()
    const body = request(sign())
    const answers = await Promise.all(Array.from({ length: 6 }, () => settle(body)))
    expect(answers.filter(({ success }) => success)).toHaveLength(1)
    expect(await got()).toBe(500n)
  })

  test('behavior: verifying moves nothing; settling pays once, however often and at the same time it is asked', async () => {
    const { wallet, sign, request, got } = await pair()
    const body = request(sign())
    expect(await verify(body)).toEqual({ isValid: true, payer: wallet.address })
    expect(await got()).toBe(0n)
    const claimed = { ...body, claim: 'purchase 1' }
    const answers = [...(await Promise.all([settle(claimed), settle(claimed), settle(claimed)])), await settle(claimed)]
    expect(answers[0]).toMatchObject({ success: true, network, payer: wallet.address, amount: '500' })
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    const used = { success: false, errorReason: 'invalid_exact_evm_nonce_already_used' }
    expect([await settle(body), await settle({ ...body, claim: 'purchase 2' })]).toMatchObject([used, used])
    expect(await got()).toBe(500n)
    expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: 'invalid_exact_evm_nonce_already_used' })
  })

  test('behavior: an authorization that somebody else has sent counts as paid', async () => {
    const of = await pair()
    const signed = of.sign()
    const { transaction } = await submit(of, signed, 'transferWithAuthorization')
    expect(await settle(of.request(signed))).toMatchObject({ success: true, transaction })
    expect(await of.got()).toBe(500n)
  })

  test('error: a nonce that went into something else does not', async () => {
    const of = await pair()
    const stranger = (await street.chain.sender('stranger')).address
    const nonce = Member.reference()
    await submit(of, of.sign({ nonce, to: stranger, value: 1n }), 'transferWithAuthorization')
    const failed = { success: false, errorReason: 'invalid_exact_evm_nonce_already_used', transaction: '' }
    expect(await settle(of.request(of.sign({ nonce })))).toMatchObject(failed)
    const other = Member.reference()
    await submit(of, of.sign({ nonce: other, to: stranger, value: 500n }, 'receive'), 'receiveWithAuthorization')
    expect(await settle(of.request(of.sign({ nonce: other })))).toMatchObject(failed)
    expect(await of.got()).toBe(0n)
  })

  test('error: what is no good is refused by the name that official facilitators give it', async () => {
    const { asked, sign, request, dollar, wallet } = await pair()
    const now = street.service.status().nowSeconds
    const signed = sign()
    const forged = {
      ...signed,
      signature: Member.create('thief').sign(Digest.credits(Member.domain, Member.reference())),
    }
    const cases: [unknown, string][] = [
      [request(signed, { network: 'eip155:1' }), 'invalid_network'],
      [request(signed, { scheme: 'upto' }), 'unsupported_scheme'],
      [request(signed, { asset: street.deployed.deployment.clearingHouse }), 'invalid_exact_evm_eip3009_not_supported'],
      [request(signed, { extra: { name: 'Dollar', version: '1' } }), 'invalid_exact_evm_token_name_mismatch'],
      [request(signed, { extra: { name: dollar.name, version: '2' } }), 'invalid_exact_evm_token_version_mismatch'],
      [request(signed, { payTo: wallet.address }), 'invalid_exact_evm_recipient_mismatch'],
      [request(signed, { amount: '501' }), 'invalid_exact_evm_authorization_value'],
      [request(sign({ validBefore: now + 5n })), 'invalid_exact_evm_payload_authorization_valid_before'],
      [request(sign({ validAfter: now + 500n })), 'invalid_exact_evm_payload_authorization_valid_after'],
      [request(forged), 'invalid_exact_evm_signature'],
      [request(sign({ value: 1001n }), { amount: '1001' }), 'invalid_exact_evm_insufficient_balance'],
      [{ ...request(signed), paymentRequirements: { ...asked, amount: '1' } }, 'invalid_payment_requirements'],
    ]
    for (const [body, reason] of cases) {
      expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: reason })
      expect(await settle(body)).toMatchObject({ success: false, errorReason: reason })
    }
    expect(await tokensOf(street.chain.client, dollar.asset, wallet.address)).toBe(1000n)
  })

  test('error: messages that are none are problems', async () => {
    const { sign, request } = await pair(0n)
    const body = request(sign())
    const bad = [{}, { ...body, x402Version: 1 }, { ...body, paymentPayload: { ...body.paymentPayload, payload: {} } }]
    for (const each of bad) expect((await street.http.post('/settle', each)).status).toBe(400)
    expect(street.http.faults).toEqual([])
  })
})

describe('clearing', () => {
  test('behavior: a receipt of the journal is good for its payee, amount, resource and key, and nothing else', async () => {
    const [robot, shop] = [street.service.member(`robot ${++names}`), street.service.member(`shop ${names}`)]
    await street.service.fund(robot, 1000n)
    const url = 'https://charger.example/charge'
    const reference = Digest.reference(url, 'key')
    const receipt = await street.service.pay(robot.pay({ to: shop.address, amount: 500n, reference }))
    const asset = street.deployed.deployment.dollar.asset
    const asked = {
      scheme: 'clearing',
      network,
      asset,
      amount: '500',
      payTo: shop.address,
      maxTimeoutSeconds: 60,
      extra: {},
    }
    const request = (change: object = {}, payload: object = {}, resource = url) => {
      const accepted = { ...asked, ...change }
      const carried = { ...X402.formatClearing({ receipt, key: 'key' }), ...payload }
      return {
        x402Version: 2,
        paymentPayload: { x402Version: 2, resource: { url: resource }, accepted, payload: carried },
        paymentRequirements: accepted,
      }
    }
    expect(await verify(request())).toEqual({ isValid: true, payer: robot.address })
    const settled = { success: true, transaction: receipt.payment.id, network, payer: robot.address, amount: '500' }
    expect([await settle(request()), await settle(request())]).toEqual([settled, settled])
    const { receipt: shown } = X402.formatClearing({ receipt, key: '' }) as { receipt: { payment: object } }
    const changed = (payment: object) => ({ receipt: { ...shown, payment: { ...shown.payment, ...payment } } })
    const cases: [unknown, string][] = [
      [request({ payTo: robot.address }), 'invalid_clearing_recipient_mismatch'],
      [request({ asset: street.deployed.deployment.energyCredit.asset }), 'invalid_clearing_asset_mismatch'],
      [request({ amount: '501' }), 'invalid_clearing_amount'],
      [request({}, { key: 'guessed' }), 'invalid_clearing_reference_mismatch'],
      [request({}, {}, `${url}?other`), 'invalid_clearing_reference_mismatch'],
      [request({}, changed({ amount: '50000' })), 'invalid_clearing_amount'],
      [request({}, changed({ id: Member.reference() })), 'invalid_clearing_payment_unknown'],
    ]
    for (const [body, reason] of cases) {
      expect(await verify(body)).toMatchObject({ isValid: false, invalidReason: reason })
      expect(await settle(body)).toMatchObject({ success: false, errorReason: reason })
    }
  })
})
