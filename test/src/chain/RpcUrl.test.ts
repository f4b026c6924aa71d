/** A provider's key in the URL of the chain's node: nothing that leaves the process shows it, whatever the provider answers or quotes. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as Client from '../../../src/chain/Client.ts'
import * as GasPrices from '../../../src/chain/GasPrices.ts'
import * as RpcUrl from '../../../src/chain/RpcUrl.ts'
import * as Sender from '../../../src/chain/Sender.ts'
import * as Log from '../../../src/cli/Log.ts'
import { SunledgerError } from '../../../src/core/Errors.ts'
import * as Secrets from '../../../src/core/Secrets.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'

const key = 'sEcReT0123456789abcdef'

interface Asked {
  readonly path: string
  readonly authorization: string | undefined
}

/** A provider that answers everything in one way, and says what it was asked under. */
const provider = async (status: number, body: (path: string) => string) => {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization })
    request.resume()
    response.statusCode = status
    response.setHeader('content-type', 'application/json')
    response.end(body(request.url ?? ''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** All that could be made of an error, as far as we show it. */
const shownOf = (error: unknown): string => {
  const ours = error instanceof SunledgerError ? [error.message, JSON.stringify(error.toProblem())] : []
  return [...ours, Log.scrubber([])(inspect(error, { depth: 20, showHidden: true }))].join('\n')
}

const failureOf = async (act: () => Promise<unknown>): Promise<unknown> => {
  try {
    return await act()
  } catch (error) {
    return error
  }
}

const quoting = (path: string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    error: { code: -32000, message: `no project ${key}, see https://provider.example${path}` },
  })

describe('the URL of a node', () => {
  test.each([
    ['that refuses its key and quotes it', 401, quoting],
    ['that answers with an error and quotes it', 200, quoting],
    ['that answers nothing that can be read', 200, (path: string) => `<html>${path}</html>`],
    ['that is too busy', 429, quoting],
    ['that fails', 500, quoting],
  ])('error: of one %s: no error shows more than its origin', async (_, status, body) => {
    const { host, asked } = await provider(status, body)
    const url = `http://user:${key}pass@${host}/v2/${key}?apikey=${key}q`
    const client = Client.create(url, 500)
    const sender = Sender.create(client, 31337, Keccak.ofText('a key'), [])
    const call = { to: sender.address, data: '0x' as const, gas: 21_000n }
    const failures = [
      await failureOf(() => Client.identify(client)),
      await failureOf(() => client.getBlockNumber()),
      await failureOf(() => sender.send(call)),
      await failureOf(() => sender.attempt(call)),
      await failureOf(() => GasPrices.read(url)),
    ]
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(Error)
      expect(shownOf(failure)).not.toContain(key)
    }
    // The control: the provider was asked under all of it.
    expect(asked[0]).toEqual({
      path: `/v2/${key}?apikey=${key}q`,
      authorization: `Basic ${Buffer.from(`user:${key}pass`).toString('base64')}`,
    })
  })

  test('error: of one that does not answer at all', async () => {
    const failure = await failureOf(() => Client.identify(Client.create(`http://127.0.0.1:9/v2/${key}`, 500)))
    expect(failure).toMatchObject({ code: 'SL503', actual: 'http://127.0.0.1:9' })
    expect(shownOf(failure)).not.toContain(key)
  })

  test.each(['', 'not a URL', 'ftp://host/x', `wss://host/${key}`, `//host/${key}`])(
    'error: SL625 where it is none: %j, which is not quoted',
    (text) => {
      expect(() => RpcUrl.conceal(text)).toThrow(/SL625/)
      expect(shownOf(failure(text))).not.toContain(key)
    },
  )

  const failure = (text: string): unknown => {
    try {
      return RpcUrl.from({ rpc: text })
    } catch (error) {
      return error
    }
  }

  test('behavior: a plain address hides nothing, so that logs stay readable', () => {
    RpcUrl.conceal('http://node.internal.example:8545/')
    expect(Secrets.scrub('http://node.internal.example:8545/ at block 17')).toBe(
      'http://node.internal.example:8545/ at block 17',
    )
  })

  test('behavior: words and versions in a path stay words', () => {
    RpcUrl.conceal('https://rpc.provider.example/eth/v2/0123456789abcdef0123')
    expect(Secrets.scrub('eth v2 0123456789abcdef0123')).toBe('eth v2 [secret]')
  })
})
