/** Whatever changes anything is signed by whom it concerns, or wants the operator's token: held over every route there is. */
import { describe, expect, test } from 'vitest'
import { routes } from '../../../src/http/Routes.ts'
import { useChain } from '../support/Chain.ts'
import { ask, listen, problemOf, token } from '../support/Http.ts'
import * as Rights from '../support/Rights.ts'
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

/** What the service says of itself: every operation, by its method and path. */
const operations = async (url: string) => {
  const { paths } = (await ask(`${url}/openapi.json`, 'GET', {})).body as {
    paths: { [path: string]: { [method: string]: { security?: unknown } } }
  }
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security }]) => ({
      ...{ method: method.toUpperCase(), path, route: `${method.toUpperCase()} ${path}` },
      isOperators: security !== undefined,
      isChanging: !['get', 'head', 'options'].includes(method),
    })),
  )
}

/** What anybody may do without a signature, and why that is safe. */
const open = {
  'POST /v1/faucet': 'test dollars on a local chain; SL342 on any other',
  'POST /v1/receipts': 'a receipt has its payer’s signature and the credit key’s; anything less changes nothing',
  'POST /verify': 'moves nothing',
}

const changing = routes.filter(({ method }) => method !== 'get')
const named = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`

/** The same message with another signature, wherever it has one; undefined: with none. */
const resigned = (value: unknown, change: (signature: string) => string | undefined): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]) => {
      if (name !== 'signature') return [[name, resigned(part, change)]]
      const changed = change(part as string)
      return changed === undefined ? [] : [[name, changed]]
    }),
  )
}

const flipped = (signature: string): string =>
  signature.slice(0, 20) + (Number.parseInt(signature.charAt(20), 16) ^ 1).toString(16) + signature.slice(21)

describe('every route that changes something', () => {
  test('behavior: is here: signed, the operator’s, or open with a reason', async () => {
    const { deployed, http, service } = await site()
    const rights = await Rights.make(deployed, service, async () => 1n)
    const all = (await operations(http.url)).filter(({ isChanging }) => isChanging)
    expect(all.length).toBeGreaterThan(10)
    const known = new Set([...rights.map(({ route }) => route), ...Object.keys(open)])
    expect(all.filter(({ route, isOperators }) => isOperators === known.has(route))).toEqual([])
    expect(all.map(({ route }) => route).sort()).toEqual(changing.map(named).sort())
  })

  test('error: refuses a request that is not signed, signed by a thief, over something else, or altered; and takes the right one', async () => {
    const { deployed, http, service, thief } = await site()
    await chain.pass(1000n)
    const now = async () => (await chain.client.getBlock()).timestamp
    const rights = await Rights.make(deployed, service, now)
    await service.sync()
    const ledger = async () => (await service.serialize()).replace(/^block \d+/, '')
    const own: Rights.Sign = (member, digest) => member.sign(digest)
    for (const { route, make } of rights) {
      const right = await make(own)
      const wrong = {
        unsigned: resigned(right.body, () => undefined),
        empty: resigned(right.body, (signature) => signature.replace(/[^x]/g, '0')),
        'no signature': resigned(right.body, () => '0x'),
        altered: resigned(right.body, flipped),
        forged: (await make((_, digest) => thief.sign(digest))).body,
        'over something else': (await make((member) => member.sign(`0x${'5a'.repeat(32)}`))).body,
      }
      const [before, waiting] = [await ledger(), service.status().block]
      const path = route.split(' ')[1] as string
      for (const [what, body] of Object.entries(wrong)) {
        const { status, body: said } = await http.post(path, body)
        // A payment that is no good is an answer of a facilitator, and no error.
        const isRefused = (status >= 400 && status < 500) || (said as { success?: boolean }).success === false
        expect([route, what, isRefused]).toEqual([route, what, true])
      }
      expect([route, await ledger()]).toEqual([route, before])
      expect(service.status().block).toBe(waiting)
      const beside = right.beside === undefined ? undefined : http.post(path, right.beside)
      const { status, body: said } = await http.post(path, right.body)
      const isTaken = status < 300 && (said as { success?: boolean }).success !== false
      expect([route, status, isTaken]).toEqual([route, status, true])
      await beside
    }
    expect(http.faults).toEqual([])
  }, 60_000)

  test('error: SL603 where it is the operator’s and the token is missing, wrong or of another kind', async () => {
    const { http, service } = await site()
    const before = await service.serialize()
    const operators = (await operations(http.url)).filter(({ isOperators }) => isOperators)
    expect(operators.length).toBeGreaterThan(2)
    for (const { method, path, route } of operators)
      for (const authorization of [undefined, '', 'Bearer', 'Bearer x', `Bearer ${token}x`, `Basic ${token}`, token]) {
        const headers = {
          'content-type': 'application/json',
          ...(authorization === undefined ? {} : { authorization }),
        }
        const answer = await ask(http.url + path, method, headers, method === 'GET' ? undefined : '{}')
        expect([route, authorization, problemOf(answer)]).toEqual([
          ...[route, authorization, '401 application/problem+json SL603'],
        ])
      }
    expect(await service.serialize()).toBe(before)
  })
})

describe('signed routes', () => {
  test('error: a payment that was changed after it was signed is refused, and nothing moves', async () => {
    const { http, service, signed, thief } = await site()
    const before = await service.serialize()
    const forged = [
      { ...signed, payee: thief.address },
      { ...signed, amount: '6' },
      { ...signed, reference: `0x${'1'.repeat(64)}` },
      { ...signed, validUntil: '1' },
      { ...signed, signature: thief.sign(signed.history) },
    ]
    for (const body of forged) expect((await http.post('/v1/payments', body)).status).toBeGreaterThanOrEqual(400)
    expect(await service.serialize()).toBe(before)
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
