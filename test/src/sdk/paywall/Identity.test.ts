/** Whose receipts a paywall takes, when the service's key changes under it. */
import { describe, expect, test } from 'vitest'
import * as Keys from '../../../../src/chain/Keys.ts'
import * as Signature from '../../../../src/crypto/Signature.ts'
import { paywall, Robot } from '../../../../src/index.ts'
import { houseCall, useChain } from '../../support/Chain.ts'
import { listen } from '../../support/Http.ts'
import { start } from '../../support/Running.ts'
import { ask, buy, codeIn, payFor, requiredOf, serve } from '../../support/Shop.ts'

const chain = useChain()

describe('an operator that replaces its credit key', () => {
  test('behavior: is noticed by the first receipt that the new key signs; the old key’s count no more', async () => {
    const deployed = await chain.deploy()
    const first = await start(chain, deployed)
    const site = await listen(first)
    const [robot, payee] = await Promise.all(
      [1, 2].map(() => Robot.connect(site.url, { account: Keys.random().credit })),
    )
    await robot?.deposit('1')
    const wall = paywall({ price: '0.0005', payTo: payee?.address, clearing: site.url, schemes: ['clearing'] })
    await wall.ready()
    const url = `${await serve((app) => void app.get('/charge', wall, (_request, response) => void response.send('ok')))}/charge`
    const old = await payFor(robot as Robot, requiredOf(await ask(url)), 'old')
    await site.server.close()
    await first.close()
    const keys = { ...deployed.keys, credit: Keys.random().credit }
    const replaced = [keys.settlement, keys.credit, keys.cold].map((key) => Signature.addressOf(key))
    await chain.senderOf(keys.cold).send(houseCall(deployed.deployment.clearingHouse, 'replaceKeys', replaced))
    const second = await start(chain, { ...deployed, keys }, { folder: first.folder })
    const port = Number(new URL(site.url).port)
    await listen(second, { port })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const again = await Robot.connect(site.url, { account: Keys.random().credit })
    await again.deposit('1')
    expect((await buy(again, url, 'new')).answer.status).toBe(200)
    expect(await codeIn(await ask(url, old))).toBe('402 SL650')
  })
})

describe('a service that does not answer', () => {
  test('error: without its service it says that it cannot take payments yet', async () => {
    const wall = paywall({ price: 1n, payTo: `0x${'12'.repeat(20)}`, clearing: 'http://127.0.0.1:9' })
    const url = await serve((app) => void app.get('/charge', wall))
    expect(await codeIn(await ask(`${url}/charge`))).toBe('503 SL667')
  })
})
