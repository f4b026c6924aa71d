/**
 * Keeps the ledger's copy of the chain: reads new blocks, journals what they changed, one run at a time. After each record ledger and chain
 * are compared (I13): the chain may never have settled more than the journal holds. Where it has, the journal is an older copy, and nothing
 * more is accepted (`ChainEvidence`).
 *
 * Where the chain replaces blocks that counted, the ledger goes back with it. Where it replaces more than can be undone, nothing is accepted
 * as long as that is so: a node that answered for another chain for some seconds must not need a person. Acceptance goes on only once the
 * chain has positively shown the block that was read last, or a fork that can be undone.
 */

import { ChainReplacedError, type Watcher } from '../chain/Watcher.ts'
import * as Account from '../core/Account.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as Ledger from '../core/Ledger.ts'
import type { Address } from '../core/Payment.ts'
import type { ChainRecord, Undone } from '../core/Record.ts'
import * as Turns from '../core/Turns.ts'
import type { Journal } from '../store/Journal.ts'
import * as ChainEvidence from './ChainEvidence.ts'
import type { Clock } from './Clock.ts'
import type { Commit } from './Commit.ts'
import type { NonceFence } from './NonceFence.ts'

export interface Sync {
  /**
   * Reads up to the newest block that counts. A block in which nothing of ours happened is journaled only when the next one that counts
   * is, so `Ledger.block` may lie behind the chain; what the ledger holds is right for every block from there to `block`.
   * @param through journal up to this block in any case, so that a report as of `Ledger.block` includes it
   */
  now(through?: bigint): Promise<void>
  /** Tells of a record from the journal, at start, once it has been applied. */
  remember(record: ChainRecord): void
  /** Resolves when this block has been read, however many confirmations that takes. */
  reached(block: bigint): Promise<void>
  /** The last block that has been read. */
  readonly block: bigint
}

export interface SyncOptions {
  readonly ledger: Ledger.Ledger
  readonly commit: Commit
  readonly journal: Pick<Journal, 'end' | 'term'>
  readonly watcher: Watcher
  readonly nonceFence: Pick<NonceFence, 'verify'>
  /** Ends acceptance, and says why. */
  readonly halt: (reason: Error) => void
  readonly clock: Clock
  /** The first block to read. */
  readonly startBlock: bigint
  /** Told of every chain record, once it is on disk. */
  readonly onChain: (record: ChainRecord) => void
  /** Told where ledger and chain do not agree. */
  readonly onDiscrepancy: (what: string) => void
  /** Told when blocks that counted were replaced, once the ledger has followed. */
  readonly onReorganised: (what: ChainReorganisedError) => void
  /** Told when a chain that had nothing in common with what was read (SL516) is the right one again. */
  readonly onResumed: () => void
}

/**
 * Accounts that owe more than they have, one line each: their payees are owed it all the same.
 * @param excused accounts that have spent a deposit whose block was replaced
 */
export const discrepancies = (
  ledger: Ledger.Ledger,
  record: ChainRecord,
  excused: ReadonlySet<string> = new Set(),
): string[] =>
  record.slots.flatMap(({ asset, account }) => {
    const position = Account.position(Ledger.account(ledger, asset, account))
    return position < 0n && !excused.has(asset + account) ? [`${account} owes ${-position} more than it has`] : []
  })

/** Keeps which accounts have spent a deposit whose block was replaced, until they are covered again. */
const shortAccounts = (ledger: Ledger.Ledger) => {
  const short = new Set<string>()
  return {
    all: short as ReadonlySet<string>,
    /** Returns those of this record. */
    observe(record: ChainRecord): Address[] {
      return record.slots.flatMap(({ asset, account }) => {
        const isShort = Account.position(Ledger.account(ledger, asset, account)) < 0n
        if (!isShort) short.delete(asset + account)
        else if (record.undone !== null) short.add(asset + account)
        return isShort ? [account] : []
      })
    },
  }
}

/** A service that starts again reads at most this many empty blocks anew. */
const mostEmpty = 1000n

const isEmpty = ({ slots, events, settlements, undone }: ChainRecord): boolean =>
  slots.length === 0 && events.length === 0 && settlements.length === 0 && undone === null

const greatest = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b))

export const create = (options: SyncOptions): Sync => {
  const { ledger, commit, journal, watcher, clock } = options
  const short = shortAccounts(ledger)
  /** Read and found empty, beyond `Ledger.block`. */
  let seen = options.startBlock - 1n
  let wanted = 0n
  const last = () => greatest(ledger.block, seen)

  let isHeld = false

  const next = async (): Promise<ChainRecord | undefined> => {
    try {
      const record = await watcher.next(last())
      if (isHeld && ((record?.undone ?? null) !== null || (await watcher.confirms(last())))) {
        isHeld = false
        commit.release('chain')
        options.onResumed()
      }
      return record
    } catch (error) {
      if (error instanceof ChainReplacedError) {
        isHeld = true
        commit.hold('chain', error)
      }
      throw error
    }
  }

  const run = Turns.shared(async () => {
    // What is wanted may have been seen before, and been empty; then its blocks are read again to be journaled.
    if (ledger.block < wanted && seen >= wanted) seen = ledger.block
    for (let blocks = 0; ; blocks++) {
      const record = await next()
      if (record === undefined) {
        if (blocks > 0) await options.nonceFence.verify()
        return
      }
      clock.observe(record.timestamp)
      const isWanted = ledger.block < wanted && record.block >= wanted
      if (isEmpty(record) && !isWanted && record.block - ledger.block < mostEmpty) {
        seen = record.block
        continue
      }
      const evidence = ChainEvidence.ofRecord(ledger, record, { position: journal.end, term: journal.term })
      if (evidence !== undefined) {
        options.onDiscrepancy(evidence.expected ?? evidence.code)
        options.halt(evidence)
        throw evidence
      }
      if (record.undone !== null) seen = record.block
      await commit.add(record)
      const found = short.observe(record)
      for (const what of discrepancies(ledger, record, short.all)) options.onDiscrepancy(what)
      if (record.undone !== null) options.onReorganised(new ChainReorganisedError(record, record.undone, found))
      options.onChain(record)
    }
  })

  return {
    remember(record) {
      watcher.remember(record)
      short.observe(record)
    },
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

/** The chain has replaced blocks that had counted. The ledger has followed; this says what it meant. */
export class ChainReorganisedError extends SunledgerError {
  override readonly name = 'ChainReorganisedError'
  constructor(record: ChainRecord, undone: Undone, short: readonly Address[]) {
    super('SL515', `The chain has replaced blocks after ${undone.after} that had counted.`, {
      expected: 'blocks that stay once --confirmations follow them',
      actual:
        `${undone.events.length} events and ${undone.settlements.length} settlements undone, ` +
        `${record.events.length} and ${record.settlements.length} new; ${short.length} accounts have spent a deposit that is gone` +
        (short.length === 0 ? '' : ` (first: ${short[0]})`),
      hint: 'The ledger has followed the chain, and what is unsettled again is sent again. Raise --confirmations if it happens often.',
      status: 503,
    })
  }
}
