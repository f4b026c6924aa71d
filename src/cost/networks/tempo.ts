/** What a transaction costs on Tempo: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const tempo: Network = {
  name: 'tempo',
  title: 'Tempo',
  rule: 'dollarGas',
  figures: {
    gasPriceAttodollars: {
      value: '2700000000',
      low: '600000000',
      high: '12000000000',
      unit: 'attodollars per gas',
      basis: 'assumed',
      date: '2026-11-24',
      source:
        'the geometric middle of 600 000 000 and 12 000 000 000, between which TIP-1067 moves the base fee since July 2026',
    },
    newSlotGas: {
      value: '230000',
      unit: 'gas per storage slot used for the first time, beyond Ethereum’s 20 000',
      basis: 'published',
      date: '2026-11-29',
      source: 'TIP-1000: 250 000 gas for a new state element in place of 20 000 (docs.tempo.xyz)',
    },
    transferGas: {
      value: '50000',
      unit: 'gas per direct transfer',
      basis: 'published',
      date: '2026-11-29',
      source: 'TIP-1010: a standard TIP-20 transfer takes about 50 000 gas (docs.tempo.xyz)',
    },
    blockSeconds: {
      value: '0.5',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'docs.tempo.xyz',
    },
  },
  note: 'Gas is by Tempo’s own schedule: 250 000 for each storage slot that is used for the first time (TIP-1000; the slots are counted in this run), and 50 000 for a direct transfer of its built-in token (TIP-1010). Wallets are taken to exist, as everywhere.',
}
