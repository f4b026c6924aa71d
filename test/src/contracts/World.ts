/**
 * Both contracts on a chain in this process, the models beside them, and everybody who has a key. `step` does one thing to both and
 * compares what came of it: the result or the error by name and values, and then everything that can be read from the contracts.
 */
import { p256 } from '@noble/curves/p256'
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'
import { type Abi, createPublicClient, custom, decodeErrorResult, decodeFunctionResult, encodeFunctionData } from 'viem'
import { clearingHouse } from '../../../src/chain/abi/ClearingHouse.ts'
import { energyCredit } from '../../../src/chain/abi/EnergyCredit.ts'
import { energyMeter } from '../../../src/chain/abi/EnergyMeter.ts'
import { testDollar } from '../../../src/chain/abi/TestDollar.ts'
import type { Client } from '../../../src/chain/Client.ts'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as Keys from '../../../src/chain/Keys.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { type Address, type House, Refused } from './Books.ts'
import * as MeterModel from './MeterModel.ts'
import * as State from './State.ts'

type Hex = `0x${string}`

/** Somebody who signs. */
export interface Signer {
  readonly address: Address
  sign(digest: Hex): Hex
}

export const secp256k1 = (name: string): Signer => {
  const key = Keccak.ofText(`model ${name}`)
  return { address: Signature.addressOf(key), sign: (digest) => Signature.sign(digest, key) }
}

/** P-256, with an `s` that is as often high as low. */
export const onP256 = (name: string): Signer => {
  const key = Keccak.ofText(`model ${name}`).slice(2)
  const publicKey = Buffer.from(p256.getPublicKey(key, false)).toString('hex').slice(2)
  return {
    address: Digest.addressOf(publicKey),
    sign: (digest) => `0x${p256.sign(digest.slice(2), key, { lowS: false }).toCompactHex()}${publicKey}`,
  }
}

export const windowSeconds = 3_600n
export const noticeSeconds = 7_200n
const coin = '0x33b2e3c9fd0803ce8000000'
const abi: Abi = [...clearingHouse.abi, ...energyMeter.abi, ...energyCredit.abi, ...testDollar.abi]

export interface World {
  readonly house: House
  readonly meter: MeterModel.Meter
  readonly dollar: Address
  readonly domains: { readonly house: Digest.Domain; readonly meter: Digest.Domain; readonly dollar: Digest.Domain }
  /** How many steps were done, and how many refused, by name. */
  readonly counts: Map<string, { done: number; refused: number }>
  /** What a token does before it is sent. */
  retire(token: Address, from: Address): void
  step(step: Step): Promise<void>
  close(): Promise<void>
}

export interface Step {
  readonly name: string
  readonly to: Address
  readonly from: Address
  readonly args: readonly unknown[]
  /** What the model says. @throws {Refused} */
  readonly expected: () => unknown
}

type Request = (method: string, params?: readonly unknown[]) => Promise<unknown>

const startChain = async (): Promise<{ request: Request; client: Client; close: () => Promise<void> }> => {
  const local = { type: 'edr-simulated', chainType: 'l1', chainId: 31337, hardfork: 'osaka' } as const
  const options = { allowBlocksWithSameTimestamp: true, loggingEnabled: false } as const
  const hardhat = await createHardhatRuntimeEnvironment({ networks: { local: { ...local, ...options, accounts: [] } } })
  const connection = await hardhat.network.create('local')
  const request: Request = (method, params = []) => connection.provider.request({ method, params: [...params] })
  const transport = custom({ request: ({ method, params }) => request(method, params) }, { retryCount: 0 })
  const client = createPublicClient({ transport, cacheTime: 0, pollingInterval: 20 }) as Client
  return { request, client, close: () => connection.close() }
}

/**
 * @param people who hold coin and dollars, and let the clearing house take their tokens
 * @param creditKey whose credits count at first
 */
