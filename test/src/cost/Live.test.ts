import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import * as GasPrices from '../../../src/chain/GasPrices.ts'
import * as Live from '../../../src/cost/Live.ts'
import * as Networks from '../../../src/cost/Networks.ts'
import { useChain } from '../support/Chain.ts'

const chain = useChain()
const date = '2026-11-24'

let server: Server | undefined
afterEach(() => server?.close())

type Answers = Readonly<Record<string, unknown>>

/** A JSON-RPC over real HTTP that gives recorded answers: by method, and for calls by selector. */
const recorded = async (answers: Answers): Promise<string> => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const asked = JSON.parse(body)
      const one = ({
        id,
        method,
        params,
      }: {
        id: number
        method: string
        params: { to?: string; data?: string }[]
      }) => {
        const key =
          method === 'eth_call' ? params[0]?.data : method === 'eth_getCode' ? `code ${String(params[0])}` : method
        const result = answers[key as string]
        const none = method === 'eth_getCode' ? '0x' : undefined
        return result === undefined && none === undefined
          ? { jsonrpc: '2.0', id, error: { code: -32601, message: `the method ${key} does not exist` } }
          : { jsonrpc: '2.0', id, result: result ?? none }
      }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(Array.isArray(asked) ? asked.map(one) : one(asked)))
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/secret-key`
}

const word = (value: bigint | number): string => `0x${value.toString(16).padStart(64, '0')}`
const words = (...values: bigint[]): string =>
  `0x${values.map((value) => value.toString(16).padStart(64, '0')).join('')}`

const history = {
  oldestBlock: '0x1',
  baseFeePerGas: ['0x4c4b40', '0x4c4b40', '0x4c4b41'],
  gasUsedRatio: [0.5, 0.4],
  reward: [['0xf4240'], ['0xf4240']],
}
const common = { eth_blockNumber: '0x2a', eth_feeHistory: history }

/** As GasPriceOracle of Base answered on 24 July 2026; selectors from the OP stack's contracts. */
const base: Answers = {
  ...common,
  eth_chainId: '0x2105',
  'code 0x420000000000000000000000000000000000000f': '0x60',
  '0x519b4bd3': word(119_811_125n),
  '0xf8206140': word(4_949_171n),
  '0xc5985918': word(2269),
  '0x68d5dca6': word(1_055_762),
  '0x4d5d9a2a': word(0),
  '0x16d3bc7f': word(0),
}

describe('live prices', () => {
  test('behavior: of the local chain', async () => {
    const prices = await GasPrices.read(chain.url)
    expect(prices).toMatchObject({ chainId: 31337 })
    expect(prices.baseFeeWei).toBeGreaterThan(0n)
    const network = Live.network(prices, Networks.all, date)
    expect(network).toMatchObject({ name: 'chain-31337', rule: 'ethereum', title: 'Chain 31337, live' })
    expect(Networks.fee(network, { gas: 1000n, flzSize: 0 }).totalWei).toBe(1000n * (prices.baseFeeWei + prices.tipWei))
  })

  test('behavior: of Base, with its data and operator fees, as it answered', async () => {
    const prices = await GasPrices.read(await recorded(base))
    const network = Live.network(prices, Networks.all, date)
    expect(network.name).toBe('base')
    // getL1Fee of 480 equal bytes was 957 476 975 wei at that moment.
    expect(Networks.fee(network, { gas: 0n, flzSize: 100 }).dataWei).toBe(957_476_975n)
    expect(network.figures['baseFeeGwei']).toMatchObject({ value: '0.005', basis: 'measured' })
    expect(network.figures['tipGwei']?.value).toBe('0.001')
    // Keys in an RPC's path are nobody's business.
    expect(JSON.stringify(network)).not.toContain('secret-key')
    expect(network.figures['tokenUsd']?.basis).toBe('assumed')
  })

  test('behavior: of Arbitrum, whose prices come from a precompile', async () => {
    const url = await recorded({
      ...common,
      eth_chainId: '0xa4b1',
      'code 0x000000000000000000000000000000000000006c': '0xfe',
      '0x41b247a8': words(0n, 16n * 25_000_000n, 0n, 20_000_000n, 0n, 20_000_000n),
    })
    const network = Live.network(await GasPrices.read(url), Networks.all, date)
    expect(network.name).toBe('arbitrum')
    expect(network.figures['l1PricePerUnitGwei']?.value).toBe('0.025')
  })

  test('behavior: a rollup of the OP stack that is not known by name', async () => {
    const network = Live.network(
      await GasPrices.read(await recorded({ ...base, eth_chainId: '0x7' })),
      Networks.all,
      date,
    )
    expect(network).toMatchObject({ name: 'chain-7', rule: 'opStack' })
  })

  test('error: nobody there, or somebody who is no such chain', async () => {
    await expect(GasPrices.read('http://127.0.0.1:9/')).rejects.toThrow('SL503')
    await expect(GasPrices.read(await recorded({ eth_chainId: '0x1' }))).rejects.toThrow('SL733')
  })
})
