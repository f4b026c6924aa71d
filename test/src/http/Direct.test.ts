/** Payments take a short way past Express. Whoever pays must not notice which way it was: a type in capitals goes by Express. */
import { describe, expect, test } from 'vitest'
import * as Wire from '../../../src/core/Wire.ts'
import { useChain } from '../support/Chain.ts'
import { type Answer, listen, problemOf } from '../support/Http.ts'
import { start } from '../support/Running.ts'
import * as Socket from '../support/Socket.ts'

const chain = useChain()

const express = { 'content-type': 'application/JSON' }

const site = async () => {
  const service = await start(chain, await chain.deploy())
  const http = await listen(service)
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1000n)
  const pay = (amount = 1n) => payer.pay({ to: shop.address, amount })
  return { service, http, payer, pay }
}

/** An answer without what differs from one to the next. */
const bare = ({ status, headers: { date: _, 'x-request-id': id, ...headers }, text }: Answer) => ({
  ...{ status, headers },
  hasId: typeof id === 'string' && id.length > 0,
  text: text.replaceAll(id as string, 'ID'),
})

describe('the short way', () => {
  test('behavior: the answer is the same as by Express, headers and all', async () => {
    const { http, pay } = await site()
    const [one, list] = [Wire.stringify(pay()), Wire.stringify([pay(2n), pay(3n)])]
    for (const body of [one, list, one, `\ufeff${one}`, `[${one},${one.replace('"amount":"1"', '"amount":"7"')}]`]) {
      const [short, long] = [await http.post('/v1/payments', body), await http.post('/v1/payments', body, express)]
      expect(short.status).toBe(200)
      expect(bare(short)).toEqual(bare(long))
    }
  })

  test('error: so are refusals', async () => {
    const { http, pay } = await site()
    const much = { ...pay(), amount: 5n, total: 5n }
    for (const body of ['{"asset":', '{}', '[]', '[5]', '5', '"text"', 'null', Wire.stringify(much)]) {
      const [short, long] = [await http.post('/v1/payments', body), await http.post('/v1/payments', body, express)]
      expect(problemOf(short)).toBe(problemOf(long))
      expect(Object.keys(short.headers)).toEqual(Object.keys(long.headers))
    }
  })

  test('error: SL602 for a foreign host or page', async () => {
    const { http, pay } = await site()
    const body = Wire.stringify(pay())
    for (const headers of [{ host: 'elsewhere.example' }, { origin: 'http://elsewhere.example' }])
      expect(problemOf(await http.post('/v1/payments', body, headers as never))).toContain('SL602')
  })

  test('behavior: a body may come in pieces, and one that breaks off is no payment', async () => {
    const { service, http, pay } = await site()
    const request = () => Socket.request('POST', '/v1/payments', {}, Wire.stringify(pay()))
    const whole = request()
    const line = await Socket.open(http.url)
    for (let i = 0; i < whole.length; i += 200) {
      line.say(whole.slice(i, i + 200))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await line.hears(/"branch":\[\]/)
    const other = await Socket.open(http.url)
    other.socket.end(request().slice(0, -1))
    await other.ended
    await http.get('/healthz')
    expect(service.status().payments).toBe(1)
    expect(http.faults).toEqual([])
  })
})
