/**
 * What a real chain charges now, read only: its base fee and what is tipped (eth_feeHistory), and where it has them the OP stack's terms
 * (GasPriceOracle and L1Block) or Arbitrum's (ArbGasInfo). Nothing is sent, and no key is needed.
 */
import { type Abi, parseAbi } from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'
import { answered, type Client, create } from './Client.ts'

/** Prices in wei. */
export interface GasPrices {
  readonly chainId: number
  readonly block: bigint
  /** Host of the RPC; the rest of its URL may hold a key. */
  readonly host: string
  /** Median over the last blocks. */
  readonly baseFeeWei: bigint
  readonly tipWei: bigint
  readonly opStack?: {
    readonly l1BaseFeeWei: bigint
    readonly blobBaseFeeWei: bigint
    readonly baseFeeScalar: bigint
    readonly blobBaseFeeScalar: bigint
    /** 0 before Isthmus. */
    readonly operatorFeeScalar: bigint
    readonly operatorFeeConstantWei: bigint
  }
  readonly arbitrum?: { readonly perL1UnitWei: bigint }
}

/** OP stack predeploys (specs.optimism.io, predeploys) and Arbitrum's precompile (docs.arbitrum.io, precompiles). */
const gasPriceOracle: Address = '0x420000000000000000000000000000000000000f'
const l1Block: Address = '0x4200000000000000000000000000000000000015'
const arbGasInfo: Address = '0x000000000000000000000000000000000000006c'

const oracleAbi = parseAbi([
  'function l1BaseFee() view returns (uint256)',
  'function blobBaseFee() view returns (uint256)',
  'function baseFeeScalar() view returns (uint32)',
  'function blobBaseFeeScalar() view returns (uint32)',
])
const l1BlockAbi = parseAbi([
  'function operatorFeeScalar() view returns (uint32)',
  'function operatorFeeConstant() view returns (uint64)',
])
const arbAbi = parseAbi([
  'function getPricesInWei() view returns (uint256 perL2Tx, uint256 perL1CalldataUnit, uint256 perStorageUnit, uint256 perArbGasBase, uint256 perArbGasCongestion, uint256 perArbGasTotal)',
])

const blocks = 20

const median = (values: readonly bigint[]): bigint =>
  values.toSorted((a, b) => Number(a - b))[Math.floor((values.length - 1) / 2)] ?? 0n

const asked = (client: Client, address: Address, abi: Abi, functionName: string): Promise<unknown> =>
  answered(client, client.readContract({ address, abi, functionName }))

const number = async (client: Client, address: Address, abi: Abi, name: string): Promise<bigint> =>
  BigInt((await asked(client, address, abi, name)) as bigint | number)

const opStackOf = async (client: Client): Promise<GasPrices['opStack']> => {
  const oracle = oracleAbi as Abi
  const [l1BaseFeeWei, blobBaseFeeWei, baseFeeScalar, blobBaseFeeScalar] = await Promise.all([
    number(client, gasPriceOracle, oracle, 'l1BaseFee'),
    number(client, gasPriceOracle, oracle, 'blobBaseFee'),
    number(client, gasPriceOracle, oracle, 'baseFeeScalar'),
    number(client, gasPriceOracle, oracle, 'blobBaseFeeScalar'),
  ])
  // Chains before Isthmus know no fee for the operator.
  const operator = (name: string) => number(client, l1Block, l1BlockAbi as Abi, name).catch(() => 0n)
  const [operatorFeeScalar, operatorFeeConstantWei] = await Promise.all([
    operator('operatorFeeScalar'),
    operator('operatorFeeConstant'),
  ])
  return {
    ...{ l1BaseFeeWei, blobBaseFeeWei, baseFeeScalar, blobBaseFeeScalar },
    ...{ operatorFeeScalar, operatorFeeConstantWei },
  }
}

/**
 * Reads a chain's prices.
 * @throws {ChainUnreachableError} it does not answer
 * @throws {PricesUnreadableError} it answers, but not as a chain with a base fee
 */
export const read = async (url: string): Promise<GasPrices> => {
  const client = create(url, 15_000)
  try {
    const [chainId, block, history] = await answered(
      client,
      Promise.all([
        client.getChainId(),
        client.getBlockNumber(),
        client.getFeeHistory({ blockCount: blocks, rewardPercentiles: [50] }),
      ]),
    )
    // The last one is that of the block to come.
    const baseFees = history.baseFeePerGas
    if (baseFees.length === 0) throw new PricesUnreadableError('eth_feeHistory without base fees')
    const tips = (history.reward ?? []).flatMap(([tip], i) => ((history.gasUsedRatio[i] ?? 0) > 0 ? [tip ?? 0n] : []))
    const common = { chainId, block, host: new URL(url).host, baseFeeWei: median(baseFees), tipWei: median(tips) }
    const has = async (address: Address): Promise<boolean> =>
      (await answered(client, client.getCode({ address }))) !== undefined
    if (await has(arbGasInfo)) {
      const prices = (await asked(client, arbGasInfo, arbAbi as Abi, 'getPricesInWei')) as readonly bigint[]
      return { ...common, tipWei: 0n, arbitrum: { perL1UnitWei: (prices[1] as bigint) / 16n } }
    }
    return (await has(gasPriceOracle))
      ? { ...common, opStack: (await opStackOf(client)) as NonNullable<GasPrices['opStack']> }
      : common
  } catch (error) {
    if (error instanceof SunledgerError) throw error
    throw new PricesUnreadableError(
      error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
      error,
    )
  }
}

/** An RPC answers, but not as a chain whose prices can be read. */
export class PricesUnreadableError extends SunledgerError {
  override readonly name = 'PricesUnreadableError'
  constructor(actual: string, cause?: unknown) {
    super('SL733', 'The RPC does not answer as a chain whose prices can be read.', {
      expected: 'eth_chainId, eth_feeHistory with base fees, and eth_call',
      actual: actual.slice(0, 200),
      hint: 'Give the URL of a JSON-RPC node of an EVM chain with EIP-1559.',
      status: 503,
      cause,
    })
  }
}
