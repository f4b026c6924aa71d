/**
 * Group commit: records are applied to the ledger the moment they are added, in order; everything that was added while the event loop was
 * busy goes to disk as one unit with one signature over the tree of its credits; only then is anybody answered (I11).
 *
 * When writing fails the ledger in memory is ahead of the disk. It is rebuilt from the journal at once, so that nobody is shown what was
 * not kept, and nothing more is accepted until the service has been started again.
 */
import * as Ledger from '../core/Ledger.ts'
import * as Packed from '../core/Packed.ts'
import type { Address, Credit, Hex, Receipt } from '../core/Payment.ts'
import * as ReceiptText from '../core/ReceiptText.ts'
import * as Record from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Merkle from '../crypto/Merkle.ts'
import { creditInto } from '../crypto/Packed.ts'
import * as Signature from '../crypto/Signature.ts'
import type { Entry, Journal, StoredPayment } from '../store/Journal.ts'
import { enough, gather } from './Gather.ts'
import { replay } from './Replay.ts'

export interface Commit {
  /** Applies a record now; resolves with its position when it is on disk. @throws {JournalWriteError} */
  add(record: Record.Record): Promise<number>
  /** The same for a payment, or the two of a sale, as bytes that nobody changes any more; hands over what was made of each. */
  take(legs: readonly Packed.Packed[], then: Then): void
  /** Resolves when all that has been added so far is on disk: what others are to act on must be. @throws {JournalWriteError} */
  kept(): Promise<void>
  /**
   * Reads the ledger now, and tells when all that was read is on disk; where it cannot be written, what is there instead.
   * @param read given the position of the last record that counts
   * @throws {JournalWriteError} the ledger could not be rebuilt
   */
  quiet<T>(read: (position: number) => T): Promise<T>
  /** Resolves when nothing is on its way to disk. With payments coming in all the time that may be never. */
  idle(): Promise<void>
  /** The receipt of a payment that stands in the journal. */
  receiptOf(stored: StoredPayment): Receipt
  /** Ends acceptance for a reason of another kind. */
  halt(reason: Error): void
  /** The error that ended acceptance, if one did. */
  readonly failure: Error | undefined
}

/** Told how it went. */
export interface Then {
  /** @param position of the record, on disk */
  resolve(legs: readonly Sealed[], position: number): void
  reject(error: Error): void
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

/**
 * Receipts of payments that stand in the journal, proven under the credit key of today: what a replaced key has signed no longer draws on the
 * pool, and collects nothing (PROTOCOL 3.3).
 */
const proving = (domain: Digest.Domain, creditKey: Hex): Commit['receiptOf'] => {
  const own = Signature.addressOf(creditKey)
  /** Of groups that were read back, so that reading all payments of a group hashes it once. */
  const sealings = new WeakMap<readonly Record.PaymentRecord[], { readonly tree: Merkle.Tree; readonly seal: Hex }>()

  const sealingOf = ({ group, seal }: StoredPayment) => {
    const known = sealings.get(group)
    if (known !== undefined) return known
    const tree = Merkle.build(group.map((record) => Digest.credit(domain, creditOf(record))))
    const digest = Digest.credits(domain, Merkle.root(tree))
    const isOwn = Signature.recover(digest, seal) === own
    const made = { tree, seal: isOwn ? seal : Signature.sign(digest, creditKey) }
    sealings.set(group, made)
    return made
  }

  return (stored) => {
    const { tree, seal } = sealingOf(stored)
    const leaf = stored.group.findIndex(({ id }) => id === stored.record.id)
    return receiptOf(stored.record, seal, Merkle.branch(tree, leaf))
  }
}

/** A payment on disk, with the tree of its group: its receipt is made when it is asked for. */
export interface Sealed {
  readonly payment: Packed.Packed
  readonly position: number
  payee(): Address
  receipt(): Receipt
  /** The same as JSON. */
  json(): string
}

/** A class, because one is made for every payment: closures would take five times the memory. */
class SealedPayment implements Sealed {
  readonly payment: Packed.Packed
  readonly position: number
  readonly #group: Sealing
  readonly #leaf: number
  #receipt: Receipt | undefined
  #payee: Address | undefined

