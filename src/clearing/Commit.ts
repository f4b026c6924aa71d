/**
 * Group commit: records are applied to the ledger the moment they are added, in order; everything that was added while the event loop was
 * busy goes to disk as one unit with one signature over the tree of its credits; only then is anybody answered (I11).
 *
 * When writing fails the ledger in memory is ahead of the disk. It is rebuilt from the journal at once, so that nobody is shown what was
 * not kept, and nothing more is accepted until the service has been started again.
 */
import * as Ledger from '../core/Ledger.ts'
import type { Credit, Hex, Receipt } from '../core/Payment.ts'
import * as Record from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Merkle from '../crypto/Merkle.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Journal, StoredPayment } from '../store/Journal.ts'
import { replay } from './Replay.ts'

/** A payment's receipt and where it stands in the journal. */
export interface Committed {
  readonly position: number
  readonly receipts: readonly Receipt[]
}

export interface Commit {
  /** Applies a record now; resolves when it is on disk. @throws {JournalWriteError} */
  add(record: Record.Record): Promise<Committed>
  /** Reads the ledger at a moment at which all of it is on disk. @throws {JournalWriteError} where it could not be rebuilt */
  quiet<T>(read: () => T): Promise<T>
  /** Ends acceptance for a reason of another kind. */
  halt(reason: Error): void
  /** The error that ended acceptance, if one did. */
  readonly failure: Error | undefined
}

/** What went to disk together. */
export interface Group {
  readonly records: number
  readonly payments: number
  /** From the first hash to the disk's word. */
  readonly tookMs: number
}

/** The credit that a payment made. */
export const creditOf = (record: Record.PaymentRecord): Credit => ({
  asset: record.asset,
  account: record.payee,
  total: record.creditTotal,
  history: record.creditHistory,
  debit: record.id,
})

const receiptOf = (record: Record.PaymentRecord, signature: Hex, branch: readonly Hex[]): Receipt => ({
  payment: {
    asset: record.asset,
    payee: record.payee,
    amount: record.amount,
    reference: record.reference,
    validUntil: record.validUntil,
    total: record.total,
    history: record.history,
    signature: record.signature,
    id: record.id,
    payer: record.payer,
  },
  credit: creditOf(record),
  before: record.creditBefore,
  proof: { signature, branch },
})

/** Trees of groups that were read back, so that reading all payments of a group hashes it once. */
const trees = new WeakMap<readonly Record.PaymentRecord[], Merkle.Tree>()

const treeOf = (domain: Digest.Domain, group: readonly Record.PaymentRecord[]): Merkle.Tree => {
  const known = trees.get(group)
  if (known !== undefined) return known
  const tree = Merkle.build(group.map((record) => Digest.credit(domain, creditOf(record))))
  trees.set(group, tree)
  return tree
}

/** The receipt of a payment that stands in the journal. */
export const receiptFrom = (domain: Digest.Domain, { record, group, seal }: StoredPayment): Receipt => {
  const leaf = group.findIndex(({ id }) => id === record.id)
  return receiptOf(record, seal, Merkle.branch(treeOf(domain, group), leaf))
}

interface Waiter {
  readonly record: Record.Record
  readonly resolve: (committed: Committed) => void
  readonly reject: (error: Error) => void
}

export const create = (
  ledger: Ledger.Ledger,
  journal: Journal,
  domain: Digest.Domain,
  creditKey: Hex,
  onGroup: (group: Group) => void = () => {},
): Commit => {
  let waiting: Waiter[] = []
  let flushing: Promise<void> | undefined
  let failure: Error | undefined
  /** Writing failed, and reading what is on disk did too. */
  let isLost = false

  const write = async (group: readonly Waiter[]): Promise<void> => {
    const records = group.map(({ record }) => record)
    const paid = records.flatMap(Record.payments)
    const first = journal.end + 1
    const began = performance.now()
    try {
      if (failure !== undefined) throw failure
      let made: Receipt[] = []
      let seal: Hex | undefined
      if (paid.length > 0) {
        const tree = Merkle.build(paid.map((record) => Digest.credit(domain, creditOf(record))))
        const signature = Signature.sign(Digest.credits(domain, Merkle.root(tree)), creditKey)
        made = paid.map((record, leaf) => receiptOf(record, signature, Merkle.branch(tree, leaf)))
        seal = signature
      }
      await journal.append(records, seal)
      onGroup({ records: records.length, payments: paid.length, tookMs: performance.now() - began })
      let next = 0
      group.forEach(({ record, resolve }, i) => {
        const count = Record.payments(record).length
        resolve({ position: first + i, receipts: made.slice(next, next + count) })
        next += count
      })
    } catch (error) {
      const reason = failure ?? fail(error as Error)
      for (const { reject } of group) reject(reason)
    }
  }

  const fail = (error: Error): Error => {
    failure = error
    const kept = Ledger.create([...ledger.assets])
    try {
      replay(journal, kept)
    } catch {
      isLost = true
    }
    Object.assign(ledger, kept)
    return error
  }

  const flush = async (): Promise<void> => {
    // One turn of the event loop gathers the requests that have arrived together.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      await write(group)
    }
    flushing = undefined
  }

  return {
    add(record) {
      if (failure !== undefined) return Promise.reject(failure)
      Ledger.apply(ledger, record)
      return new Promise((resolve, reject) => {
        waiting.push({ record, resolve, reject })
        flushing ??= flush()
      })
    },
    async quiet(read) {
      while (flushing !== undefined) await flushing
      if (isLost) throw failure
      return read()
    },
    halt(reason) {
      failure ??= reason
    },
    get failure() {
      return failure
    },
  }
}
