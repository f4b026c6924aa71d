/** What a payment costs on Bitcoin: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const bitcoin: Network = {
  name: 'bitcoin',
  title: 'Bitcoin',
  rule: 'bytes',
  figures: {
    bytes: {
      value: '141',
      unit: 'virtual bytes a payment',
      basis: 'published',
      date: '2026-11-24',
      source:
        'one native-segwit input, two outputs (bitcoin.stackexchange.com 100159: 68 an input, 31 an output, 10.5 around)',
    },
    feePerByte: {
      value: '3',
      unit: 'satoshis a virtual byte',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'the geometric middle of 1 to 10',
    },
    unitsPerToken: {
      value: '100000000',
      unit: 'satoshis a BTC',
      basis: 'published',
      date: '2026-11-24',
      source: 'its definition',
    },
    tokenUsd: {
      value: '70000',
      unit: 'USD a BTC',
      basis: 'assumed',
      date: '2026-11-24',
      source: 'of the order of 2026; not looked up on the day',
    },
    blockSeconds: {
      value: '600',
      unit: 's',
      basis: 'published',
      date: '2026-11-24',
      source: 'the interval that its difficulty aims at',
    },
    leastUnits: {
      value: '294',
      unit: 'satoshis a payment',
      basis: 'published',
      date: '2026-11-29',
      source: 'below it nodes relay no native-segwit output (Bitcoin Core, dust limit)',
    },
  },
  note: 'Comparison only: a payment on the chain itself, not over Lightning.',
}
