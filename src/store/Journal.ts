/**
 * The journal as the service sees it: a port. It holds the records from which the ledger is rebuilt (I12), and answers the few
 * questions that the ledger's memory does not keep (a payment by its name, a statement). What is asked of a backend:
 *
 * - one writer: a second process that opens the same journal for writing is refused while the first lives, also after kill -9;
 * - `append` writes all records and the seal of one group commit or none, and resolves when they are on disk (I11);
 * - positions rise by one a record, from 1, without gaps;
 * - a journal names its chain and its format, and refuses another.
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { PaymentRecord, Record } from '../core/Record.ts'

/** What a journal belongs to. */
export interface Identity {
  readonly chainId: number
  readonly genesisHash: Hex
  readonly clearingHouse: Address
  /** The first block to read. */
  readonly startBlock: bigint
}

/** Version of the format on disk. */
export const formatVersion = 1

/** A payment where it stands, with all that its receipt's proof is made from. */
export interface StoredPayment {
  readonly position: number
  readonly record: PaymentRecord
  /** The payments of its group commit, in order: the leaves of the tree that was signed. */
  readonly group: readonly PaymentRecord[]
  /** The credit key's signature over the tree's root. */
  readonly seal: Hex
}

/** A payment in an account's statement. */
export interface StoredLine {
  readonly position: number
  readonly record: PaymentRecord
}

export interface Journal {
  readonly identity: Identity
  /** Position of the last record; 0 when empty. */
  readonly end: number
  /** Writes a group commit. `seal` signs the tree over its payments; there is one whenever there are payments. */
  append(records: readonly Record[], seal?: Hex): Promise<void>
  /** All records after a position, in order. */
  read(after?: number): Iterable<{ position: number; record: Record }>
  payment(id: Hex): StoredPayment | undefined
  /** The payment of this payer in this asset with this reference. */
  byReference(payer: Address, asset: Address, reference: Hex): PaymentRecord | undefined
  /** An account's payments after a position, oldest first; `incoming` leaves out what it paid. A whole position or none of it. */
  lines(account: Address, after: number, limit: number, incoming?: boolean): StoredLine[]
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
      hint: 'A local chain starts anew each time: use a new --data folder for it, or keep the chain running.',
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
