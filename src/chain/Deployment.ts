/**
 * Where the contracts are, and bringing them up on a fresh local chain. The record of a deployment is a small JSON file in the data folder, so
 * that a service that starts again finds the same contracts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Abi } from 'viem'
import { z } from 'zod'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import * as Signature from '../crypto/Signature.ts'
import { clearingHouse } from './abi/ClearingHouse.ts'
import { energyMeter } from './abi/EnergyMeter.ts'
import { testDollar } from './abi/TestDollar.ts'
import { answered, type Client, identify, raw } from './Client.ts'
import * as Ignition from './Ignition.ts'
import type { Keys } from './Keys.ts'

const token = z.object({
  asset: Wire.address,
  name: z.string(),
  version: z.string(),
  symbol: z.string(),
  decimals: z.int(),
})

const schema = z.object({
  chainId: z.int(),
  genesisHash: Wire.bytes32,
  clearingHouse: Wire.address,
  energyMeter: Wire.address,
  dollar: token,
  energyCredit: token,
  /** The first block to read events from. */
  startBlock: Wire.uint64,
  /** The dollar has a faucet: a local chain. */
  local: z.boolean(),
})

/** A deployment, as `deployment.json` holds it. */
export type Deployment = z.output<typeof schema>

/** Every error that our contracts and tokens can raise, for messages. */
export const errors: Abi = [...clearingHouse.abi, ...energyMeter.abi, ...testDollar.abi].filter(
  (item) => item.type === 'error',
)

export interface DeployOptions {
  readonly exitWindowSeconds: bigint
  readonly noticePeriodSeconds: bigint
}

/** Part of every address that a local chain's contracts have; their keys make them differ. */
const localSalt: Hex = `0x${'0'.repeat(63)}1`

/** A transaction on a local chain is mined when it is sent. */
const localPollMs = 5

/**
 * Deploys TestDollar, ClearingHouse and EnergyMeter to a local chain, by the same modules as anywhere else. The keys are given native coin
 * first. The addresses follow from the keys and periods alone.
 * @throws {DeploymentFailedError} @throws {HardhatMissingError}
 */
export const deployLocal = async (client: Client, keys: Keys, options: DeployOptions): Promise<Deployment> => {
  const { chainId, genesisHash } = await identify(client)
  const [settlementKey, coldKey, issuer, creditKey] = [keys.settlement, keys.cold, keys.issuer, keys.credit].map(
    Signature.addressOf,
  ) as [Address, Address, Address, Address]
  await Promise.all(
    [settlementKey, coldKey, issuer].map((address) =>
      raw(client, 'hardhat_setBalance', [address, '0x33b2e3c9fd0803ce8000000']),
    ),
  )
  const { house, meter, dollar, credit } = await Ignition.deploy({
    client,
    chainId,
    key: keys.cold,
    parameters: { settlementKey, creditKey, coldKey, issuer, ...options },
    salt: localSalt,
    pollMs: localPollMs,
    confirmations: 1,
  })
  return {
    chainId,
    genesisHash,
    clearingHouse: house,
    energyMeter: meter,
    dollar: { asset: dollar, name: 'Test Dollar', version: '1', symbol: 'tUSD', decimals: 6 },
    energyCredit: creditAt(credit),
    startBlock: 0n,
    local: true,
  }
}

/** EnergyCredit as a token. */
export const creditAt = (asset: Address): Deployment['energyCredit'] => ({
  asset,
  name: 'Energy Credit',
  version: '1',
  symbol: 'kWh',
  decimals: 6,
})

export const write = (path: string, deployment: Deployment): void =>
  writeFileSync(path, `${Wire.stringify(deployment)}\n`)

/** @throws {DeploymentInvalidError} */
export const read = (path: string): Deployment => {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new DeploymentInvalidError(path, cause)
  }
}

/**
 * Makes sure that a chain is the one that a deployment was made on. A local chain that was started anew has the same id and knows nothing.
 * @throws {ChainUnreachableError} @throws {ChainMismatchError}
 */
export const verify = async (client: Client, deployment: Deployment): Promise<void> => {
  const { chainId, genesisHash } = await identify(client)
  if (chainId !== deployment.chainId) throw new ChainMismatchError('id', `${deployment.chainId}`, `${chainId}`)
  if (genesisHash !== deployment.genesisHash)
    throw new ChainMismatchError('genesis hash', deployment.genesisHash, genesisHash)
  const code = await answered(client, client.getCode({ address: deployment.clearingHouse }))
  if (code === undefined) throw new ChainMismatchError('clearing house', deployment.clearingHouse, 'no contract there')
}

/** The chain is another than the one that the contracts were deployed on. */
export class ChainMismatchError extends SunledgerError {
  override readonly name = 'ChainMismatchError'
  constructor(what: string, expected: string, actual: string) {
    super('SL509', `The chain has another ${what} than the deployment.`, {
      expected,
      actual,
      hint: 'A local chain starts anew each time: deploy again into a new data folder, or name the right chain.',
      status: 503,
    })
  }
}

/** The file that says where the contracts are cannot be used. */
export class DeploymentInvalidError extends SunledgerError {
  override readonly name = 'DeploymentInvalidError'
  constructor(path: string, cause: unknown) {
    super('SL505', 'The deployment file cannot be used.', {
      expected: 'the JSON that deploying the contracts writes',
      actual: `${path}: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)}`,
      hint: 'Deploy the contracts, or name the right --data folder.',
      cause,
    })
  }
}
