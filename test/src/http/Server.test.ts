/** Where the service listens, and what keeps it from there. */
import { expect, test } from 'vitest'
import type { Service } from '../../../src/clearing/Service.ts'
import { codeOf } from '../support/Book.ts'
import { ask, listen } from '../support/Http.ts'

/** Nothing of the service is asked before a route is. */
const none = { listen: () => () => {}, lookBy: () => {} } as unknown as Service

test('behavior: any free port, on loopback of either kind', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const { url } = await listen(none, { host })
    expect(url).toMatch(host === '::1' ? /^http:\/\/\[::1\]:\d+$/ : /^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await ask(`${url}/healthz`, 'GET', {})).text).toBe('{"status":"ok"}')
  }
})

test('error: SL502 where the port is in use, SL613 where the address is not this machine’s', async () => {
  const { url } = await listen(none)
  expect(await codeOf(listen(none, { port: Number(new URL(url).port) }))).toBe('SL502')
  expect(await codeOf(listen(none, { host: '192.0.2.1' }))).toBe('SL613')
})
