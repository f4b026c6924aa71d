/** What a transaction costs on Polygon: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const polygon: Network = {
  name: 'polygon',
  title: 'Polygon',
  rule: 'ethereum',
  figures: {
    baseFeeGwei: {
      value: '250',
      low: '30',
      high: '500',
      unit: 'gwei per gas',
      basis: 'assumed',
      date: '2026-11-29',
      source:
        'a USDC transfer of 51 431 gas cost $0.000995 at $0.069859 a POL on 2026-06-30 (krabarena.com): 277 gwei with the tip; it moved between 30 and 100 before',
    },
    tipGwei: {
      value: '25',
      unit: 'gwei a gas',
      basis: 'published',
      date: '2026-11-24',
      source: 'the least that nodes take (PIP-59 describes it)',
    },
    tokenUsd: {
      value: '0.07',
      low: '0.05',
      high: '0.30',
      unit: 'USD a POL',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'of the order of 2026; 0.069859 was read on 2026-06-30 (krabarena.com)',
    },
    blockSeconds: {
      value: '2',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'docs.polygon.technology',
    },
  },
}
