/** A paywall behind a proxy that takes a prefix off: the server names the resource as it sees it, and that is what is paid for. */
import { request as open } from 'node:http'
import { describe, expect, test } from 'vitest'
import { paywall } from '../../../../src/index.ts'
import { balanceOf, serve, useStreet } from '../../support/Shop.ts'

const street = useStreet()

describe('behind a proxy', () => {
  test.each([
    ['its own name', undefined],
    ['a public one', 'https://charger.example/api'],
  ])('behavior: with %s: paid for, also ahead, and served', async (_, publicUrl) => {
    const payee = await street.robot()
    const wall = paywall({ price: '0.0005', payTo: payee.address, clearing: street.http.url, publicUrl })
    await wall.ready()
    const inner = await serve((app) => {
      app.get('/charge', wall, (request, response) => void response.send(`served ${request.originalUrl}`))
    })
    const outer = await serve((app) => {
      app.use('/api', (request, response) => {
        const there = open(inner + request.url, { method: request.method, headers: request.headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(response)
        })
        request.pipe(there)
      })
    })
    const robot = await street.robot('1')
    for (let i = 0; i < 2; i++) {
      const answer = await robot.fetch(`${outer}/api/charge?kWh=1`)
      expect([answer.status, await answer.text()]).toEqual([200, 'served /charge?kWh=1'])
    }
    expect(await balanceOf(robot)).toBe(999_000n)
  })
})
