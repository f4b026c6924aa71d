/** What a transaction costs on Base, a rollup of the OP stack: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'
import { baseFeeGwei, tokenUsd } from './ethereum.ts'

export const base: Network = {
  name: 'base',
  title: 'Base',
  rule: 'opStack',
  figures: {
    baseFeeGwei: {
      value: '0.005',
      low: '0.005',
      high: '0.05',
      unit: 'gwei a gas',
      basis: 'published',
      date: '2026-11-23',
      source:
        'minimum base fee of Base Mainnet, 5 000 000 wei, at or near which it stays (docs.base.org, network fees)',
    },
    tipGwei: {
      value: '0.001',
      unit: 'gwei a gas',
      basis: 'assumed',
      date: '2026-11-23',
      source: 'eth_gasPrice answered 0.006 gwei, 0.001 above the minimum, in July 2026',
    },
    l1BaseFeeGwei: {
      ...baseFeeGwei,
      source: 'the base fee assumed for Ethereum',
    },
    blobBaseFeeGwei: {
      value: '0.03125',
      unit: 'gwei a blob gas',
      basis: 'assumed',
      date: '2026-11-23',
      source: 'a sixteenth of the base fee assumed for Ethereum: the floor that EIP-7918 sets',
    },
    baseFeeScalar: {
      value: '2269',
      unit: 'millionths',
      basis: 'published',
      date: '2026-07-24',
      source:
        'GasPriceOracle 0x420000000000000000000000000000000000000F; the same in a receipt of 2024 (reth pull request 10615)',
    },
    blobBaseFeeScalar: {
      value: '1055762',
      unit: 'millionths',
      basis: 'published',
      date: '2026-07-24',
      source:
        'GasPriceOracle 0x420000000000000000000000000000000000000F; the same in a receipt of 2024 (reth pull request 10615)',
    },
    operatorFeeScalar: {
      value: '0',
      unit: 'hundreds of wei a gas',
      basis: 'assumed',
      date: '2026-11-23',
      source: 'zero unless a chain sets it (OP stack specification, Isthmus and Jovian)',
    },
    operatorFeeConstantWei: {
      value: '0',
      unit: 'wei a transaction',
      basis: 'assumed',
      date: '2026-11-23',
      source: 'zero unless a chain sets it (OP stack specification, Isthmus and Jovian)',
    },
    blockSeconds: {
      value: '2',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'docs.base.org: blocks of two seconds (Flashblocks tell of a transaction every 200 ms before)',
    },
    tokenUsd,
  },
}
