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
      unit: 'gwei a gas',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'of the order of 2026, when it mostly stood near its floor',
    },
    baseFeeScalar: {
      value: '1368',
      unit: 'millionths',
      basis: 'published',
      date: '2026-11-24',
      source: 'of OP Mainnet since Ecotone (revm, op-revm/src/l1block.rs, block 118024092)',
    },
    blobBaseFeeScalar: {
      value: '810949',
      unit: 'millionths',
      basis: 'published',
      date: '2026-11-24',
      source: 'of OP Mainnet since Ecotone (revm, op-revm/src/l1block.rs, block 118024092)',
    },
  },
}