export const open = async (people: readonly Address[], creditKey: Address): Promise<World> => {
  const { request, client, close } = await startChain()
  const keys = Keys.simulated(7)
  const periods = { exitWindowSeconds: windowSeconds, noticePeriodSeconds: noticeSeconds }
  const {
    clearingHouse: address,
    energyMeter: meterAddress,
    dollar,
    energyCredit: credit,
  } = await Deployment.deployLocal(client, keys, periods)
  const [settlement, cold, issuer] = [keys.settlement, keys.cold, keys.issuer].map(Signature.addressOf) as [
    Address,
    Address,
    Address,
  ]
  const house = State.emptyHouse(address, { settlement, credit: creditKey, cold }, { windowSeconds, noticeSeconds })
  const meter = State.emptyMeter(meterAddress, credit.asset, issuer)
  house.listed.add(dollar.asset).add(credit.asset)

  const send = async (from: Address, to: Address, data: Hex): Promise<void> => {
    await request('eth_sendTransaction', [{ from, to, data, gas: '0xf42400', gasPrice: '0x77359400' }])
  }
  const encode = (functionName: string, args: readonly unknown[]): Hex =>
    encodeFunctionData({ abi, functionName, args })
  for (const person of [...people, settlement, cold, issuer]) {
    await request('hardhat_impersonateAccount', [person])
    await request('hardhat_setBalance', [person, coin])
  }
  for (const person of people) {
    await send(issuer, dollar.asset, encode('mint', [person, State.dollarsEach]))
    house.tokens.set(`${dollar.asset} ${person}`, State.dollarsEach)
    for (const token of [dollar.asset, credit.asset])
      await send(person, token, encode('approve', [address, 2n ** 255n]))
  }
  await send(cold, address, encode('replaceKeys', [settlement, creditKey, cold]))
  const { timestamp } = await client.getBlock()
  house.now = timestamp

  const counts = new Map<string, { done: number; refused: number }>()
  const ask = async ({ name, args, from, to }: Step): Promise<Outcome> => {
    const call = { from, to, data: encode(name, args), gas: '0xf42400' }
    await request('evm_setNextBlockTimestamp', [`0x${house.now.toString(16)}`])
    try {
      const data = (await request('eth_call', [call, 'pending'])) as Hex
      await send(from, to, call.data)
      return { result: data === '0x' ? undefined : decodeFunctionResult({ abi, functionName: name, data }) }
    } catch (error) {
      return refusalOf(error)
    }
  }
  return {
    house,
    meter,
    dollar: dollar.asset,
    domains: {
      house: Digest.domain(31337, address),
      meter: Digest.domain(31337, meterAddress),
      dollar: Digest.domain(31337, dollar.asset, dollar.name, dollar.version),
    },
    counts,
    retire(token, from) {
      if (token === credit.asset) MeterModel.retire(meter, house, from)
    },
    async step(step) {
      const actual = await ask(step)
      const expected = judgedBy(house, meter, step)
      const count = counts.get(step.name) ?? { done: 0, refused: 0 }
      counts.set(step.name, count)
      if ('error' in expected) count.refused += 1
      else count.done += 1
      State.compareOutcomes(step.name, actual, expected)
      State.compare(await State.read(client, { house, meter, people }), State.of(house, meter, people))
    },
    close,
  }
}

export type Outcome = { readonly result: unknown } | { readonly error: string; readonly values: readonly unknown[] }

/** What the model makes of a step; a refusal leaves its books as they were. */
const judgedBy = (house: House, meter: MeterModel.Meter, step: Step): Outcome => {
  const before = structuredClone({ house, meter })
  try {
    return { result: step.expected() }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    Object.assign(house, before.house)
    Object.assign(meter, before.meter)
    return { error: error.error, values: error.values }
  }
}

const refusalOf = (error: unknown): Outcome => {
  const { data } = error as { data?: unknown }
  const bytes = typeof data === 'string' ? data : (data as { data?: unknown } | undefined)?.data
  if (typeof bytes !== 'string' || bytes.length < 10) throw error
  const { errorName, args } = decodeErrorResult({ abi, data: bytes as Hex })
  return { error: errorName, values: args ?? [] }
}
