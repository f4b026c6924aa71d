/** What a card payment costs: every figure with its basis, date and source. */
import type { Network } from '../Network.ts'

export const card: Network = {
  name: 'card',
  title: 'Card',
  rule: 'percent',
  figures: {
    percent: {
      value: '2.9',
      unit: '% of the payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'Stripe, standard domestic card online (stripe.com/pricing, as quoted in 2026)',
    },
    fixedUsd: {
      value: '0.30',
      unit: 'USD a payment',
      basis: 'published',
      date: '2026-11-24',
      source: 'Stripe, standard domestic card online (stripe.com/pricing, as quoted in 2026)',
    },
    leastUsd: {
      value: '0.50',
      unit: 'USD a payment',
      basis: 'published',
      date: '2026-11-29',
      source: 'Stripe, minimum charge in US dollars (docs.stripe.com/currencies, minimum and maximum charge amounts)',
    },
  },
  note: 'Settles in days.',
}
