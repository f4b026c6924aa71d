/**
 * What other systems take, as published: gas over the whole life, a payment, measured by running their contracts on one local chain
 * before this project began (MEASURES 3). They stand beside what is measured here and are no part of any ratio.
 */

export interface Peer {
  readonly name: string
  readonly title: string
  readonly workload: 'W1' | 'W2'
  /** Payments and gas a payment over the whole life. */
  readonly points: readonly { readonly payments: number; readonly gas: number }[]
}

export const date = '2026-11-23'
export const source = 'their published contracts run on one local chain before this project began (hardfork Osaka)'

const at = (counts: readonly number[], gas: readonly number[]) =>
  counts.map((payments, i) => ({ payments, gas: gas[i] as number }))

const w1 = [1, 100, 10_000]
const w2 = [100, 10_000, 1_000_000]

export const peers: readonly Peer[] = [
  { name: 'x402-batch', title: 'x402 batch-settlement', workload: 'W1', points: at(w1, [213_714, 2_137, 21]) },
  { name: 'x402-batch', title: 'x402 batch-settlement', workload: 'W2', points: at(w2, [107_364, 10_736, 107]) },
  { name: 'graphtally', title: 'GraphTally', workload: 'W2', points: at(w2, [279_585, 23_066, 231]) },
  { name: 'raiden', title: 'Raiden', workload: 'W2', points: at(w2, [291_240, 29_124, 291]) },
  { name: 'superfluid', title: 'Superfluid', workload: 'W2', points: at(w2, [701_214, 57_131, 571]) },
  { name: 'filecoin-pay', title: 'Filecoin Pay', workload: 'W2', points: at(w2, [799_176, 57_624, 576]) },
  { name: 'orchid', title: 'Orchid, 1 in 100', workload: 'W1', points: at(w1, [89_480, 1_573, 693]) },
]
