/**
 * The journal as the service sees it: a port. It holds the records from which the ledger is rebuilt (I12), and answers the few
 * questions that the ledger's memory does not keep (a payment by its name, a purchase, a statement). `Embedded` is its backend: files in a
 * folder. What is asked of any backend, and checked by one suite of tests for all (`test/src/store/Contract.ts` and `Crashes.ts`):
 *
 * **One orderer a payer, one settler.** Whoever opens a journal for writing takes its lease: the right to order payments and to settle.
 * At any moment the appends of at most one holder succeed, also after a crash, a kill -9 or a pause of any length. A backend either refuses a
 * second opener while the first lives (SL401), or ends the first one's lease: then its next append is refused (SL408) and writes nothing.
 * Each lease has a `term`, higher than all before it; it stands in every group that is written, and never falls along the journal. A backend for
 * several machines may give out leases for parts of the payers, as long as one payer is always in one part, and settlement is one part.
 *
 * **Atomic and durable.** `append` writes all records and the seal of one group commit or none, and resolves when they are on disk (I11),
 * in the order of the calls. A crash leaves whole groups only. Groups are appended one at a time: the next once the one before has been
 * answered, so what gathers meanwhile shares one write. Whatever an opened journal shows is on disk, also what a writer before left without
 * having heard of it: a payment that is found is answered.
 *
 * **Positions** rise by one a record, from 1, without gaps. What has been read at a position is there for good.
 *
 * **Failing.** An append that fails is an error of its own (SL403: disk full, I/O; SL408: lease lost) and nothing of it will be answered; the
 * journal takes no more until it is opened again, for it is not known what reached the disk. What was written before stays, and can be read. A
 * question that cannot be answered is an error (SL406), never a "no". Damage in the middle is found and named (SL407), and nothing is cut that
 * was answered.
 *
 * **Belonging.** A journal names its chain and its format, and refuses another (SL402).
 *
 * **Bounded start.** `restore` gives the ledger as of some position, so that only what came after is replayed. It must be what replaying from
 * the start gives, byte for byte.
 */
import { SunledgerError } from '../core/Errors.ts'
import type * as Ledger from '../core/Ledger.ts'
import type { Packed } from '../core/Packed.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { PaymentRecord, Record } from '../core/Record.ts'

/** The way out of whatever a journal has lost. */
const recovering = 'Run `sunledger recover`: it continues this journal under a new term once its receipts are back.'

/** What a journal belongs to. */
export interface Identity {
  readonly chainId: number
  readonly genesisHash: Hex
  readonly clearingHouse: Address
  /** The first block to read. */
  readonly startBlock: bigint
}

/** Version of the format on disk. Version 1 was an SQLite file; version 2 had no journal id, no mark and no checksums in its index. */
export const formatVersion = 3

/** A record as the journal takes and gives it: one payment or the two of a sale as bytes, or anything as values. */
export type Entry = Record | readonly Packed[]

/** A payment where it stands, with all that its receipt's proof is made from. */
export interface StoredPayment {
  readonly position: number
  readonly record: PaymentRecord
  /** The payments of its group commit as bytes, in order: the leaves of the tree that was signed. The same array for the same group. */
  readonly group: readonly Packed[]
  /** The credit key's signature over the tree's root. */
  readonly seal: Hex
}

/** A payment in an account's statement. */
export interface StoredLine {
  readonly position: number
  readonly record: PaymentRecord
}

/** How far a ledger was taken back. */
export interface Restored {
  /** Its last record; 0: nothing was taken back. */
  readonly position: number
  /** Records before it that are followed beside the ledger: withdrawals and what became of them. */
  readonly observed: readonly Record[]
}

/**
 * Whether copies of this journal can be noticed on this machine (`store/Fence`): `present`: by a fence file that has been there since the
 * journal was begun or last opened; `new`: from now on, for there was none; `missing`: it cannot be written.
 */
export type FenceState = 'present' | 'new' | 'missing'

export interface Journal {
  readonly identity: Identity
  /** Which journal it is: the same in all copies of one. */
  readonly id: string
  readonly fence: FenceState
  /** Of the lease under which it is open; 0 for a reader. */
  readonly term: number
  /** Position of the last record; 0 when empty. */
  readonly end: number
  /** Writes a group commit. `seal` signs the tree over its payments; there is one whenever there are payments. */
  append(records: readonly Entry[], seal?: Hex): Promise<void>
  /** All records after a position, in order. */
  read(after?: number): Iterable<{ position: number; record: Record }>
  /** The same as the journal keeps them: payments are read without making values of them. */
  entries(after?: number): Iterable<{ position: number; entry: Entry }>
  /** Puts into a ledger what it was at some position, without its listed assets. */
  restore(ledger: Ledger.Ledger): Restored
  payment(id: Hex): StoredPayment | undefined
  /** The payment of this payer in this asset with this reference. */
  byReference(payer: Address, asset: Address, reference: Hex): PaymentRecord | undefined
  /** The same for a payment's own payer, asset and reference. Asked for every payment, and mostly answered with no: must not read for that. */
  purchase(payment: Packed): Packed | undefined
  /** Positions behind `after` at which an account may have payments, oldest first, at most `limit`; no group is read for it. */
  places(account: Address, after: number, limit: number): number[]
  /** An account's payments at a position, for which one group is read; `incoming` leaves out what it paid. */
  linesAt(account: Address, position: number, incoming?: boolean): StoredLine[]
  /** An account's payments after a position, oldest first; `incoming` leaves out what it paid. A whole position or none of it. */
  lines(account: Address, after: number, limit: number, incoming?: boolean): StoredLine[]
  /** Looks whether the journal is still in its place. @throws {JournalGoneError} @throws {JournalForeignError} another copy of it was started */
  verify(): void
  /** Has a start bounded from here on. Resolves when that is done, or could not be. */
  snapshot(): Promise<void>
  close(): void
}

