/** With `NODE_USE_ENV_PROXY`, what goes to this machine itself goes there, and the rest through the proxy as it should. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import * as Wire from '../../../src/core/Wire.ts'
import * as Loopback from '../../../src/sdk/Loopback.ts'
import { FakeService } from './FakeService.ts'

afterEach(() => void vi.unstubAllEnvs())

const listen = async (handler: RequestListener, onConnect?: () => void): Promise<string> => {
  const server = createServer(handler)
  server.on('connect', (_request, socket) => {
    onConnect?.()
    socket.end('HTTP/1.1 502 No\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('behavior: service and servers on loopback are reached directly; other hosts through the proxy', async () => {
  let proxied = 0
  const count = () => void proxied++
  const proxy = await listen((_request, response) => {
    count()
    response.writeHead(502).end()
  }, count)
  const status = Wire.stringify(new FakeService().status())
  const service = await listen((_request, response) => void response.end(status))
  const part = (path: string) => JSON.stringify(new URL(`../../../src/sdk/${path}`, import.meta.url).href)
  const code = `
    const { Client } = await import(${part('Client.ts')})
    const Asked = await import(${part('x402/Asked.ts')})
    const Send = await import(${part('x402/Send.ts')})
    const said = []
    said.push(await fetch('${service}').then((answer) => answer.status, () => 'failed'))
    for (const fetch of [undefined, globalThis.fetch]) said.push((await new Client('${service}', { fetch }).status()).version)
    const asked = await Asked.prepare('${service}/x', { retryForMs: 0 }, () => 'k')
    said.push((await Send.send(asked)).status)
    const far = await Asked.prepare('http://192.0.2.1/x', { retryForMs: 0 }, () => 'k')
    said.push(await Send.send(far).then((answer) => answer.status, ({ code }) => code))
    console.log(JSON.stringify(said))`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code]
  const env = { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, NO_PROXY: '' }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = await once(child.stdout, 'data')
  const [first, ...rest] = JSON.parse(String(text))
  // The control: what `fetch` does by itself.
  expect(first).not.toBe(200)
  expect(rest.slice(0, 3)).toEqual(['1', '1', 200])
  expect([rest[3], proxied]).toEqual([expect.anything(), 2])
})

test('behavior: what is set already stays, and nothing is set where no proxy is used', () => {
  vi.stubEnv('NODE_USE_ENV_PROXY', undefined)
  vi.stubEnv('NO_PROXY', 'example.org')
  vi.stubEnv('no_proxy', undefined)
  Loopback.keepDirect(new URL('http://127.0.0.1:4020'))
  expect(process.env['NO_PROXY']).toBe('example.org')
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  Loopback.keepDirect(new URL('http://shop.example'))
  expect(process.env['NO_PROXY']).toBe('example.org')
  Loopback.keepDirect(new URL('http://127.0.0.2:4020'))
  expect(process.env['NO_PROXY']).toBe('example.org,localhost,127.0.0.1,[::1],::1,127.0.0.2')
})