  constructor(payment: Packed.Packed, position: number, group: Sealing, leaf: number) {
    this.payment = payment
    this.position = position
    this.#group = group
    this.#leaf = leaf
  }
  payee(): Address {
    this.#payee ??= Packed.payee(this.payment)
    return this.#payee
  }
  receipt(): Receipt {
    this.#receipt ??= receiptOf(Packed.toRecord(this.payment), this.#group.seal, this.#branch())
    return this.#receipt
  }
  json(): string {
    return ReceiptText.from(this.payment, this.#group.seal, this.#branch())
  }
  #branch(): Hex[] {
    return Merkle.branchOf(this.#group.tree, this.#leaf)
  }
}

interface Sealing {
  readonly tree: Merkle.ByteTree
  readonly seal: Hex
}

interface Waiter {
  readonly entry: Entry
  readonly told: Then
}

/** What goes to disk together, and who is told when it is there, or is not. */
interface Gathered {
  readonly waiters: Waiter[]
  readonly watchers: (() => void)[]
}

/** The payments of a group, in order. */
const paymentsOf = (entries: readonly Entry[]): readonly Packed.Packed[] => {
  const paid: Packed.Packed[] = []
  for (const entry of entries)
    paid.push(...(Packed.isList(entry) ? entry : Record.payments(entry).map(Packed.fromRecord)))
  return paid
}

const sealOf = (domain: Digest.Domain, creditKey: Hex, paid: readonly Packed.Packed[]): Sealing => {
  const leaves = Buffer.allocUnsafe(32 * paid.length)
  const view = Packed.viewOf(leaves)
  paid.forEach((payment, leaf) => {
    creditInto(view, 32 * leaf, domain, payment)
  })
  const tree = Merkle.buildBytes(leaves)
  return { tree, seal: Signature.sign(Digest.credits(domain, Merkle.rootOf(tree)), creditKey) }
}

export const create = (
  ledger: Ledger.Ledger,
  journal: Journal,
  domain: Digest.Domain,
  creditKey: Hex,
  onGroup: (group: Group) => void = () => {},
): Commit => {
  let gathering: Gathered = { waiters: [], watchers: [] }
  let writing: Gathered | undefined
  let flushing: Promise<void> | undefined
  let failure: Error | undefined
  /** Position of the last record that was added. */
  let end = journal.end
  /** Once writing has failed: the ledger is what is on disk, or that could not be read either. */
  let state: 'ahead' | 'rebuilt' | 'lost' = 'ahead'

  /** Brings a group to disk; resolves, when it is there or cannot be, with what tells those who wait for it. */
  const write = async ({ waiters, watchers }: Gathered): Promise<() => void> => {
    const entries = waiters.map(({ entry }) => entry)
    const paid = paymentsOf(entries)
    const first = journal.end + 1
    const began = performance.now()
    try {
      if (failure !== undefined) throw failure
      const sealing = paid.length === 0 ? undefined : sealOf(domain, creditKey, paid)
      await journal.append(entries, sealing?.seal)
      onGroup({ records: entries.length, payments: paid.length, tookMs: performance.now() - began })
      return () => {
        let next = 0
        waiters.forEach(({ entry, told }, i) => {
          const made: Sealed[] = []
          if (!Packed.isList(entry)) next += Record.payments(entry).length
          else for (const leg of entry) made.push(new SealedPayment(leg, first + i, sealing as Sealing, next++))
          told.resolve(made, first + i)
        })
        for (const tell of watchers) tell()
      }
    } catch (error) {
      failure ??= error as Error
      const reason = failure
      rebuild()
      return () => {
        for (const { told } of waiters) told.reject(reason)
        for (const tell of watchers) tell()
      }
    }
  }

  /** Takes the ledger back to what is on disk, once. */
  const rebuild = (): void => {
    if (state !== 'ahead') return
    state = 'rebuilt'
    const kept = Ledger.create([...ledger.assets])
    try {
      replay(journal, kept)
    } catch {
      state = 'lost'
    }
    Object.assign(ledger, kept)
  }

  /**
   * One group after the other. Where enough wait already, they are sent to disk before those of the last group are told: what the answers bring
   * is checked while the disk works, and the two take turns.
   */
  const flush = async (): Promise<void> => {
    let tellLast = (): void => {}
    while (gathering.waiters.length > 0) {
      if (gathering.waiters.length < enough) {
        tellLast()
        tellLast = () => {}
        await gather(() => gathering.waiters.length)
      }
      writing = gathering
      gathering = { waiters: [], watchers: [] }
      const written = write(writing)
      tellLast()
      tellLast = await written
      writing = undefined
    }
    flushing = undefined
    tellLast()
  }

  const enqueue = (waiter: Waiter): void => {
    gathering.waiters.push(waiter)
    end++
    flushing ??= flush()
  }

  const kept = async (): Promise<void> => {
    const last = gathering.waiters.length > 0 ? gathering : writing
    if (last !== undefined) await new Promise<void>((resolve) => last.watchers.push(resolve))
    if (failure !== undefined) throw failure
  }

  return {
    add(record) {
      if (failure !== undefined) return Promise.reject(failure)
      Ledger.apply(ledger, record)
      return new Promise((resolve, reject) => {
        enqueue({ entry: record, told: { resolve: (_, position) => resolve(position), reject } })
      })
    },
    take(legs, then) {
      if (failure !== undefined) return then.reject(failure)
      for (const leg of legs) Ledger.applyPacked(ledger, leg)
      enqueue({ entry: legs, told: then })
    },
    kept,
    async quiet(read) {
      const found = failure === undefined ? { now: read(end) } : undefined
      const isKept = await kept().then(
        () => true,
        () => false,
      )
      if (isKept && found !== undefined) return found.now
      if (state === 'lost') throw failure
      return read(journal.end)
    },
    async idle() {
      while (flushing !== undefined) await flushing
    },
    receiptOf: proving(domain, creditKey),
    halt(reason) {
      failure ??= reason
    },
    get failure() {
      return failure
    },
  }
}
