/** What an ACH debit costs: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const ach: Network = {
  name: 'ach',
  title: 'ACH',
  rule: 'percent',
  figures: {
    percent: {
      value: '0.8',
      unit: '% of the payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'Stripe, ACH direct debit (stripe.com/pricing, as quoted in 2026)',
    },
    fixedUsd: {
      value: '0',
      unit: 'USD a payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'Stripe, ACH direct debit (stripe.com/pricing, as quoted in 2026)',
    },
    capUsd: {
      value: '5',
      unit: 'USD a payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'Stripe, ACH direct debit: at most (stripe.com/pricing, as quoted in 2026)',
    },
    leastUsd: {
      value: '0.01',
      unit: 'USD a payment',
      basis: 'published',
      date: '2026-11-29',
      source: 'whole cents (Nacha: entries carry amounts in cents)',
    },
  },
  note: 'Moves whole cents, settles in days, and can be called back for weeks.',
}
