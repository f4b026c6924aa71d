/** The local chain's own way of talking: what clients of other chains expect of it. */
import { expect, test } from 'vitest'
import { useChain } from '../support/Chain.ts'

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
