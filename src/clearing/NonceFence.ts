/**
 * One journal, one settlement key: a nonce is journaled before a transaction goes out under it, and each start sends one empty transaction.
 * So the chain never counts more transactions of the key than the journal names. Where it does, another copy of the journal has sent them:
 * this one is older than it, or its twin, and must neither accept nor settle anything more.
 *
 * The other way round says nothing: what was journaled may never have been sent (a crash in between), may have been dropped, or its block
 * may have been replaced. A transaction that is offered more goes out under the nonce that it has.
 */
import { answered, type Client } from '../chain/Client.ts'
import type * as Sender from '../chain/Sender.ts'
import { ChainUnsteadyError } from '../chain/Watcher.ts'
import type { Ledger } from '../core/Ledger.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { Journal } from '../store/Journal.ts'
import { JournalOlderError } from '../store/Journal.ts'
import type { Commit } from './Commit.ts'
import type { Spender } from './Spender.ts'

export interface NonceFenceOptions {
  readonly client: Client
  /** The settlement key's. */
  readonly address: Address
  readonly ledger: Ledger
  readonly journal: Journal
  readonly commit: Pick<Commit, 'add' | 'failure'>
  /** Ends acceptance, and says why. */
  readonly halt: (reason: Error) => void
  /** Which chain it is. */
  readonly genesisHash: Hex
  /** The block of the deployment: what the key had sent before it has nothing to do with the journal. */
  readonly startBlock: bigint
  /** Told of what could not be found out or sent now. */
  readonly warn: (what: string) => void
}

export interface NonceFence extends Sender.Fence {
  /** To be called at start, before anything is accepted: is there more on chain than in the journal? @throws {JournalOlderError} */
  open(): Promise<void>
  /** Compares chain and journal now. @throws {JournalOlderError} @throws {ChainUnreachableError} */
  verify(): Promise<void>
  /** Marks this start on chain, once; to be called again where it could not be sent. Does not wait long for it to be mined. */
  markStart(sender: Spender): Promise<void>
}

/** 21 000 on most chains; some count the cost of publishing it as gas too. What is not used costs nothing. */
const gasOfStart = 100_000n
/** Mined at once on a local chain; elsewhere nobody waits for a block. */
const patienceMs = 2000
/** Between two attempts to mark the start. */
const pauseMs = 10_000

export const create = (options: NonceFenceOptions): NonceFence => {
  const { client, address, ledger, journal, commit, halt, warn } = options
  /** Nonces from here on are used by this process first. */
  let first = Number.POSITIVE_INFINITY
  let start: 'open' | 'underWay' | 'sent' = 'open'
  let triedMs = Number.NEGATIVE_INFINITY

  const older = (expected: string, actual: string): JournalOlderError => {
    const error = new JournalOlderError(expected, actual)
    halt(error)
    return error
  }

  const countAt = (at: { blockTag: 'latest' | 'pending' } | { blockNumber: bigint }): Promise<number> =>
    client.getTransactionCount({ address, ...at })

  const used = async (): Promise<number> => {
    const counts = await answered(
      client,
      Promise.all([countAt({ blockTag: 'latest' }), countAt({ blockTag: 'pending' })]),
    )
    return Math.max(...counts)
  }

  /**
   * A verdict is for good, so it is not given on one answer: a node that answers for another chain for some seconds is no proof. The chain has to
   * be ours, by its first block, and to say the same again.
   */
  const check = async (sent: number): Promise<void> => {
    const named = ledger.nextNonce ?? 0
    if (sent <= named) return
    const [{ hash }, again] = await answered(client, Promise.all([client.getBlock({ blockNumber: 0n }), used()]))
    if (hash !== options.genesisHash || again <= named) throw new ChainUnsteadyError()
    throw older(`${again} transactions of the settlement key ${address}, by the chain`, `${named} in the journal`)
  }

  /** Before a journal's first transaction: what the key had sent when the contracts were deployed. */
  const before = async (now: number): Promise<number> => {
    // A journal from before nonces were journaled.
    if (journal.end > 0) return now
    try {
      return await countAt({ blockNumber: options.startBlock })
    } catch (error) {
      warn(`what the settlement key had sent at block ${options.startBlock} is not known: ${(error as Error).message}`)
      return now
    }
  }

  const send = async (sender: Spender): Promise<void> => {
    try {
      await sender.send({ to: address, data: '0x', gas: gasOfStart }, sender.own('start'))
      start = 'sent'
    } catch (error) {
      start = 'open'
      warn(`the start could not be marked on chain, and is tried again: ${(error as Error).message}`)
    }
  }

  return {
    async open() {
      const sent = await used()
      ledger.nextNonce ??= await before(sent)
      first = ledger.nextNonce
      await check(sent)
    },
    async verify() {
      await check(await used())
    },
    async claim(nonce) {
      if (commit.failure !== undefined) throw commit.failure
      await check(nonce)
      if (nonce === ledger.nextNonce)
        await commit.add({ type: 'nonce', nonce, term: journal.term, start: start === 'underWay' })
    },
    overtaken(nonce) {
      // An earlier process may have sent something under it, shortly before it ended.
      if (nonce < first) return
      throw older(`the transaction that this service sent under nonce ${nonce}`, `another one by ${address}`)
    },
    async markStart(sender) {
      if (start !== 'open' || commit.failure !== undefined || performance.now() - triedMs < pauseMs) return
      triedMs = performance.now()
      start = 'underWay'
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs)
      })
      await Promise.race([send(sender), late])
      clearTimeout(timer)
    },
  }
}
