/** Whatever changes anything is signed by whom it concerns, or wants the operator's token: held over every route there is. */
import { describe, expect, test } from 'vitest'
import * as Samples from '../../../scripts/bench/fuzz/Samples.ts'
import { routes } from '../../../src/http/Routes.ts'
import { useChain } from '../support/Chain.ts'
import { ask, listen, problemOf } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

const site = async () => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed)
  const http = await listen(service)
  const [payer, shop, thief] = ['payer', 'shop', 'thief'].map((name) => service.member(name)) as [
    ReturnType<typeof service.member>,
    ReturnType<typeof service.member>,
    ReturnType<typeof service.member>,
  ]
  await service.fund(payer, 1000n)
  const signed = payer.pay({ to: shop.address, amount: 5n })
  return { deployed, service, http, payer, shop, thief, signed }
}

const changing = routes.filter(({ method }) => method !== 'get')
const named = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`

/** What anybody may do without a signature, and why that is safe. */
const open = {
  'POST /v1/faucet': 'test dollars on a local chain; SL342 on any other',
  'POST /verify': 'moves nothing',
}

/** Routes whose message has its signature within, in a form of its own: `clearing/Facilitator` has the tests. */
const elsewhere = ['POST /settle']

test('behavior: every route that changes something is signed or the operator’s, or stands here with a reason', () => {
  const unsigned = changing.filter(({ access }) => access === 'anyone').map(named)
  expect(unsigned.sort()).toEqual(Object.keys(open).sort())
})

describe('the operator’s routes', () => {
  test.each(routes.filter(({ access }) => access === 'operator').map((route) => [named(route), route] as const))(
    'error: SL603 for %s without the token',
    async (_, { method, path }) => {
      const { http, service } = await site()
      const before = await service.serialize()
      const headers = { 'content-type': 'application/json' }
      for (const authorization of [undefined, 'Bearer', 'Bearer x', 'Basic dG9rZW4='])
        expect(
          problemOf(
            await ask(
              http.url + path,
              method.toUpperCase(),
              { ...headers, ...(authorization === undefined ? {} : { authorization }) },
              method === 'get' ? undefined : '{}',
            ),
          ),
        ).toBe('401 application/problem+json SL603')
      expect(await service.serialize()).toBe(before)
    },
  )
})

describe('signed routes', () => {
  test('error: each refuses what somebody else has signed, and nothing moves', async () => {
    const { deployed, http, service, signed, payer, thief } = await site()
    const before = await service.serialize()
    const forged = [
      { ...signed, payee: thief.address },
      { ...signed, amount: '6' },
      { ...signed, reference: `0x${'1'.repeat(64)}` },
      { ...signed, validUntil: '1' },
      { ...signed, signature: thief.sign(signed.history) },
    ]
    for (const body of forged) expect((await http.post('/v1/payments', body)).status).toBeGreaterThanOrEqual(400)
    const samples = Samples.from(deployed.deployment, {}, payer.address).filter(({ method }) => method === 'POST')
    const mine = samples.filter(({ path, body }) => path !== '/v1/payments' || !Array.isArray(body))
    const covered = new Set(mine.map(({ path }) => `POST ${path}`))
    const wanted = changing.filter(({ access }) => access === 'signed').map(named)
    expect(wanted.filter((route) => !covered.has(route))).toEqual(elsewhere)
    for (const { path, body } of mine) {
      const answer = await http.post(path, body)
      expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true])
    }
    expect((await service.serialize()).replace(/^block \d+/, '')).toBe(before.replace(/^block \d+/, ''))
    expect(http.faults).toEqual([])
  })

  test('error: none is taken from another site’s page or under another name', async () => {
    const { http, signed } = await site()
    for (const { path, method } of changing) {
      const type = { 'content-type': 'application/json' }
      for (const foreign of [{ origin: 'https://evil.example' }, { origin: 'null' }, { host: 'evil.example' }]) {
        const answer = await ask(http.url + path, method.toUpperCase(), { ...type, ...foreign }, signed)
        expect(problemOf(answer)).toBe('403 application/problem+json SL602')
      }
    }
  })
})
