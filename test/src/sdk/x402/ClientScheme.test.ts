/** The scheme as clients call it that are not the official one, or another version of it: refused before anything is paid. */
import { describe, expect, test } from 'vitest'
import * as X402 from '../../../../src/core/X402.ts'
import { ClearingScheme, Digest, paywall } from '../../../../src/index.ts'
import { balanceOf, serve, useStreet } from '../../support/Shop.ts'

const street = useStreet()
const had = 1_000_000n

/** A shop with two routes, and a robot's scheme. */
const open = async () => {
  const payee = await street.robot()
  const wall = paywall({ price: '0.0005', payTo: payee.address, clearing: street.http.url })
  await wall.ready()
  const shop = await serve((app) => {
    app.get(['/one', '/two'], wall, (request, response) => void response.send(request.path))
  })
  const ask = async (path: string) => {
    const answer = await fetch(shop + path)
    return X402.parseRequired(X402.decode(answer.headers.get(X402.headers.required) ?? ''))
  }
  const [one, two] = await Promise.all([ask('/one'), ask('/two')])
  const robot = await street.robot('1')
  const scheme = new ClearingScheme(robot)
  const offer = one.accepts.find((each) => each.scheme === 'clearing') as X402.Requirements
  const hook = (paymentRequired: unknown, selectedRequirements: unknown = offer) =>
    scheme.schemeHooks.onBeforePaymentCreation({ paymentRequired, selectedRequirements } as never)
  return { robot, scheme, offer, hook, one, two }
}

const refused = expect.objectContaining({ code: 'SL675' })

describe('a client that does not say what it pays for', () => {
  test('error: no hook, a hook of another shape, or a copy of the offer: SL675, nothing paid', async () => {
    const { robot, scheme, offer, hook, one } = await open()
    await expect(scheme.createPaymentPayload(2, offer)).rejects.toEqual(refused)
    for (const said of [
      undefined,
      null,
      {},
      { x402Version: 1, accepts: [] },
      { resource: null },
      { resource: { url: 1 } },
    ]) {
      await hook(said)
      await expect(scheme.createPaymentPayload(2, offer)).rejects.toEqual(refused)
    }
    await hook(one, 'text')
    await hook(one)
    await expect(scheme.createPaymentPayload(2, { ...offer })).rejects.toEqual(refused)
    expect(await balanceOf(robot)).toBe(had)
  })

  test('error: a kept offer, paid again without the hook: SL675, paid once', async () => {
    const { robot, scheme, offer, hook, one } = await open()
    await hook(one)
    await scheme.createPaymentPayload(2, offer)
    await expect(scheme.createPaymentPayload(2, offer)).rejects.toEqual(refused)
    expect(await balanceOf(robot)).toBe(had - 500n)
  })

  test('error: one kept offer for two resources at a time: both SL675, nothing paid; then it works again', async () => {
    const { robot, scheme, offer, hook, one, two } = await open()
    await hook(one)
    await hook(two)
    for (const _ of [1, 2]) await expect(scheme.createPaymentPayload(2, offer)).rejects.toEqual(refused)
    expect(await balanceOf(robot)).toBe(had)
    await hook(two)
    const { payload } = await scheme.createPaymentPayload(2, offer)
    const { receipt, key } = X402.parseClearing(payload)
    expect(receipt.payment.reference).toBe(Digest.reference(two.resource.url, key))
  })

  test('behavior: one kept offer, the same resource twice at a time: each is paid', async () => {
    const { robot, scheme, offer, hook, one } = await open()
    await hook(one)
    await hook(one)
    for (const _ of [1, 2]) await scheme.createPaymentPayload(2, offer)
    expect(await balanceOf(robot)).toBe(had - 1_000n)
  })
})
