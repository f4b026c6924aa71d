/**
 * Circle Gateway nanopayments, as published: the buyer deposits once, by a transaction of its own; payments are signed off chain, from
 * $0.000001, and netted by Circle, which pays for that; a seller withdraws once, for a fixed fee of the chain that it withdraws from.
 */
import type { Figure } from './Network.ts'

const source = 'Circle Gateway, fees (developers.circle.com/gateway/references/fees)'

const withdrawal = (value: string): Figure => ({
  value,
  unit: 'USD per withdrawal to the same chain',
  basis: 'published',
  date: '2026-11-29',
  source,
})

/** By the name of the network that money is deposited on and withdrawn to. */
export const withdrawalUsd: Readonly<Record<string, Figure>> = {
  ethereum: withdrawal('2'),
  base: withdrawal('0.01'),
  optimism: withdrawal('0.0015'),
  arbitrum: withdrawal('0.01'),
  polygon: withdrawal('0.0015'),
}

export const depositGas: Figure = {
  value: '100000',
  unit: 'gas per deposit',
  basis: 'assumed',
  date: '2026-11-29',
  source: 'as much as a deposit by ERC-3009 authorization into a new account takes in this project',
}

/** Bytes of such a deposit after FastLZ and after Brotli, as of this project's own. */
export const depositBytes = 330
