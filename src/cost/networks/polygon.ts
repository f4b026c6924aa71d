/** What a transaction costs on Polygon: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const polygon: Network = {
  name: 'polygon',
  title: 'Polygon',
  rule: 'ethereum',
  figures: {
    baseFeeGwei: {
      value: '55',
      unit: 'gwei a gas',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'the geometric middle of 30 to 100 gwei, between which it moved in 2026',
    },
    tipGwei: {
      value: '25',
      unit: 'gwei a gas',
      basis: 'published',
      date: '2026-11-24',
      source: 'the least that nodes take (PIP-59 describes it)',
    },
    tokenUsd: {
      value: '0.15',
      unit: 'USD a POL',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'of the order of 2026; not looked up on the day',
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
