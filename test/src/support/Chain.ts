/** A real local chain in the test's own process, with contracts of its own for whoever asks, and the means to move its time and blocks. */
import type { Abi } from 'viem'
import { afterAll, beforeAll } from 'vitest'
import { clearingHouse } from '../../../src/chain/abi/ClearingHouse.ts'
import { testDollar } from '../../../src/chain/abi/TestDollar.ts'
import * as Client from '../../../src/chain/Client.ts'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as House from '../../../src/chain/House.ts'
import * as Keys from '../../../src/chain/Keys.ts'
import * as LocalNode from '../../../src/chain/LocalNode.ts'
import * as Sender from '../../../src/chain/Sender.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'

export const windowSeconds = 3600n

export interface Deployed {
  readonly deployment: Deployment.Deployment
  readonly keys: Keys.Keys
}

export interface Chain {
  readonly url: string
  readonly client: Client.Client
  /** Contracts of one's own. */
  deploy(): Promise<Deployed>
  /** A method of the local chain’s own. */
  raw(method: string, ...params: unknown[]): Promise<unknown>
  mine(blocks: number): Promise<unknown>
  /** The next block lies this much later. */
  pass(seconds: bigint): Promise<unknown>
  /** The chain as it is; the returned function takes it back there and lets it grow by other blocks. */
  fork(): Promise<(blocks: number) => Promise<void>>
  /** Off: transactions wait until `mine`. */
  automine(on: boolean): Promise<unknown>
  /** A sender with coin of its own. */
  sender(name: string): Promise<Sender.Sender>
  senderOf(key: Hex): Sender.Sender
}

/** Up before the file's first test, down after its last. */
export const useChain = (): Chain => {
  let node: LocalNode.LocalNode
  let client: Client.Client
  let forks = 0
  const raw = (method: string, ...params: unknown[]) => Client.raw(client, method, params)
  beforeAll(async () => {
    node = await LocalNode.start()
    client = Client.create(node.url)
  }, 60_000)
  afterAll(() => node.close())
  const senderOf = (key: Hex) => Sender.create(client, LocalNode.localChainId, key, Deployment.errors)
  return {
    get url() {
      return node.url
    },
    get client() {
      return client
    },
    async deploy() {
      const keys = Keys.random()
      const periods = { exitWindowSeconds: windowSeconds, noticePeriodSeconds: 2n * windowSeconds }
      return { keys, deployment: await Deployment.deployLocal(client, keys, periods) }
    },
    raw,
    mine: (blocks) => raw('hardhat_mine', `0x${blocks.toString(16)}`),
    async pass(seconds) {
      await raw('evm_increaseTime', Number(seconds))
      await raw('evm_mine')
    },
    async fork() {
      const id = await raw('evm_snapshot')
      return async (blocks) => {
        await raw('evm_revert', id)
        // Without this the new blocks could be those of before, to the last bit.
        await raw('hardhat_setCoinbase', `0x${(++forks).toString(16).padStart(40, '0')}`)
        if (blocks > 0) await raw('hardhat_mine', `0x${blocks.toString(16)}`)
      }
    },
    automine: (on) => raw('evm_setAutomine', on),
    async sender(name) {
      const key = Keccak.ofText(`sender ${name}`)
      await raw('hardhat_setBalance', Signature.addressOf(key), '0xde0b6b3a7640000')
      return senderOf(key)
    },
    senderOf,
  }
}

/** A call of the clearing house. */
export const houseCall = (house: Address, name: string, args: readonly unknown[]) =>
  Sender.call(house, clearingHouse.abi as Abi, name, args, 1_000_000n)

/** A call of a token. */
export const tokenCall = (token: Address, name: string, args: readonly unknown[]) =>
  Sender.call(token, testDollar.abi as Abi, name, args, 200_000n)

/** What a wallet holds of a token. */
export const tokensOf = (client: Client.Client, token: Address, of: Address): Promise<bigint> =>
  client.readContract({ address: token, abi: testDollar.abi, functionName: 'balanceOf', args: [of] })

/** An account's slot, now. */
export const slotOf = async (client: Client.Client, house: Address, asset: Address, account: Address) => {
  const [slot] = await House.slots(client, house, asset, [account], await client.getBlockNumber())
  return slot as House.Slot
}
