/** What sellers hand in wrongly is said to them, and no customer pays for it. */
import { describe, expect, test } from 'vitest'
import { ClearingServerScheme, metered, paywall } from '../../../../src/index.ts'
import { balanceOf, serve, useStreet } from '../../support/Shop.ts'

const street = useStreet()
const payTo = '0x00000000000000000000000000000000000000aa'
const right = { price: '0.0005', payTo, clearing: 'http://127.0.0.1:9' }

describe('options', () => {
  test.each([undefined, null, 'text', 1])('error: %s instead of options is SL686', (odd) => {
    const code = expect.objectContaining({ code: 'SL686' })
    expect(() => paywall(odd as never)).toThrow(code)
    expect(() => metered(odd as never, async function* () {})).toThrow(code)
    expect(() => new ClearingServerScheme(odd as never)).toThrow(code)
  })

  test.each([
    ['publicUrl', 1, 'SL686'],
    ['publicUrl', {}, 'SL686'],
    ['maxTimeoutSeconds', 1n, 'SL686'],
    ['maxTimeoutSeconds', Number.NaN, 'SL686'],
    ['payTo', Symbol('payee'), 'SL656'],
    ['payTo', 1, 'SL656'],
  ])('error: %s as %s is %s', (name, value, code) => {
    expect(() => paywall({ ...right, [name]: value } as never)).toThrow(expect.objectContaining({ code }))
  })

  test.each([
    ['fixed', '0'],
    ['by the request', () => 0n],
    ['by the request, later', async () => '0.00'],
  ])('error: a price of nothing, %s, is SL686, and no offer', async (_, price) => {
    const shop = { price, payTo, clearing: street.http.url }
    const at = await serve((app) => {
      app.get('/charge', paywall(shop), (_request, response) => void response.send('served'))
      app.get(
        '/power',
        metered({ ...shop, unit: 'Wh' }, async function* () {}),
      )
      app.use(((error, _request, response, _next) => {
        response.status(500).send(error.code)
      }) as import('express').ErrorRequestHandler)
    })
    const robot = await street.robot('1')
    for (const [path, status] of [
      ['/charge', 500],
      ['/power', 400],
    ]) {
      const answer = await robot.fetch(`${at}${path}`)
      expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining('SL686')])
    }
    expect(await balanceOf(robot)).toBe(1_000_000n)
  })

  test.each(['0.01', 0.01, null])('error: a robot whose `spend` is %s is not connected: SL686', async (spend) => {
    await expect(street.robot(undefined, { spend: spend as never })).rejects.toThrow(
      expect.objectContaining({ code: 'SL686' }),
    )
  })
})
