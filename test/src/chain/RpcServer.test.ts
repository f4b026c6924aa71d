/** The local chain's own way of talking: what clients of other chains expect of it. */
import { describe, expect, onTestFinished, test } from 'vitest'
import * as RpcServer from '../../../src/chain/RpcServer.ts'
import * as Hosts from '../../../src/core/Hosts.ts'
import { useChain } from '../support/Chain.ts'
import { send } from '../support/Http.ts'
import * as Socket from '../support/Socket.ts'

const chain = useChain()

const post = async (body: string): Promise<unknown> => {
  const answer = await fetch(chain.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect(answer.status).toBe(200)
  return answer.json()
}

const ask = (method: unknown, params?: unknown, id: unknown = 7) => ({ jsonrpc: '2.0', id, method, params })

test('behavior: one question gets one answer, several get theirs in order', async () => {
  expect(await post(JSON.stringify(ask('eth_chainId')))).toEqual({ jsonrpc: '2.0', id: 7, result: '0x7a69' })
  const several = [ask('eth_chainId', [], 'first'), ask('net_version', [], 2)]
  expect(await post(JSON.stringify(several))).toMatchObject([
    { id: 'first', result: '0x7a69' },
    { id: 2, result: '31337' },
  ])
})

test('behavior: letters of several bytes survive being cut anywhere', async () => {
  const text = `${'x'.repeat(65_535)}€`.repeat(8)
  expect(await post(JSON.stringify(ask('web3_sha3', [`0x${Buffer.from(text).toString('hex')}`], text)))).toMatchObject({
    id: text,
  })
})

test('error: what is no request is told so, and the next one is answered', async () => {
  expect(await post('{"jsonrpc"')).toMatchObject({ id: null, error: { code: -32_700 } })
  for (const wrong of [
    '7',
    'null',
    '"eth_chainId"',
    JSON.stringify(ask(7)),
    JSON.stringify(ask('eth_chainId', 'none')),
  ])
    expect(await post(wrong)).toMatchObject({ error: { code: -32_600 } })
  expect(await post('[null]')).toMatchObject([{ error: { code: -32_600 } }])
  expect(await post(JSON.stringify(ask('eth_sing')))).toMatchObject({ id: 7, error: { code: -32_004 } })
  expect(await post(JSON.stringify(ask('eth_chainId')))).toMatchObject({ result: '0x7a69' })
})

test('error: a revert has its code and its data where geth has them', async () => {
  // PUSH4 0xdeadbeef, kept in memory, and its four bytes are what it reverts with.
  const code = '0x63deadbeef5f526004601cfd'
  expect(await post(JSON.stringify(ask('eth_call', [{ data: code }, 'latest'])))).toMatchObject({
    error: { code: 3, data: '0xdeadbeef' },
  })
})

test('error: a body beyond all measure is not taken in', async () => {
  const body = new Blob(Array.from({ length: 33 }, () => new Uint8Array(1024 * 1024)))
  const status = await fetch(chain.url, { method: 'POST', body }).then(
    (answer) => answer.status,
    // The connection may end before the answer has been read.
    () => 413,
  )
  expect(status).toBe(413)
  expect(await post(JSON.stringify(ask('eth_chainId')))).toMatchObject({ result: '0x7a69' })
})

describe('who may call', () => {
  const body = JSON.stringify(ask('eth_chainId'))
  const call = (url: string, headers: { [name: string]: string }, method = 'POST', text = body) =>
    send(url, method, { 'content-type': 'application/json', ...headers }, text)

  /** A server in front of something that answers with what it is asked. */
  const serve = async (options: { origins?: readonly string[]; bounds?: Partial<RpcServer.Bounds> } = {}) => {
    let hold: Promise<void> | undefined
    const asked: string[] = []
    const server = await RpcServer.listen(
      async (method) => {
        asked.push(method)
        await hold
        return method
      },
      {
        ...{ host: '127.0.0.1', port: 0, hosts: Hosts.create('127.0.0.1', [], options.origins) },
        bounds: { ...RpcServer.bounds, ...options.bounds },
      },
    )
    onTestFinished(() => server.close())
    return {
      url: `http://127.0.0.1:${server.port}`,
      asked,
      hold(until: Promise<void>) {
        hold = until
      },
    }
  }

  test('error: no page, and nobody under a foreign name (DNS rebinding); nothing is asked of the chain', async () => {
    const { url, asked } = await serve()
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:1' },
      { host: 'evil.example' },
      { host: 'evil.example', origin: 'http://evil.example' },
    ])
      for (const method of ['POST', 'OPTIONS']) {
        const { status, body: told, headers: answered } = await call(url, headers, method)
        expect([headers, status, told]).toMatchObject([headers, 403, { error: { code: -32_600 } }])
        expect(Object.keys(answered).filter((name) => name.startsWith('access-control'))).toEqual([])
      }
    expect(asked).toEqual([])
    expect((await call(url, {})).body).toMatchObject({ result: 'eth_chainId' })
    // The very chain that `serve` starts.
    expect((await call(chain.url, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await call(chain.url, { host: 'evil.example' })).status).toBe(403)
  })

  test('behavior: a page that is named may, and no other', async () => {
    const { url } = await serve({ origins: ['https://wallet.example'] })
    const allowed = await call(url, { origin: 'https://wallet.example' })
    expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([200, 'https://wallet.example'])
    const asked = await call(url, { origin: 'https://wallet.example' }, 'OPTIONS')
    expect(asked.headers['access-control-allow-headers']).toBe('content-type')
    expect((await call(url, { origin: 'https://other.example' })).status).toBe(403)
  })

  test('error: too large, too many questions, too much at once: told so, and what is under way is answered', async () => {
    const { url, hold } = await serve({ bounds: { bodyBytes: 1000, questions: 3, requests: 2 } })
    const large = await call(url, {}, 'POST', JSON.stringify(ask('eth_call', ['x'.repeat(1000)])))
    expect([large.status, large.body]).toMatchObject([413, { error: { code: -32_005 } }])
    const many = await call(url, {}, 'POST', JSON.stringify(Array.from({ length: 4 }, () => ask('eth_chainId'))))
    expect(many.body).toMatchObject({ error: { code: -32_005 } })
    let go = (): void => {}
    hold(
      new Promise((resolve) => {
        go = resolve
      }),
    )
    const first = [call(url, {}), call(url, {})]
    let refused = await call(url, {}, 'OPTIONS')
    while (refused.status !== 503) refused = await Promise.race([call(url, {}), ...first])
    expect([refused.body, refused.headers['retry-after']]).toMatchObject([{ error: { code: -32_005 } }, '1'])
    go()
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200])
    expect((await call(url, {})).status).toBe(200)
  })

  test('error: bodies that are held together too large', async () => {
    const { url } = await serve({ bounds: { bodyBytes: 1_000_000, heldBytes: 100_000 } })
    const [slow, large] = [await Socket.open(url), JSON.stringify(ask('eth_call', ['x'.repeat(99_000)]))]
    slow.say(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 90000\r\n\r\n${'x'.repeat(80_000)}`)
    let status = 200
    while (status === 200) ({ status } = await call(url, {}, 'POST', large))
    expect(status).toBe(503)
    slow.socket.destroy()
    while (status !== 200) ({ status } = await call(url, {}, 'POST', large))
  })
})
