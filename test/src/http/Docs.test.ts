/** The documentation’s pages: whole, in themselves consistent, and allowed nothing but their own style. */
import { expect, test } from 'vitest'
import { useChain } from '../support/Chain.ts'
import { document } from '../support/Documented.ts'
import { listen } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found as string)

test('behavior: every route, message and error is there, and every link leads somewhere', async () => {
  const http = await listen(await start(chain, await chain.deploy()))
  const [routes, errors] = [await http.get('/docs'), await http.get('/docs/errors')]
  for (const { headers, text } of [routes, errors]) {
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'/,
    )
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(text).not.toMatch(/<script|<[^>]*\s(on\w+|style)=|(src|href)="https?:/i)
    const ids = all(text, /\sid="([^"]+)"/g)
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
    expect(all(text, /href="#([^"]+)"/g).filter((id) => !ids.includes(id))).toEqual([])
  }
  const ids = all(routes.text, /\sid="([^"]+)"/g)
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item).map((of) => of['operationId']))
  expect(
    [...operations, ...Object.keys(document.components.schemas)].filter((id) => !ids.includes(id as string)),
  ).toEqual([])
  const codes = all(routes.text, /href="\/docs\/errors#([^"]+)"/g)
  const explained = all(errors.text, /\sid="(sl\d{3})"/g)
  expect(codes.filter((code) => !explained.includes(code))).toEqual([])
  expect(codes.length).toBeGreaterThan(100)
  // A problem's type leads there too.
  const { type } = (await http.get('/nothing')).body as { type: string }
  expect([type, explained.includes(type.split('#')[1] ?? '')]).toEqual(['/docs/errors#sl604', true])
})
