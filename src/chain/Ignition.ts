/**
 * Runs the modules with Hardhat Ignition against any chain: one key signs, the CreateX factory creates (CREATE2, so that the same key,
 * arguments and salt give the same addresses everywhere), and a journal in a folder remembers what has been done. Ignition comes
 * with Hardhat and is loaded as Hardhat is.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildInfo, DeploymentResult } from '@nomicfoundation/ignition-core'
import { privateKeyToAccount } from 'viem/accounts'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import { type Client, raw } from './Client.ts'
import { HardhatMissingError } from './LocalNode.ts'
import * as Modules from './Modules.ts'

type Core = typeof import('@nomicfoundation/ignition-core')

/** What the modules ask for; `asset` where the chain has a dollar. */
export interface Parameters {
  readonly asset?: Address
  readonly settlementKey: Address
  readonly creditKey: Address
  readonly coldKey: Address
  readonly issuer: Address
  readonly exitWindowSeconds: bigint
  readonly noticePeriodSeconds: bigint
}

export interface Options {
  readonly client: Client
  readonly chainId: number
  /** The cold key: it sends everything, and lists the credit. */
  readonly key: Hex
  readonly parameters: Parameters
  /** The folder of Ignition's journal; left out, nothing is remembered. */
  readonly journal?: string
  /** 32 bytes; part of every address. */
  readonly salt: Hex
  /** A contract's compiler input, which block explorers verify with. */
  readonly buildInfo?: (contract: string) => Promise<BuildInfo | undefined>
  /** How often the chain is asked. */
  readonly pollMs: number
  readonly confirmations: number
}

/** Addresses by the modules' names. */
export interface Addresses {
  readonly house: Address
  readonly meter: Address
  readonly credit: Address
  readonly dollar: Address
}

/** Loads what deploys; whoever knows that it will be needed calls it early, because it takes half a second. */
export const load = async (): Promise<Core> => {
  const folder = process.env['SUNLEDGER_HARDHAT']
  try {
    if (folder === undefined) return await import('@nomicfoundation/ignition-core')
    const path = createRequire(join(folder, 'package.json')).resolve('@nomicfoundation/ignition-core')
    return (await import(pathToFileURL(path).href)) as Core
  } catch (cause) {
    throw new HardhatMissingError(cause)
  }
}

/** What Ignition hands over to be signed and sent. */
interface Transaction {
  readonly to?: Address
  readonly data: Hex
  readonly value?: Hex
  readonly nonce: Hex
  readonly gas: Hex
  readonly maxFeePerGas?: Hex
  readonly maxPriorityFeePerGas?: Hex
  readonly gasPrice?: Hex
}

const amount = (hex: Hex | undefined): bigint => (hex === undefined ? 0n : BigInt(hex))

/** A node that signs with our key: Ignition knows only nodes that hold keys. */
const signingProvider = ({ client, chainId, key }: Options) => {
  const account = privateKeyToAccount(key)
  const send = async (t: Transaction): Promise<unknown> => {
    const fees =
      t.gasPrice === undefined
        ? { maxFeePerGas: amount(t.maxFeePerGas), maxPriorityFeePerGas: amount(t.maxPriorityFeePerGas) }
        : { gasPrice: amount(t.gasPrice) }
    const serialized = await account.signTransaction({
      ...fees,
      chainId,
      ...(t.to === undefined ? {} : { to: t.to }),
      data: t.data,
      value: amount(t.value),
      nonce: Number(t.nonce),
      gas: amount(t.gas),
    } as never)
    return raw(client, 'eth_sendRawTransaction', [serialized])
  }
  return {
    request: ({ method, params }: { readonly method: string; readonly params?: readonly unknown[] | object }) => {
      if (method === 'eth_accounts') return Promise.resolve([account.address])
      const list = (params ?? []) as readonly unknown[]
      return method === 'eth_sendTransaction' ? send(list[0] as Transaction) : raw(client, method, list)
    },
  }
}

const resolver = (buildInfo: NonNullable<Options['buildInfo']>) => ({
  async loadArtifact(contract: string) {
    const { source, abi, bytecode } = Modules.artifacts[contract as keyof typeof Modules.artifacts]
    const info = await buildInfo(contract)
    return {
      _format: 'hh3-artifact-1',
      contractName: contract,
      sourceName: source,
      inputSourceName: source,
      abi,
      bytecode,
      deployedBytecode: '0x',
      linkReferences: {},
      deployedLinkReferences: {},
      ...(info === undefined ? {} : { buildInfoId: info.id }),
    }
  },
  getBuildInfo: buildInfo,
})

/**
 * Deploys what is missing and returns where everything is; what the journal has is not done again.
 * @throws {DeploymentFailedError} @throws {HardhatMissingError}
 */
export const deploy = async (options: Options): Promise<Addresses> => {
  const core = await load()
  const { parameters, journal, salt, pollMs, confirmations, buildInfo = async () => undefined } = options
  const { asset, ...own } = parameters
  const account = privateKeyToAccount(options.key).address
  const result = await core.deploy({
    config: {
      blockPollingInterval: pollMs,
      retryInterval: pollMs,
      requiredConfirmations: confirmations,
      maxRetries: 600,
    },
    artifactResolver: resolver(buildInfo),
    provider: signingProvider(options),
    ...(journal === undefined ? {} : { deploymentDir: journal }),
    ignitionModule: asset === undefined ? Modules.local(core.buildModule) : Modules.sunledger(core.buildModule),
    deploymentParameters: { [Modules.name]: { ...own, ...(asset === undefined ? {} : { asset }) } },
    accounts: [account],
    defaultSender: account,
    strategy: 'create2',
    strategyConfig: { salt },
  })
  if (!('contracts' in result)) throw new DeploymentFailedError(reasonOf(result))
  const at = (contract: keyof typeof Modules.artifacts): Address | undefined =>
    result.contracts[`${Modules.name}#${contract}`]?.address.toLowerCase() as Address | undefined
  return {
    house: at('ClearingHouse') as Address,
    meter: at('EnergyMeter') as Address,
    credit: at('EnergyCredit') as Address,
    dollar: at('TestDollar') ?? (asset as Address),
  }
}

/** What went wrong, in Ignition's words. */
const reasonOf = (result: Exclude<DeploymentResult, { contracts: unknown }>): string => {
  if (!('held' in result)) return JSON.stringify('errors' in result ? result.errors : result)
  const timedOut = result.timedOut.map(({ futureId }) => `${futureId} was not mined in time`)
  const failed = result.failed.map(({ futureId, error }) => `${futureId}: ${error}`)
  const held = result.held.map(({ futureId, reason }) => `${futureId}: ${reason}`)
  return [...failed, ...timedOut, ...held].join('; ')
}

/** Bringing up the contracts did not succeed. */
export class DeploymentFailedError extends SunledgerError {
  override readonly name = 'DeploymentFailedError'
  constructor(reason: string) {
    super('SL510', 'The contracts could not be deployed.', {
      actual: reason,
      hint: 'Mend what it says and deploy again with the same journal: what has been done is not done again.',
      status: 503,
    })
  }
}
