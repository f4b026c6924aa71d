/** Answers that stay as they are: whole, named by an ETag, sent once; and what HEAD and conditional requests get of every route that is read. */
import { describe, expect, test } from 'vitest'
import { routes } from '../../../src/http/Routes.ts'
import { useChain } from '../support/Chain.ts'
import { listen, send, token } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()
const still = routes.filter(({ still: is }) => is !== undefined).map(({ path }) => path.replace('{file}', 'main.js'))

describe('still answers', () => {
  test('behavior: the same bytes each time, and none for whoever has them', async () => {
    const http = await listen(await start(chain, await chain.deploy()))
    expect(still).toEqual(expect.arrayContaining(['/docs', '/docs/errors', '/openapi.json', '/', '/page/main.js']))
    for (const path of still) {
      const [first, second] = [await http.get(path), await http.get(path)]
      const etag = first.headers.etag as string
      expect(etag).toMatch(/^"[\w-]{22}"$/)
      expect([second.text, second.headers.etag]).toEqual([first.text, etag])
      expect(first.headers['content-length']).toBe(String(Buffer.byteLength(first.text)))
      for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const known = await send(http.url + path, 'GET', { 'if-none-match': condition })
        expect([known.status, known.text, known.headers.etag]).toEqual([304, '', etag])
        expect(known.headers['content-security-policy']).toBe(first.headers['content-security-policy'])
      }
      for (const condition of ['"other"', '', etag.slice(1), `${etag}x`])
        expect((await http.get(path, { 'if-none-match': condition })).text).toBe(first.text)
    }
    const tags = await Promise.all(still.map(async (path) => (await http.get(path)).headers.etag))
    expect(new Set(tags).size).toBe(still.length)
  })

  test('error: a file that the page has not got', async () => {
    const http = await listen(await start(chain, await chain.deploy()))
    for (const file of ['nothing.js', '__proto__', '..%2f..%2fpackage.json', 'constructor'])
      expect((await send(`${http.url}/page/${file}`, 'GET', {})).status).toBe(404)
  })
})

describe('HEAD', () => {
  test('behavior: every route that is read has the head of its GET, without a body, and ends', async () => {
    const service = await start(chain, await chain.deploy())
    const http = await listen(service)
    const [payer, shop] = [service.member('payer'), service.member('shop')]
    await service.fund(payer, 10n)
    const { payment } = await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    const headers = { authorization: `Bearer ${token}` }
    for (const { method, path, answer } of routes) {
      if (method !== 'get') continue
      const url = `${http.url}${path.replace('{address}', shop.address).replace('{id}', payment.id).replace('{file}', 'main.js')}`
      const head = await send(url, 'HEAD', headers)
      expect([path, head.status, head.text]).toEqual([path, 200, ''])
      expect(head.headers['content-type']).toContain(answer.type ?? 'application/json')
    }
    expect((await http.get('/metrics')).text).toContain('sunledger_event_streams 0')
  })
})
