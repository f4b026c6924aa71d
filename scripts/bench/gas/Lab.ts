/**
 * Where gas is measured: a local chain with the contracts on it, members with keys of their own, and what they sign. Keys, amounts and
 * times are fixed, so two runs give the same gas to the last unit.
 */
import { p256 } from '@noble/curves/p256'
import type { Abi } from 'viem'
import { testDollar } from '../../../src/chain/abi/TestDollar.ts'
import * as Client from '../../../src/chain/Client.ts'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as House from '../../../src/chain/House.ts'
import * as Keys from '../../../src/chain/Keys.ts'
import * as LocalNode from '../../../src/chain/LocalNode.ts'
import * as Sender from '../../../src/chain/Sender.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'

/** Whoever signs: a machine, an owner, a device. */
export interface Member {
  readonly address: Address
  /** 64 bytes, or 128 for P-256. */
  sign(digest: Hex): Hex
}

/** The same name gives the same member. */
export const member = (name: string, isP256 = false): Member => {
  const key = Keccak.ofText(`bench gas ${name}`)
  if (!isP256) return { address: Signature.addressOf(key), sign: (digest) => Signature.sign(digest, key) }
  const publicKey = Buffer.from(p256.getPublicKey(key.slice(2), false).slice(1)).toString('hex')
  return {
    address: Digest.addressOf(publicKey),
    sign: (digest) => `0x${p256.sign(digest.slice(2), key.slice(2)).toCompactHex()}${publicKey}`,
  }
}

export const members = (count: number, name: string, isP256 = false): Member[] =>
  Array.from({ length: count }, (_, i) => member(`${name} ${i}`, isP256))

/** A transaction that was mined. */
export interface Mined {
  readonly gas: bigint
  readonly data: Hex
}

export interface Lab {
  readonly client: Client.Client
  readonly deployment: Deployment.Deployment
  readonly house: Address
  readonly dollar: Address
  readonly domains: { readonly house: Digest.Domain; readonly meter: Digest.Domain; readonly dollar: Digest.Domain }
  /** The operator, from its settlement key. */
  readonly operator: (functionName: string, args: readonly unknown[]) => Promise<Mined>
  /** Anybody, here one with coin and many test dollars. */
  readonly anyone: {
    readonly address: Address
    send(call: Sender.Call): Promise<Mined>
    deploy(call: Sender.Call): Promise<Mined & { readonly contract: Address }>
  }
  readonly approveMeter: (approval: Digest.Approval, signature: Hex) => Promise<Mined>
  readonly meter: (functionName: string, args: readonly unknown[]) => Promise<Mined>
  /** A call of the test dollar by `anyone`. */
  readonly token: (functionName: string, args: readonly unknown[]) => Promise<Mined>
  /** Makes test dollars. */
  readonly mint: (to: Address, amount: bigint) => Promise<unknown>
  /** Pays into an account, out of `anyone`'s purse. */
  readonly give: (account: Address, amount: bigint) => Promise<Mined>
  /** The chain's time from the next block on. */
  readonly at: (timestamp: bigint) => Promise<unknown>
  close(): Promise<void>
}

/** Ahead of the wall clock; four bytes, as timestamps have until 2106. */
export const startsAt = 2_000_000_000n
/** Far behind everything that happens here. */
export const deadline = 2_100_000_000n

const gasLimit = 16_000_000n
const coin = '0x33b2e3c9fd0803ce8000000'

export const open = async (): Promise<Lab> => {
  const node = await LocalNode.start({ initialDate: new Date(Number(startsAt) * 1000) })
  const client = Client.create(node.url)
  const keys = Keys.simulated(7)
  const periods = { exitWindowSeconds: 3600n, noticePeriodSeconds: 7200n }
  const deployment = await Deployment.deployLocal(client, keys, periods)
  const { chainId, clearingHouse: house, energyMeter, dollar } = deployment
  const senderOf = (key: Hex) => Sender.create(client, chainId, key, Deployment.errors)
  const [operator, issuer] = [senderOf(keys.settlement), senderOf(keys.issuer)]
  const anyone = senderOf(Keccak.ofText('bench gas anyone'))
  await Client.raw(client, 'hardhat_setBalance', [anyone.address, coin])

  const sent = async (by: Sender.Sender, call: Sender.Call): Promise<Mined> => {
    const { gasUsed } = await by.send(call)
    return { gas: gasUsed, data: call.data }
  }
  const mint = (to: Address, amount: bigint) =>
    issuer.send(House.dollarCall(dollar.asset, 'mint', [to, amount], gasLimit))
  const token = (functionName: string, args: readonly unknown[]) =>
    sent(anyone, Sender.call(dollar.asset, testDollar.abi as Abi, functionName, args, gasLimit))
  const nobody = `0x${'0'.repeat(40)}`
  await mint(anyone.address, 10n ** 15n)
  await token('approve', [house, 10n ** 15n])
  return {
    client,
    deployment,
    house,
    dollar: dollar.asset,
    domains: {
      house: Digest.domain(chainId, house),
      meter: Digest.domain(chainId, energyMeter),
      dollar: Digest.domain(chainId, dollar.asset, dollar.name, dollar.version),
    },
    operator: (functionName, args) => sent(operator, House.call(house, functionName, args, gasLimit)),
    anyone: {
      address: anyone.address,
      send: (call) => sent(anyone, call),
      async deploy(call) {
        const { gasUsed, receipt } = await anyone.send(call)
        return { gas: gasUsed, data: call.data, contract: (receipt.contractAddress as string).toLowerCase() as Address }
      },
    },
    approveMeter: (approval, signature) =>
      sent(issuer, House.meterCall(energyMeter, 'approve', [approval, signature], gasLimit)),
    meter: (functionName, args) => sent(anyone, House.meterCall(energyMeter, functionName, args, gasLimit)),
    token,
    mint,
    give: (account, amount) =>
      sent(anyone, House.call(house, 'deposit', [dollar.asset, account, nobody, amount], gasLimit)),
    at: (timestamp) => Client.raw(client, 'evm_setNextBlockTimestamp', [Number(timestamp)]),
    close: () => node.close(),
  }
}
