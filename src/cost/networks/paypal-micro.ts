/** What a PayPal payment costs on the micropayments plan: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const paypalMicro: Network = {
  name: 'paypal-micro',
  title: 'PayPal micro',
  rule: 'percent',
  figures: {
    percent: {
      value: '4.99',
      unit: '% of the payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'PayPal, US merchant fees, micropayments (as quoted in 2026)',
    },
    fixedUsd: {
      value: '0.09',
      unit: 'USD a payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'PayPal, US merchant fees, micropayments (as quoted in 2026)',
    },
    leastUsd: {
      value: '0.01',
      unit: 'USD a payment',
      basis: 'published',
      date: '2026-11-29',
      source: 'whole cents',
    },
  },
}
