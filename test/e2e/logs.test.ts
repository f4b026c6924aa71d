/** The log of a run at its most talkative: requests by name, and nothing that anybody could use. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatePrivateKey } from 'viem/accounts'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as Keys from '../../src/chain/Keys.ts'
import * as Log from '../../src/cli/Log.ts'
import * as Network from '../../src/cli/Network.ts'
import { Robot } from '../../src/index.ts'

test('behavior: has every request with its id, and no key, token or signature', async () => {
  const keys = Keys.random()
  const folder = mkdtempSync(join(tmpdir(), 'sunledger-logs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  let log = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    log += String(text)
    return true
  })
  const network = await Network.start({
    data: folder,
    keys,
    host: '127.0.0.1',
    port: 0,
    settleEverySeconds: 1,
    manualSettlement: false,
    limits: ['--log-level', 'trace'],
    progress: () => {},
    onFailure: () => {},
  })
  const { url } = network
  const [key, other] = [generatePrivateKey(), generatePrivateKey()]
  const robot = await Robot.connect(url, { account: key })
  const shop = await Robot.connect(url, { account: other })
  await robot.deposit('1')
  const { payment } = await robot.pay({ to: shop.address, amount: '0.5', for: 'a look at the log' })
  const post = (path: string, authorization: string, body: unknown) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization, 'x-request-id': 'seen-in-the-log' },
      body: JSON.stringify(body),
    })
  expect((await post('/v1/settlements', `Bearer ${keys.operatorToken}`, {})).status).toBe(200)
  expect((await post('/v1/settlements', `Bearer ${keys.operatorToken}x`, {})).status).toBe(401)
  const bad = { signature: payment.signature, key, token: keys.operatorToken }
  expect((await post(`/v1/payments?key=${key}`, `Bearer ${keys.operatorToken}`, bad)).status).toBe(400)
  await Promise.all([robot.close(), shop.close()])
  await network.stop()
  const lines = log.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []))
  expect(lines).toContainEqual(
    expect.objectContaining({ requestId: 'seen-in-the-log', path: '/v1/settlements', status: 200, route: 'settle' }),
  )
  const secrets = { ...keys, robot: key, shop: other, signature: payment.signature }
  const told = Object.entries(secrets).filter(([, secret]) => log.toLowerCase().includes(secret.slice(2).toLowerCase()))
  expect(told.map(([name]) => name)).toEqual([])
})

test('behavior: what other libraries quote in their errors is taken out of the line', () => {
  const scrub = Log.scrubber([`0x${'5e'.repeat(32)}`, 'a token+with.signs'])
  const line = (said: string) => scrub(JSON.stringify({ said }))
  expect(line(`key 0x${'5E'.repeat(32)} or ${'5e'.repeat(32)}`)).toBe('{"said":"key [secret] or [secret]"}')
  expect(line('a token+with.signs, Bearer abc.def')).toBe('{"said":"[secret], [token]"}')
  expect(line(`0x${'ab'.repeat(65)}`)).toBe('{"said":"[long hex]"}')
  expect(line(`0x${'ab'.repeat(32)}`)).toBe(`{"said":"0x${'ab'.repeat(32)}"}`)
})
