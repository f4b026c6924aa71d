/** Which names of a resource are the same one: what a 402 advertises counts, not the URL that the client used. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Resource from '../../../src/core/Resource.ts'

describe('Resource.isSame', () => {
  test.each([
    ['https://shop.example/charge', 'https://shop.example/charge'],
    ['https://shop.example', 'HTTPS://SHOP.example:443/#top'],
    ['http://shop.example/a b?q=ü', 'http://shop.example/a%20b?q=%C3%BC'],
    ['http://shop.example/charge', 'http://someone@shop.example/charge'],
    ['mcp://tool/weather', 'mcp://tool/weather'],
    ['the weather', 'the weather'],
  ])('behavior: %s is %s', (advertised, paid) => {
    expect([Resource.isSame(advertised, paid), Resource.isSame(paid, advertised)]).toEqual([true, true])
  })

  test.each([
    ['https://shop.example/charge', 'http://shop.example/charge'],
    ['https://shop.example/charge', 'https://other.example/charge'],
    ['https://shop.example/charge', 'https://shop.example/api/charge'],
    ['https://shop.example/charge?kWh=1', 'https://shop.example/charge?kWh=2'],
    ['https://shop.example/charge', 'https://shop.example/charge/'],
    ['https://shop.example/charge', undefined],
    ['', undefined],
    ['the weather', 'The weather'],
  ])('behavior: %s is not %s', (advertised, paid) => {
    expect(Resource.isSame(advertised, paid)).toBe(false)
  })

  test('behavior: whatever the names are, one is the same as itself, and the order does not matter', () => {
    const name = fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true, withFragments: true }))
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(Resource.isSame(a, a)).toBe(true)
        expect(Resource.isSame(a, b)).toBe(Resource.isSame(b, a))
      }),
    )
  })
})
