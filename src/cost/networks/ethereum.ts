/** What a transaction costs on Ethereum: every figure with its basis, date and source. */
import type { Figure, Network } from '../Network.ts'

export const baseFeeGwei: Figure = {
  value: '0.5',
  low: '0.05',
  high: '5',
  unit: 'gwei a gas',
  basis: 'assumed',
  date: '2026-11-23',
  source: 'the geometric middle of 0.05 to 5 gwei, between which it moves; 0.12 gwei was read in July 2026',
}

export const tokenUsd: Figure = {
  value: '2000',
  low: '1500',
  high: '4000',
  unit: 'USD an ETH',
  basis: 'assumed',
  date: '2026-11-23',
  source:
    'the price that the documentation of Base reckons with (docs.base.org, network fees); 1569.68 was read on 2026-06-30 (krabarena.com) and 1869 in July',
}

export const ethereum: Network = {
  name: 'ethereum',
  title: 'Ethereum',
  rule: 'ethereum',
  figures: {
    baseFeeGwei,
    tipGwei: {
      value: '0.05',
      unit: 'gwei a gas',
      basis: 'assumed',
      date: '2026-11-23',
      source: 'a tenth of the base fee',
    },
    blockSeconds: {
      value: '12',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'ethereum.org: a slot of twelve seconds',
    },
    tokenUsd,
  },
}
