/**
 * Deploys to a chain that exists: looks first whether everything fits (the key, the token, the coin), then runs the modules and writes the
 * record that a service starts from.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildInfo } from '@nomicfoundation/ignition-core'
import { erc20Abi, formatEther, parseAbi } from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Signature from '../crypto/Signature.ts'
import { answered, type Client, identify } from './Client.ts'
import * as Deployment from './Deployment.ts'
import * as Ignition from './Ignition.ts'
import * as Modules from './Modules.ts'
import type { Parameters } from './Parameters.ts'

export interface Plan {
  readonly client: Client
  readonly chainId: number
  readonly genesisHash: Hex
  readonly parameters: Parameters
  readonly key: Hex
  readonly deployer: Address
  readonly balanceWei: bigint
  readonly gasPriceWei: bigint
  readonly dollar: Deployment.Deployment['dollar']
}

/** A transaction's 21 000, creation's 32 000, 200 a byte of code, 16 a byte of calldata, and what the constructors write. */
const gasOfCreation = (deployedBytes: number, bytecode: Hex): bigint =>
  BigInt(21_000 + 32_000 + 200 * deployedBytes + 8 * bytecode.length + 400_000)

/** About what it takes, from the sizes of the code; a listing is a small call. */
const gasOfAll = (): bigint => {
  const { ClearingHouse: house, EnergyMeter: meter, EnergyCredit: credit } = Modules.artifacts
  const created = [house, meter].map(({ deployedBytes, bytecode }) => gasOfCreation(deployedBytes, bytecode))
  return created.reduce((sum, gas) => sum + gas, BigInt(200 * credit.deployedBytes + 200_000))
}

const versionAbi = parseAbi(['function version() view returns (string)'])

/** The dollar as its own contract describes it; its EIP-712 version is 1 where it does not say. */
const tokenAt = async (client: Client, asset: Address): Promise<Deployment.Deployment['dollar']> => {
  const at = { address: asset, abi: erc20Abi } as const
  try {
    const [name, symbol, decimals] = await Promise.all([
      client.readContract({ ...at, functionName: 'name' }),
      client.readContract({ ...at, functionName: 'symbol' }),
      client.readContract({ ...at, functionName: 'decimals' }),
    ])
    const version = await client
      .readContract({ address: asset, abi: versionAbi, functionName: 'version' })
      .catch(() => '1')
    return { asset, name, symbol, decimals, version }
  } catch (cause) {
    throw new DeployerInvalidError('a token at `asset`', `none that answers at ${asset}`, cause)
  }
}

/** @throws {DeployerInvalidError} @throws {ChainUnreachableError} */
export const plan = async (client: Client, parameters: Parameters, key: Hex): Promise<Plan> => {
  const deployer = Signature.addressOf(key)
  const { coldKey, asset } = parameters.Sunledger
  if (deployer !== coldKey)
    throw new DeployerInvalidError(`the key of ${coldKey}, the cold key`, `the key of ${deployer}`)
  const { chainId, genesisHash } = await identify(client)
  const [balanceWei, gasPriceWei] = await answered(
    client,
    Promise.all([client.getBalance({ address: deployer }), client.getGasPrice()]),
  )
  const dollar = await tokenAt(client, asset)
  return { client, chainId, genesisHash, parameters, key, deployer, balanceWei, gasPriceWei, dollar }
}

/** What may be shown of a plan: everything but the key. */
export const shown = ({ chainId, parameters, deployer, balanceWei, gasPriceWei, dollar }: Plan) => ({
  chainId,
  deployer,
  balanceWei: balanceWei.toString(),
  gas: gasOfAll().toString(),
  costWei: (gasOfAll() * gasPriceWei).toString(),
  dollar,
  salt: parameters.salt,
  parameters: Object.fromEntries(Object.entries(parameters.Sunledger).map(([name, value]) => [name, value.toString()])),
})

export const describe = (of: Plan): string[] => [
  `chain ${of.chainId}, ${of.dollar.name} (${of.dollar.symbol}, ${of.dollar.decimals} decimals) at ${of.dollar.asset}`,
  `deploys ClearingHouse and EnergyMeter with its EnergyCredit, and lists the credit`,
  `${of.deployer} pays about ${formatEther(gasOfAll() * of.gasPriceWei)} (${gasOfAll()} gas) and has ${formatEther(of.balanceWei)}`,
]

export const sourceOf = (contract: string): string =>
  Modules.artifacts[contract as keyof typeof Modules.artifacts].source

const pollMs = 200

/**
 * Does what is missing. The folder gets `deployment.json` and, under `ignition`, the journal.
 * @throws {DeploymentFailedError} @throws {HardhatMissingError}
 */
export const run = async (
  { client, chainId, genesisHash, parameters, key, deployer, dollar }: Plan,
  out: string,
  buildInfo: (contract: string) => Promise<BuildInfo>,
): Promise<{ readonly deployment: Deployment.Deployment; readonly transactions: number }> => {
  mkdirSync(out, { recursive: true })
  const sent = () => answered(client, client.getTransactionCount({ address: deployer }))
  const before = await sent()
  const file = join(out, 'deployment.json')
  const startBlock = await startOf(client, file)
  const { house, meter, credit } = await Ignition.deploy({
    client,
    chainId,
    key,
    parameters: parameters.Sunledger,
    journal: join(out, 'ignition'),
    salt: parameters.salt,
    buildInfo,
    pollMs,
    confirmations: parameters.confirmations,
  })
  const deployment = {
    chainId,
    genesisHash,
    clearingHouse: house,
    energyMeter: meter,
    dollar,
    energyCredit: Deployment.creditAt(credit),
    startBlock,
    local: false,
  }
  Deployment.write(file, deployment)
  return { deployment, transactions: (await sent()) - before }
}

/**
 * Events are read from where the first deployment began; a repetition does not move it.
 * @throws {DeploymentInvalidError} @throws {ChainMismatchError} the folder has the deployment of another chain, which would be written over
 */
const startOf = async (client: Client, file: string): Promise<bigint> => {
  if (!existsSync(file)) return answered(client, client.getBlockNumber())
  const before = Deployment.read(file)
  await Deployment.verify(client, before)
  return before.startBlock
}

/** The key or the chain is not the one that the parameters speak of. */
export class DeployerInvalidError extends SunledgerError {
  override readonly name = 'DeployerInvalidError'
  constructor(expected: string, actual: string, cause?: unknown) {
    super('SL512', 'The deployment does not fit its parameters.', {
      expected,
      actual,
      hint: 'Deploy with the cold key, on the chain that has the asset.',
      cause,
    })
  }
}
