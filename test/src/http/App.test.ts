/** The routes over real HTTP, on a real service and chain: what they answer, and every way in which they refuse. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Wire from '../../../src/core/Wire.ts'
import { breakReads, breakWrites } from '../support/Broken.ts'
import { useChain } from '../support/Chain.ts'
import { ask, listen, problemOf, token } from '../support/Http.ts'
import * as Member from '../support/Member.ts'
import { deposit, exit, start, withdrawal } from '../support/Running.ts'

const chain = useChain()

const site = async (atEnd: (close: () => Promise<void>) => void = onTestFinished) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, { atEnd })
  const http = await listen(service, {}, atEnd)
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1000n)
  return { deployed, service, http, payer, shop, asset: deployed.deployment.dollar.asset }
}

const json = 'application/json; charset=utf-8'
const operator = { authorization: `Bearer ${token}` }
const word = `0x${'ab'.repeat(32)}`

describe('money', () => {
  test('behavior: from the faucet through deposit, payment and settlement to withdrawal and exit', async () => {
    const { deployed, http, shop, payer, service, asset } = await site()
    const robot = service.member('robot')
    const minted = await http.post('/v1/faucet', { to: robot.address, amount: '50' })
    expect([minted.status, minted.headers['content-type']]).toEqual([200, json])
    const deposited = await http.post('/v1/deposits', deposit(deployed, robot, 50n))
    expect(Wire.parse(Wire.transaction, deposited.body).gasUsed).toBeGreaterThan(0n)
    const paid = await http.post('/v1/payments', robot.pay({ to: shop.address, amount: 20n }))
    const receipt = Wire.parse(Wire.receipt, paid.body) as Receipt
    expect(receipt.credit).toMatchObject({ account: shop.address, total: 20n })
    expect((await http.get(`/v1/payments/${receipt.payment.id}`)).text).toBe(paid.text)
    const settled = await http.post('/v1/settlements', {}, operator)
    expect(Wire.parse(Wire.settlements, settled.body).transactions).toMatchObject([{ members: 2 }])

    const view = Wire.parse(Wire.accountView, (await http.get(`/v1/accounts/${robot.address}`)).body)
    expect(view.assets[0]).toMatchObject({ asset, available: 30n, balance: 30n, nonce: 0n, leaving: false })
    const { lines, next } = Wire.parse(Wire.statement, (await http.get(`/v1/accounts/${robot.address}/statement`)).body)
    expect([lines.map(({ amount, settled: is }) => [amount, is]), next]).toEqual([[[20n, true]], null])

    const out = await http.post('/v1/withdrawals', withdrawal(deployed, robot, { amount: 10n, nonce: 0n }))
    expect(Wire.parse(Wire.transaction, out.body).block).toBeGreaterThan(0n)
    expect((await http.post('/v1/exits', exit(deployed, payer, { nonce: 0n }))).status).toBe(200)
    expect(problemOf(await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n })))).toBe(
      '409 application/problem+json SL308',
    )
  })

  test('behavior: several payments at once are each answered, in order', async () => {
    const { http, payer, shop } = await site()
    const requests = [900n, 200n, 5n].map((amount) => payer.pay({ to: shop.address, amount }))
    const { status, body } = await http.post('/v1/payments', requests)
    const answers = Wire.parse(Wire.paymentResults, body)
    expect(status).toBe(200)
    expect(answers.map((answer) => ('payment' in answer ? answer.payment.amount : answer.code))).toEqual([
      900n,
      'SL306',
      'SL311',
    ])
  })

  test('behavior: both parties of a sale get an answer of their own', async () => {
    const { http, payer, shop, service, asset } = await site()
    await service.fund(shop, 100n)
    const terms = {
      ...{ seller: payer.address, buyer: shop.address, creditAsset: asset, credits: 7n as never },
      ...{ dollarAsset: asset, price: 9n as never, salt: Member.reference() },
    }
    const trade = (sale: typeof terms) =>
      Promise.all([payer, shop].map((of) => http.post('/v1/orders', { terms: sale, payment: of.leg(sale) })))
    const receipts = (await trade(terms)).map(({ body }) => Wire.parse(Wire.receipt, body))
    expect(receipts.map(({ payment }) => [payment.payer, payment.amount])).toEqual([
      [payer.address, 7n],
      [shop.address, 9n],
    ])
    expect((await trade({ ...terms, price: 1000n as never })).map(problemOf)).toEqual([
      '409 application/problem+json SL316',
      '402 application/problem+json SL306',
    ])
  })

  test('behavior: an owner is bound', async () => {
    const { http } = await site()
    const answer = await http.post('/v1/owners', {
      account: word.slice(0, 42),
      owner: word.slice(0, 42),
      signature: `${word}${word.slice(2)}`,
    })
    expect(problemOf(answer)).toBe('422 application/problem+json SL504')
  })
})

describe('the service itself', () => {
  test('behavior: says how it is, and what it stands for', async () => {
    const { http, deployed } = await site()
    expect([(await http.get('/healthz')).text, (await http.get('/readyz')).text]).toEqual([
      '{"status":"ok"}',
      '{"state":"ready","chain":"reachable"}',
    ])
    const status = Wire.parse(Wire.status, (await http.get('/v1/status')).body)
    expect(status).toMatchObject({ clearingHouse: deployed.deployment.clearingHouse, state: 'ready', faucet: true })
  })

  test('behavior: the operator reads the whole ledger', async () => {
    const { http, service } = await site()
    const { headers, text } = await http.get('/v1/ledger', operator)
    expect([headers['content-type'], text]).toEqual(['text/plain; charset=utf-8', await service.serialize()])
  })

  test('error: SL403 and 503 with retry-after when the disk breaks; readyz says so', async () => {
    const { http, service, payer, shop } = await site()
    const kept = Wire.parse(
      Wire.receipt,
      (await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))).body,
    )
    breakWrites(service.folder)
    const answer = await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 1n }))
    expect([problemOf(answer), answer.headers['retry-after']]).toEqual(['503 application/problem+json SL403', '1'])
    expect(await http.get('/readyz')).toMatchObject({ status: 503, body: { state: 'readOnly' } })
    const view = Wire.parse(Wire.accountView, (await http.get(`/v1/accounts/${payer.address}`)).body)
    expect(view.assets[0]?.debit.total).toBe(1n)
    breakReads(service.folder)
    expect(problemOf(await http.get(`/v1/payments/${kept.payment.id}`))).toBe('503 application/problem+json SL406')
    expect(http.faults).toEqual([])
  })
})

describe('what is refused', () => {
  let refusing: Awaited<ReturnType<typeof site>>
  const closing: (() => Promise<void>)[] = []
  beforeAll(async () => {
    refusing = await site((close) => closing.unshift(close))
  })
  afterAll(async () => {
    for (const close of closing) await close()
  })

  test.each([
    ['an unknown route', 'GET', '/v1/nothing', '404', 'SL604'],
    ['a known route with another method', 'DELETE', '/v1/status', '405', 'SL614'],
    ['an unknown payment', 'GET', `/v1/payments/${word}`, '404', 'SL319'],
    ['a payment’s id that is none', 'GET', '/v1/payments/12', '400', 'SL601'],
    ['an account that is none', 'GET', '/v1/accounts/0x12', '400', 'SL601'],
    ['a path that cannot be decoded', 'GET', '/v1/accounts/%E0%A4%A', '400', 'SL606'],
    ['a page of nothing', 'GET', `/v1/accounts/${word.slice(0, 42)}/statement?limit=0`, '400', 'SL610'],
    ['a page that is too long', 'GET', `/v1/accounts/${word.slice(0, 42)}/statement?limit=1001`, '400', 'SL610'],
    ['a page after no number', 'GET', `/v1/accounts/${word.slice(0, 42)}/statement?after=-1`, '400', 'SL610'],
    ['a page asked for twice', 'GET', `/v1/accounts/${word.slice(0, 42)}/statement?after=1&after=2`, '400', 'SL610'],
    ['a stream of no account', 'GET', '/v1/events?account=0x12', '400', 'SL601'],
    ['a stream after no number', 'GET', '/v1/events?after=x', '400', 'SL608'],
    ['a stream after a position to come', 'GET', '/v1/events?after=1000000', '400', 'SL608'],
    ['the ledger without the token', 'GET', '/v1/ledger', '401', 'SL603'],
  ])('error: %s', async (_, method, path, status, code) => {
    const { http } = refusing
    expect(problemOf(await ask(http.url + path, method, {}))).toBe(`${status} application/problem+json ${code}`)
    expect(http.faults).toEqual([])
  })

  test.each([
    ['no JSON', '{"asset":', '400', 'SL606'],
    ['JSON that is no object', '5', '400', 'SL606'],
    ['nothing', '', '400', 'SL601'],
    ['an empty list', '[]', '400', 'SL601'],
    ['a body of 1.1 MiB', JSON.stringify('x'.repeat(1_100_000)), '413', 'SL605'],
  ])('error: a body of %s', async (_, body, status, code) => {
    const { http } = refusing
    const answer = await http.post('/v1/payments', body)
    expect(problemOf(answer)).toBe(`${status} application/problem+json ${code}`)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', undefined])(
    'error: SL612 for a body of type %s, which a page could send without asking',
    async (type) => {
      const { http } = refusing
      const headers = type === undefined ? {} : { 'content-type': type }
      expect(problemOf(await ask(`${http.url}/v1/payments`, 'POST', headers, '{}'))).toBe(
        '415 application/problem+json SL612',
      )
    },
  )

  test('error: a wrong token, and one that is nearly right', async () => {
    const { http } = refusing
    for (const authorization of ['', 'Bearer', `Bearer ${token}x`, `Basic ${token}`, token])
      expect(problemOf(await http.post('/v1/settlements', {}, { authorization }))).toBe(
        '401 application/problem+json SL603',
      )
  })

  test('error: fields are named: what was expected, and what stood there', async () => {
    const { http, payer, shop } = refusing
    const request = payer.pay({ to: shop.address, amount: 1n })
    const problem = async (change: object) => (await http.post('/v1/payments', { ...request, ...change })).body
    expect(await problem({ payee: undefined })).toMatchObject({
      detail: 'The message is not of the expected form: payee.',
      expected: 'an address: 0x and 40 hex digits',
      actual: 'nothing',
    })
    expect(await problem({ amuont: '1' })).toMatchObject({ detail: /: amuont\.$/, expected: 'no field of this name' })
    expect(await problem({ amount: 5 })).toMatchObject({ expected: 'a whole number as a decimal string', actual: '5' })
    expect((await http.get('/v1/accounts/x')).body).toMatchObject({
      detail: 'The message is not of the expected form: the address.',
      expected: 'an address: 0x and 40 hex digits',
      actual: '"x"',
    })
  })

  test('behavior: a route says which methods it has', async () => {
    const { http } = refusing
    const allowed = async (method: string, path: string) => (await ask(http.url + path, method, {})).headers['allow']
    expect(await allowed('PUT', '/v1/payments')).toBe('POST, OPTIONS')
    expect(await allowed('POST', '/v1/accounts/anything')).toBe('GET, HEAD, OPTIONS')
    expect((await ask(`${http.url}/v1/payments`, 'OPTIONS', {})).status).toBe(204)
    expect(await allowed('OPTIONS', '/v1/payments')).toBe('POST, OPTIONS')
    expect((await ask(`${http.url}/v1/status`, 'HEAD', {})).status).toBe(200)
  })

  test('error: a problem has all that RFC 9457 wants, and names the request as its headers do', async () => {
    const { http } = refusing
    const { body, headers } = await http.get('/v1/nothing', { 'x-request-id': 'robot-7.1' })
    expect(headers['x-request-id']).toBe('robot-7.1')
    expect(body).toEqual({
      type: '/docs/errors#sl604',
      title: 'Route Unknown',
      status: 404,
      code: 'SL604',
      detail: 'There is no such route.',
      actual: 'GET /v1/nothing',
      hint: 'GET /docs lists the routes.',
      instance: '/requests/robot-7.1',
    })
    for (const id of ['two words', 'x'.repeat(65), 'a/b', '<b>', '']) {
      const answer = await http.get('/v1/nothing', { 'x-request-id': id })
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
      expect(answer.body).toMatchObject({ instance: `/requests/${answer.headers['x-request-id']}` })
    }
  })
})
