/** When the service settles, how long it waits for the chain's node, and how often it keeps its ledger whole: the same flags for `serve`, which passes them on, and for the service's own process. */
import { type Command, InvalidArgumentError } from 'commander'
import { parseGwei } from 'viem'
import { wholeNumber } from './Limits.ts'

export interface Flags {
  /** Wei. */
  readonly dearGas?: bigint
  /** Seconds. */
  readonly mostDelay: number
  /** Milliseconds. */
  readonly rpcTimeout: number
  readonly snapshotEvery?: number
}

const gwei = (text: string): bigint => {
  // A wei is a billionth of it.
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(text))
    throw new InvalidArgumentError(`Expected a number of gwei such as 20 or 0.05, got ${JSON.stringify(text)}.`)
  return parseGwei(text)
}

const inGwei = (wei: bigint): string => `${wei / 1_000_000_000n}.${`${wei % 1_000_000_000n}`.padStart(9, '0')}`

export const add = (command: Command): Command =>
  command
    .option('--dear-gas <gwei>', 'put settlement off while a unit of gas costs more than this', gwei)
    .option('--most-delay <seconds>', 'how long at most', wholeNumber(0, 604_800), 3600)
    .option(
      '--rpc-timeout <ms>',
      'how long the chain’s node may take to answer; it is asked three times',
      wholeNumber(1, 600_000),
      30_000,
    )
    .option(
      '--snapshot-every <records>',
      'records after which the ledger is kept whole, so that a start is quick (a million unless told)',
      wholeNumber(1, 1_000_000_000),
    )

/** As arguments of the service's own process. */
export const args = ({ dearGas, mostDelay, rpcTimeout, snapshotEvery }: Flags): string[] => [
  ...(dearGas === undefined ? [] : ['--dear-gas', inGwei(dearGas)]),
  ...['--most-delay', String(mostDelay), '--rpc-timeout', String(rpcTimeout)],
  ...(snapshotEvery === undefined ? [] : ['--snapshot-every', String(snapshotEvery)]),
]
