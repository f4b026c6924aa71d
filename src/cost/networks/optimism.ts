/** What a transaction costs on OP Mainnet: as on Base, with its own scalars. */
import type { Network } from '../Network.ts'
import { base } from './base.ts'

export const optimism: Network = {
  name: 'optimism',
  title: 'OP Mainnet',
  rule: 'opStack',
  figures: {
    ...base.figures,
    baseFeeGwei: {
      value: '0.001',
      low: '0.0005',
      high: '0.01',
      unit: 'gwei a gas',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'of the order of 2026, when it mostly stood near its floor',
    },
    tipGwei: {
      value: '0.0001',
      unit: 'gwei per gas',
      basis: 'assumed',
      date: '2026-11-29',
      source:
        'base fee and tip together were at most 0.0012 gwei on 2026-06-30: a USDC transfer of 37 938 gas cost $0.0000691 with its data (krabarena.com)',
    },
    baseFeeScalar: {
      value: '5227',
      unit: 'millionths',
      basis: 'published',
      date: '2026-11-24',
      source: 'in the calldata of the L1 attributes of OP Mainnet’s block 124665056 (revm, op-revm/src/l1block.rs)',
    },
    blobBaseFeeScalar: {
      value: '1014213',
      unit: 'millionths',
      basis: 'published',
      date: '2026-11-24',
      source: 'in the calldata of the L1 attributes of OP Mainnet’s block 124665056 (revm, op-revm/src/l1block.rs)',
    },
  },
}
