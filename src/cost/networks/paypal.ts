/** What a PayPal payment costs: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const paypal: Network = {
  name: 'paypal',
  title: 'PayPal',
  rule: 'percent',
  figures: {
    percent: {
      value: '3.49',
      unit: '% of the payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'PayPal, US merchant fees, checkout (paypal.com/us/business/paypal-business-fees, as quoted in 2026)',
    },
    fixedUsd: {
      value: '0.49',
      unit: 'USD a payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'PayPal, US merchant fees, checkout (as quoted in 2026)',
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
