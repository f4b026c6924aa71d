/** What a transaction costs on Arbitrum One: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'
import { tokenUsd } from './ethereum.ts'

export const arbitrum: Network = {
  name: 'arbitrum',
  title: 'Arbitrum One',
  rule: 'arbitrum',
  figures: {
    baseFeeGwei: {
      value: '0.02',
      low: '0.02',
      high: '0.2',
      unit: 'gwei a gas',
      basis: 'published',
      date: '2026-11-24',
      source:
        'the minimum since ArbOS 51 of January 2026, at or near which it stays (blog.arbitrum.io, dynamic pricing)',
    },
    l1PricePerUnitGwei: {
      value: '0.05',
      unit: 'gwei an L1 gas',
      basis: 'assumed',
      date: '2026-11-24',
      source:
        'a tenth of the base fee assumed for Ethereum: since batches are posted as blobs ArbOS has lowered this price well below it; ArbGasInfo.getPricesInWei says it (divide by 16 a byte)',
    },
    blockSeconds: {
      value: '0.25',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'a block each 250 ms (docs.arbitrum.io)',
    },
    tokenUsd,
  },
  note: 'Data is charged by the length of each transaction after Brotli level 1, the fast level since ArbOS 20 (level 0 before).',
}
