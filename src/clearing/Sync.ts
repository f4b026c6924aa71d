/**
 * Keeps the ledger's copy of the chain: reads new blocks, journals what they changed, one run at a time. After each run ledger and chain
 * are compared (I13): the chain may never have settled more than the journal holds.
 */

import type { Watcher } from '../chain/Watcher.ts'
import * as Account from '../core/Account.ts'
import * as Ledger from '../core/Ledger.ts'
import type { ChainRecord } from '../core/Record.ts'
import * as Turns from '../core/Turns.ts'
import type { Clock } from './Clock.ts'
import type { Commit } from './Commit.ts'

export interface Sync {
  /**
   * Reads up to the newest block that counts. A block in which nothing of ours happened is journaled only when the next one that counts
   * is, so `Ledger.block` may lie behind the chain; what the ledger holds is right for every block from there to `block`.
   * @param through journal up to this block in any case, so that a report as of `Ledger.block` includes it
   */
  now(through?: bigint): Promise<void>
  /** Resolves when this block has been read, however many confirmations that takes. */
  reached(block: bigint): Promise<void>
  /** The last block that has been read. */
  readonly block: bigint
}

export interface SyncOptions {
  readonly ledger: Ledger.Ledger
  readonly commit: Commit
  readonly watcher: Watcher
  readonly clock: Clock
  /** The first block to read. */
  readonly startBlock: bigint
  /** Told of every chain record, once it is on disk. */
  readonly onChain: (record: ChainRecord) => void
  /** Told where ledger and chain do not agree. */
  readonly onDiscrepancy: (what: string) => void
}

/** What cannot be, if journal and chain belong together; one line each. */
export const discrepancies = (ledger: Ledger.Ledger, record: ChainRecord): string[] =>
  record.slots.flatMap(({ asset, account }) => {
    const a = Ledger.account(ledger, asset, account)
    const found: string[] = []
    if (a.settled.debited > a.debitTotal)
      found.push(`${account} has ${a.settled.debited} debited on chain and ${a.debitTotal} in the journal`)
    if (a.settled.credited > a.creditTotal)
      found.push(`${account} has ${a.settled.credited} credited on chain and ${a.creditTotal} in the journal`)
    if (Account.position(a) < 0n) found.push(`${account} owes ${-Account.position(a)} more than it has`)
    return found
  })

/** A service that starts again reads at most this many empty blocks anew. */
const mostEmpty = 1000n

const isEmpty = ({ slots, events, settlements }: ChainRecord): boolean =>
  slots.length === 0 && events.length === 0 && settlements.length === 0

const greatest = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b))

export const create = (options: SyncOptions): Sync => {
  const { ledger, commit, watcher, clock } = options
  /** Read and found empty, beyond `Ledger.block`. */
  let seen = options.startBlock - 1n
  let wanted = 0n
  const last = () => greatest(ledger.block, seen)

  const run = Turns.shared(async () => {
    // What is wanted may have been seen before, and been empty; then its blocks are read again to be journaled.
    if (ledger.block < wanted && seen >= wanted) seen = ledger.block
    for (;;) {
      const record = await watcher.next(last())
      if (record === undefined) return
      clock.observe(record.timestamp)
      const isWanted = ledger.block < wanted && record.block >= wanted
      if (isEmpty(record) && !isWanted && record.block - ledger.block < mostEmpty) {
        seen = record.block
        continue
      }
      await commit.add(record)
      for (const what of discrepancies(ledger, record)) options.onDiscrepancy(what)
      options.onChain(record)
    }
  })

  return {
    now(through = 0n) {
      wanted = greatest(wanted, through)
      return run()
    },
    async reached(block) {
      for (let waitMs = 10; last() < block; waitMs = Math.min(2 * waitMs, 2000)) {
        await run()
        if (last() < block) await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    },
    get block() {
      return last()
    },
  }
}
