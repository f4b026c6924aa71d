/**
 * Group commit: records are applied to the ledger the moment they are added, in order; everything that was added while the event loop was
 * busy goes to disk as one unit with one signature over the tree of its credits; only then is anybody answered (I11).
 *
 * When writing fails the ledger in memory is ahead of the disk. It is rebuilt from the journal at once, so that nobody is shown what was
 * not kept, and nothing more is accepted until the service has been started again.
 */
import * as Ledger from '../core/Ledger.ts'
import * as Packed from '../core/Packed.ts'
import type { Hex, Receipt } from '../core/Payment.ts'
import * as Record from '../core/Record.ts'
import type * as Digest from '../crypto/Digest.ts'
import type { Entry, Journal, StoredPayment } from '../store/Journal.ts'
import { enough, gather } from './Gather.ts'
import { replay } from './Replay.ts'
import * as Sealing from './Sealing.ts'

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
  /** Ends acceptance for a reason of another kind, for good. */
  halt(reason: Error): void
  /** Interrupts acceptance for a reason that may pass; what was accepted before is still written and answered. */
  hold(why: string, reason: Error): void
  /** The reason has passed. Returns whether there was one. */
  release(why: string): boolean
  /** The error that ended or interrupted acceptance, if one did. */
  readonly failure: Error | undefined
}

/** Told how it went. */
export interface Then {
  /** @param position of the record, on disk */
  resolve(legs: readonly Sealing.Sealed[], position: number): void
  reject(error: Error): void
}

/** What went to disk together. */
export interface Group {
  readonly records: number
  readonly payments: number
  /** From the first hash to the disk's word. */
  readonly tookMs: number
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

/** @param doubt what to wait for before a group that is on disk is answered (`Pause`) */
export const create = (
  ledger: Ledger.Ledger,
  journal: Journal,
  domain: Digest.Domain,
  creditKey: Hex,
  onGroup: (group: Group) => void = () => {},
  doubt: () => Promise<void> | undefined = () => undefined,
): Commit => {
  let gathering: Gathered = { waiters: [], watchers: [] }
  let writing: Gathered | undefined
  let flushing: Promise<void> | undefined
  let failure: Error | undefined
  const holds = new Map<string, Error>()
  /** The first of them. */
  let held: Error | undefined
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
      const sealing = paid.length === 0 ? undefined : Sealing.of(domain, creditKey, paid)
      await journal.append(entries, sealing?.seal)
      const doubted = doubt()
      if (doubted !== undefined) {
        await doubted
        if (failure !== undefined) throw failure
      }
      onGroup({ records: entries.length, payments: paid.length, tookMs: performance.now() - began })
      return () => {
        let next = 0
        waiters.forEach(({ entry, told }, i) => {
          const isPaid = Packed.isList(entry)
          told.resolve(isPaid ? Sealing.sealed(entry, first + i, sealing as Sealing.Sealing, next) : [], first + i)
          next += isPaid ? entry.length : Record.payments(entry).length
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

  const written = async (): Promise<void> => {
    const last = gathering.waiters.length > 0 ? gathering : writing
    if (last !== undefined) await new Promise<void>((resolve) => last.watchers.push(resolve))
    if (failure !== undefined) throw failure
  }

  return {
    add(record) {
      const refusal = failure ?? held
      if (refusal !== undefined) return Promise.reject(refusal)
      Ledger.apply(ledger, record)
      return new Promise((resolve, reject) => {
        enqueue({ entry: record, told: { resolve: (_, position) => resolve(position), reject } })
      })
    },
    take(legs, then) {
      const refusal = failure ?? held
      if (refusal !== undefined) return then.reject(refusal)
      for (const leg of legs) Ledger.applyPacked(ledger, leg)
      enqueue({ entry: legs, told: then })
    },
    async kept() {
      await written()
      if (held !== undefined) throw held
    },
    async quiet(read) {
      const found = failure === undefined ? { now: read(end) } : undefined
      const isKept = await written().then(
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
    receiptOf: Sealing.proving(domain, creditKey),
    halt(reason) {
      failure ??= reason
    },
    hold(why, reason) {
      holds.set(why, reason)
      held ??= reason
    },
    release(why) {
      const isGone = holds.delete(why)
      held = holds.values().next().value
      return isGone
    },
    get failure() {
      return failure ?? held
    },
  }
}
