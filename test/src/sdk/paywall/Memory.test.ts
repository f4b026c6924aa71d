/** What the paywall remembers of its answers, and what becomes of those that it does not. */
import type { RequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import { ask, buy, codeIn, shopOf, useStreet } from '../../support/Shop.ts'

const street = useStreet()
const shop = shopOf(street)

describe('memory', () => {
  test('behavior: is bounded; a purchase whose answer is forgotten is refused as served, never served again', async () => {
    const { url, count } = await shop({ memory: { most: 2 } })
    const robot = await street.robot('1')
    const bought = []
    for (const key of ['a', 'b', 'c']) bought.push((await buy(robot, url, key)).signature)
    const answers = await Promise.all(bought.map((signature) => ask(url, signature)))
    expect(answers.map(({ status }) => status)).toEqual([402, 200, 200])
    expect(await codeIn(answers[0] as Response)).toBe('402 SL652')
    expect(count()).toBe(3)
  })

  test('behavior: streams pass as they are written; long ones are kept in a file, and where there is no room the repetition is told', async () => {
    const handler: RequestHandler = (request, response) => {
      response.write('first,')
      setTimeout(() => response.end(request.query['long'] === undefined ? 'end' : 'a long end'), 20)
    }
    const robot = await street.robot('1')
    const roomy = await shop({ memory: { mostBodyBytes: 10 } }, handler)
    const kept = await buy(robot, `${roomy.url}?long=1`, 'long')
    const again = await ask(`${roomy.url}?long=1`, kept.signature)
    expect([
      await kept.answer.text(),
      await again.text(),
      again.headers.get('idempotent-replayed'),
      roomy.count(),
    ]).toEqual(['first,a long end', 'first,a long end', 'true', 1])
    const { url, count } = await shop({ memory: { mostBodyBytes: 10, mostFileBytes: 0 } }, handler)
    const short = await buy(robot, url, 'short')
    expect([await short.answer.text(), await (await ask(url, short.signature)).text()]).toEqual([
      'first,end',
      'first,end',
    ])
    const long = await buy(robot, `${url}?long=1`, 'long')
    expect(await long.answer.text()).toBe('first,a long end')
    expect(await codeIn(await ask(`${url}?long=1`, long.signature))).toBe('409 SL633')
    expect(count()).toBe(2)
  })
})