/** Another process writes this journal. */
export class JournalLockedError extends SunledgerError {
  override readonly name = 'JournalLockedError'
  constructor(folder: string, cause: unknown) {
    super('SL401', 'The data folder is in use by another process.', {
      actual: folder,
      hint: 'Stop the other service, or choose another folder with --data.',
      status: 503,
      cause,
    })
  }
}

/** The journal belongs to another chain or contract, or has another format. */
export class JournalMismatchError extends SunledgerError {
  override readonly name = 'JournalMismatchError'
  constructor(what: string, expected: string, actual: string) {
    super('SL402', `The journal has another ${what}.`, {
      expected,
      actual,
      hint:
        what === 'format version'
          ? 'Settle everything with the version that wrote it, then use a new --data folder.'
          : 'A local chain starts anew each time: use a new --data folder for it, or keep the chain running.',
      status: 503,
    })
  }
}

/** Writing failed; nothing of the group was kept. */
export class JournalWriteError extends SunledgerError {
  override readonly name = 'JournalWriteError'
  constructor(cause: unknown) {
    super('SL403', 'The journal could not be written, so nothing of this is accepted.', {
      actual: cause instanceof Error ? cause.message : String(cause),
      hint: 'Free disk space or mend the disk, then start the service again. Send the very same payment again then.',
      status: 503,
      cause,
    })
  }
}

/** There is no journal where one is read. */
export class JournalMissingError extends SunledgerError {
  override readonly name = 'JournalMissingError'
  constructor(path: string, cause?: unknown) {
    super('SL404', 'There is no journal that can be read.', {
      actual: path,
      hint: 'Name the data folder of a run.',
      cause,
    })
  }
}

/** The folder or file of a journal cannot be used at all. */
export class JournalUnusableError extends SunledgerError {
  override readonly name = 'JournalUnusableError'
  constructor(path: string, cause: unknown) {
    super('SL405', 'The journal cannot be opened.', {
      expected: 'a folder that can be written, and in it a journal or none',
      actual: `${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Check the rights of the folder, or choose another one with --data.',
      status: 503,
      cause,
    })
  }
}

/** A question to a journal was not answered. */
export class JournalReadError extends SunledgerError {
  override readonly name = 'JournalReadError'
  constructor(cause: unknown) {
    super('SL406', 'The journal could not be read.', {
      actual: cause instanceof Error ? cause.message : String(cause),
      hint: 'It is damaged, or its disk is. What is asked for may well exist: ask again once it is mended.',
      status: 503,
      cause,
    })
  }
}

/** What was answered is missing from the journal, or is not as it was written. Nothing was changed. */
export class JournalDamagedError extends SunledgerError {
  override readonly name = 'JournalDamagedError'
  /**
   * @param expected what there has to be, with positions and bytes, and what says so
   * @param actual what there is
   */
  constructor(expected: string, actual: string) {
    super('SL407', 'The journal is damaged: payments that were answered are missing from it.', {
      expected,
      actual,
      hint: `Start a copy that is whole and newest, never an older one. If there is none: ${recovering}`,
      status: 503,
    })
  }
}

/** Another process has taken the journal over. */
export class JournalFencedError extends SunledgerError {
  override readonly name = 'JournalFencedError'
  constructor(own: number, other: number) {
    super('SL408', 'Another process has taken the journal over, so nothing of this is accepted.', {
      expected: `term ${own}`,
      actual: `term ${other}`,
      hint: 'End this service. Send the very same payment to the one that has taken over.',
      status: 503,
    })
  }
}

/** Something that this journal answered is not in it: it is an older copy, or another one has continued it. */
export class JournalOlderError extends SunledgerError {
  override readonly name = 'JournalOlderError'
  /**
   * @param expected what is known beside the journal, and where from: `position 120, by the fence file PATH`
   * @param actual what the journal has: `position 100`
   */
  constructor(expected: string, actual: string, cause?: unknown) {
    super('SL409', 'The journal is older than what is known of it, so nothing is accepted from it.', {
      expected,
      actual,
      hint: `Start the newest data folder instead. If it is lost: ${recovering}`,
      status: 503,
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

/** This journal, or a file beside it, is not the one it is taken for: a copy of the folder, or parts of two journals. */
export class JournalForeignError extends SunledgerError {
  override readonly name = 'JournalForeignError'
  constructor(expected: string, actual: string, cause?: unknown) {
    super('SL410', 'The journal is a copy, or has files of another journal, so nothing is accepted from it.', {
      expected,
      actual,
      hint: `Start the original data folder instead. If it is lost: ${recovering}`,
      status: 503,
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

/** The journal's file is not at its place any more. */
export class JournalGoneError extends SunledgerError {
  override readonly name = 'JournalGoneError'
  constructor(path: string, actual: string) {
    super('SL411', 'The journal was deleted, moved or replaced while it was in use, so nothing more is accepted.', {
      expected: `${path} as this service opened it`,
      actual,
      hint: 'End this service. Put the folder back where it was, whole, and start again.',
      status: 503,
    })
  }
}

/** The fence file says nothing that can be used. */
export class FenceUnusableError extends SunledgerError {
  override readonly name = 'FenceUnusableError'
  constructor(path: string, actual: string) {
    super('SL413', 'The fence file cannot be read, so it is not known whether this journal is the newest.', {
      expected: `a fence file as it was written: ${path}`,
      actual,
      hint: 'If this is the only copy of the journal, delete the fence file and start again; a new one is made.',
      status: 503,
    })
  }
}
