/** What a payment costs on Solana: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const solana: Network = {
  name: 'solana',
  title: 'Solana',
  rule: 'signature',
  figures: {
    signatures: {
      value: '1',
      unit: 'signatures a payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'solana.com/docs, fees: one signer',
    },
    feePerSignature: {
      value: '5000',
      unit: 'lamports a signature',
      basis: 'published',
      date: '2026-11-24',
      source: 'solana.com/docs, fees: base fee',
    },
    priorityFee: {
      value: '1000',
      unit: 'lamports a payment',
      basis: 'assumed',
      date: '2026-11-24',
      low: '0',
      high: '100000',
      source:
        '10 000 micro-lamports × 100 000 compute units: enough outside of congestion; a hundred times that within',
    },
    unitsPerToken: {
      value: '1000000000',
      unit: 'lamports a SOL',
      basis: 'published',
      date: '2026-11-24',
      source: 'solana.com/docs',
    },
    tokenUsd: {
      value: '100',
      unit: 'USD a SOL',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'of the order of 2026; not looked up on the day',
    },
    blockSeconds: {
      value: '0.4',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'solana.com/docs: a slot of about 400 ms',
    },
  },
  note: 'Comparison only: a token transfer between accounts that exist; opening one locks rent on top.',
}
