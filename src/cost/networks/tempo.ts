/** What a transaction costs on Tempo: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const tempo: Network = {
  name: 'tempo',
  title: 'Tempo',
  rule: 'dollarGas',
  figures: {
    gasPriceAttodollars: {
      value: '2700000000',
      unit: 'attodollars a gas',
      basis: 'assumed',
      date: '2026-11-24',
      source:
        'the geometric middle of 600 000 000 and 12 000 000 000, between which TIP-1067 moves the base fee since July 2026',
    },
    blockSeconds: {
      value: '0.5',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'docs.tempo.xyz',
    },
  },
  note: 'Gas is by Ethereum’s schedule. Tempo’s own charges 250 000 for storage that is used for the first time (TIP-1000) and about 50 000 for a transfer, so the whole life of anything that opens accounts costs more there than shown.',
}
