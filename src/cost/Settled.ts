/**
 * How long until a payment is settled: recorded payments, and the times at which each strategy and network would settle them. A
 * transaction waits for the next block; a bundle for its last payment first; a channel's or a clearing's payment for the end of its interval.
 */
import { figure, type Network } from './Networks.ts'
import type { Payment } from './Workload.ts'

/** Between two settlements of channels and clearing; assumed. */
export const intervalMs = 60_000

/** Payments in a bundle. */
const perBundle = 100

export const blockMs = (network: Network): number => Number(figure(network, 'blockSeconds').value) * 1000

const nextAt = (atMs: number, everyMs: number): number => (Math.floor(atMs / everyMs) + 1) * everyMs

/** When each payment of a strategy is handed to the chain. */
const handed = (payments: readonly Payment[], strategy: string): number[] => {
  if (strategy === 'channel' || strategy === 'clearing') return payments.map(({ atMs }) => nextAt(atMs, intervalMs))
  if (strategy !== 'multicall') return payments.map(({ atMs }) => atMs)
  return payments.map((_, i) => {
    const last = Math.min(payments.length, (Math.floor(i / perBundle) + 1) * perBundle) - 1
    return (payments[last] as Payment).atMs
  })
}

/** Milliseconds from payment to block, one each payment. @param payments by rising time */
export const waits = (payments: readonly Payment[], strategy: string, network: Network): number[] => {
  const block = blockMs(network)
  const at = handed(payments, strategy)
  return payments.map(({ atMs }, i) => nextAt(at[i] as number, block) - atMs)
}
