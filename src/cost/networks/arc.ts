/** What a transaction costs on Arc: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const arc: Network = {
  name: 'arc',
  title: 'Arc',
  rule: 'dollarGas',
  figures: {
    gasPriceAttodollars: {
      value: '20000000000',
      unit: 'attodollars a gas',
      basis: 'published',
      date: '2026-11-24',
      source: 'minimum base fee of 20 gwei in USDC of 18 decimals (docs.arc.io, gas and fees)',
    },
    blockSeconds: {
      value: '0.5',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'docs.arc.io',
    },
  },
}
