/**
 * Keeps the ledger's copy of the chain: reads new blocks, journals what they changed, one run at a time. After each run ledger and chain
 * are compared (I13): the chain may never have settled more than the journal holds.
 */

import type { Watcher } from '../chain/Watcher.ts'
import * as Account from '../core/Account.ts'
import * as Ledger from '../core/Ledger.ts'
import type { ChainRecord } from '../core/Record.ts'
import type { Clock } from './Clock.ts'
import type { Commit } from './Commit.ts'

export interface Sync {
  /** Reads up to the newest block; a call during a run gets a run of its own after it. */
  now(): Promise<void>
}

export interface SyncOptions {
  readonly ledger: Ledger.Ledger
  readonly commit: Commit
  readonly watcher: Watcher
  readonly clock: Clock
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

export const create = (options: SyncOptions): Sync => {
  const { ledger, commit, watcher, clock } = options
  let running: Promise<void> | undefined
  let queued: Promise<void> | undefined

  const run = async (): Promise<void> => {
    for (;;) {
      const record = await watcher.next(ledger.block)
      if (record === undefined) return
      clock.observe(record.timestamp)
      // Blocks that changed nothing of ours are not journaled each; the next record that counts passes over them.
      if (record.slots.length === 0 && record.events.length === 0 && record.settlements.length === 0) {
        if (record.block - ledger.block < 1000n) return
      }
      await commit.add(record)
      for (const what of discrepancies(ledger, record)) options.onDiscrepancy(what)
      options.onChain(record)
    }
  }

  const begin = (): Promise<void> => {
    running = run().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    now() {
      if (running === undefined) return begin()
      queued ??= running
        .catch(() => undefined)
        .then(() => {
          queued = undefined
          return begin()
        })
      return queued
    },
  }
}
