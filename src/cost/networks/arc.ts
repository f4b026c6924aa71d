/** What a transaction costs on Arc: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const arc: Network = {
  name: 'arc',
  title: 'Arc',
  rule: 'dollarGas',
  figures: {
    gasPriceAttodollars: {
      value: '154000000000',
      low: '20000000000',
      high: '480000000000',
      unit: 'attodollars per gas',
      basis: 'assumed',
      date: '2026-11-29',
      source:
        'the base fee’s target of about $0.01 per transaction (docs.arc.io, gas and fees) over the 65 000 gas that the same documentation gives for an ERC-20 transfer; mainnet opened on 16 September 2026 and its price was not read; 20 gwei of USDC is the floor of the testnet',
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
