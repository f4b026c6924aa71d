/** Files that broke off, whose handlers notice that their client has left: the rest is to be had, and nothing but the rest of that file. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RequestHandler } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type MeteredOptions, metered } from '../../../../src/index.ts'
import { get } from '../../support/Breaking.ts'
import { ask, balanceOf, codeIn, payFor, requiredOf, serve, shopOf, useStreet } from '../../support/Shop.ts'

const street = useStreet()
const shop = shopOf(street)
const size = 8 << 20

const fileOf = (bytes: Buffer): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'shop-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'file.bin')
  writeFileSync(file, bytes)
  return file
}

const bought = async (handler: RequestHandler, options = {}) => {
  const made = await shop({ patienceMs: 200, ...options }, handler)
  const robot = await street.robot('1')
  const signature = await payFor(robot, requiredOf(await ask(made.url)), 'k')
  return { ...made, robot, signature, headers: { 'payment-signature': signature } }
}

describe('a file that is sent by Express', () => {
  test('behavior: broken off twice, it is had whole, also by who asks for the rest alone; charged once, kept then', async () => {
    const bytes = randomBytes(size)
    const file = fileOf(bytes)
    const { url, headers, count, robot } = await bought((_request, response) => response.sendFile(file))
    const text = bytes.toString('latin1')
    for (const most of [1 << 20, 2 << 20]) {
      const broken = await get(url, headers, most)
      expect([broken.isWhole, text.startsWith(broken.text)]).toEqual([false, true])
    }
    const whole = await get(url, { ...headers, range: 'bytes=100-', 'if-none-match': '*' })
    expect([whole.status, whole.isWhole, whole.text === text, count()]).toEqual([200, true, true, 3])
    const again = await get(url, headers)
    expect([again.text === text, again.headers['idempotent-replayed'], count()]).toEqual([true, 'true', 3])
    expect(await balanceOf(robot)).toBe(999_500n)
  }, 30_000)

  test('error: it cannot be had for ever: three times, and then it is charged', async () => {
    const file = fileOf(randomBytes(size))
    const { url, headers, signature, count } = await bought((_request, response) => response.sendFile(file))
    for (let i = 0; i < 3; i++) expect((await get(url, headers, 1 << 20)).status).toBe(200)
    expect([await codeIn(await ask(url, signature)), count()]).toEqual(['409 SL633', 3])
  }, 30_000)

  test('error: another file in its place is not delivered, nor another request’s', async () => {
    let file = fileOf(randomBytes(size))
    const { url, headers, signature, count } = await bought((_request, response) => response.sendFile(file))
    const first = await get(url, headers, 1 << 20)
    file = fileOf(randomBytes(size))
    expect(await codeIn(await ask(url, signature, { method: 'POST' }))).toMatch(/409 SL664|402 SL652/)
    const other = await get(url, headers)
    expect([other.isWhole, first.text.startsWith(other.text)]).toEqual([false, true])
    expect([await codeIn(await ask(url, signature)), count()]).toEqual(['409 SL633', 2])
  }, 30_000)
})

describe('a metered stream', () => {
  const tap = async (units: number, options: Partial<MeteredOptions> = {}) => {
    const payee = await street.robot()
    let fail = () => {}
    const failed = new Promise<void>((_, reject) => {
      fail = () => reject(new Error('no sun'))
    })
    const all = { price: 100n, unit: 'Wh', payTo: payee.address, clearing: street.http.url, ...options }
    const middleware = metered(all, async function* () {
      for (let n = 0; n < units; n++) yield n
      await failed
    })
    await middleware.ready()
    return { url: `${await serve((app) => void app.all('/power', middleware))}/power`, fail: () => fail() }
  }

  test('behavior: a payment that comes twice at once counts once; all payments that bought nothing are good again', async () => {
    const { url, fail } = await tap(1)
    const robot = await street.robot('1')
    const required = requiredOf(await ask(url))
    const [first, ...more] = await Promise.all(['a', 'b', 'c', 'd'].map((key) => payFor(robot, required, key)))
    const open = await ask(url, first)
    const session = { 'sunledger-session': open.headers.get('sunledger-session') as string }
    const post = async (signature: string | undefined) =>
      (await ask(url, signature, { method: 'POST', headers: session })).status
    expect(await Promise.all([...more, ...more].map(post))).toEqual([204, 204, 204, 204, 204, 204])
    fail()
    expect(await open.text()).toContain('{"reason":"failed","delivered":"1","paid":"400","charge":"unused"}')
    for (const signature of more) {
      const again = await ask(url, signature)
      expect(again.status).toBe(200)
      await again.body?.cancel()
    }
    expect((await ask(url, first)).status).toBe(402)
  })

  test('behavior: HEAD and OPTIONS open nothing', async () => {
    const { url } = await tap(1)
    const robot = await street.robot('1')
    const signature = await payFor(robot, requiredOf(await ask(url)), 'k')
    expect((await ask(url, signature, { method: 'OPTIONS' })).status).toBe(204)
    expect((await ask(url, signature, { method: 'HEAD' })).headers.get('sunledger-charge')).toBe('unused')
    const open = await ask(url, signature)
    expect(open.status).toBe(200)
    await open.body?.cancel()
  })
})
