/** What a payment costs on Dogecoin: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const dogecoin: Network = {
  name: 'dogecoin',
  title: 'Dogecoin',
  rule: 'bytes',
  figures: {
    bytes: {
      value: '226',
      unit: 'bytes a payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'one input, two outputs: 148 + 2 × 34 + 10',
    },
    feePerByte: {
      value: '1000',
      unit: 'koinu a byte',
      basis: 'published',
      date: '2026-11-24',
      source: '0.01 DOGE a kilobyte, counted exactly (Dogecoin Core 1.14.5, doc/fee-recommendation.md)',
    },
    unitsPerToken: {
      value: '100000000',
      unit: 'koinu a DOGE',
      basis: 'published',
      date: '2026-11-24',
      source: 'its definition',
    },
    tokenUsd: {
      value: '0.10',
      unit: 'USD a DOGE',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'of the order of 2026; not looked up on the day',
    },
    blockSeconds: {
      value: '60',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'the interval that its difficulty aims at',
    },
    leastUnits: {
      value: '1000000',
      unit: 'hundred-millionths of a DOGE a payment',
      basis: 'published',
      date: '2026-11-29',
      source: '0.01 DOGE, the dust limit (Dogecoin Core 1.14.5, doc/fee-recommendation.md)',
    },
  },
  note: 'Comparison only.',
}
