/**
 * The journal on disk, in SQLite (`node:sqlite`, WAL, synchronous=FULL): nothing to install, a torn tail is cut by SQLite itself, and
 * any SQLite tool can read it. A commit is one transaction, on disk when `append` resolves (I11).
 *
 * The writer's lock is an exclusive transaction on a file of its own: the system releases it when the process dies, however it dies,
 * and readers of the journal are not kept out.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Address, Hex } from '../core/Payment.ts'
import * as Record from '../core/Record.ts'
import type { Identity, Journal, StoredLine, StoredPayment } from './Journal.ts'
import {
  formatVersion,
  JournalLockedError,
  JournalMismatchError,
  JournalMissingError,
  JournalReadError,
  JournalUnusableError,
  JournalWriteError,
} from './Journal.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS records (position INTEGER PRIMARY KEY, record TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS seals (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, signature TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS payments (id BLOB PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS purchases (purchase BLOB PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lines (account BLOB, position INTEGER, incoming INTEGER, PRIMARY KEY (account, position, incoming))
    WITHOUT ROWID;
`

/** The journal's file in a data folder. */
export const fileIn = (folder: string): string => join(folder, 'journal.db')

const blob = (...values: Hex[]): Buffer => Buffer.from(values.map((value) => value.slice(2)).join(''), 'hex')

/** SQLite's own number for: somebody else has it. */
const busy = 5

const isBusy = (error: unknown): boolean => (error as { errcode?: number }).errcode === busy

/** @param patienceMs how long to wait for a holder that is just ending */
const lock = (path: string, patienceMs = 0): DatabaseSync => {
  let holder: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    holder = new DatabaseSync(`${path}.lock`, { timeout: patienceMs })
    holder.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;')
    return holder
  } catch (cause) {
    holder?.close()
    throw isBusy(cause) ? new JournalLockedError(dirname(path), cause) : new JournalUnusableError(path, cause)
  }
}

const identityOf = (database: DatabaseSync): Map<string, string> =>
  new Map(
    database
      .prepare('SELECT name, value FROM identity')
      .all()
      .map((row) => [row['name'] as string, row['value'] as string]),
  )

const fields = (identity: Identity): [string, string][] => [
  ['format version', String(formatVersion)],
  ['chain id', String(identity.chainId)],
  ['genesis hash', identity.genesisHash],
  ['clearing house', identity.clearingHouse],
  ['start block', String(identity.startBlock)],
]

/** In one transaction, so that a journal has its whole identity or none. */
const belong = (database: DatabaseSync, identity: Identity): void => {
  database.exec('BEGIN IMMEDIATE')
  database.exec(schema)
  const stored = identityOf(database)
  const insert = database.prepare('INSERT INTO identity VALUES (?, ?)')
  for (const [name, expected] of fields(identity)) {
    const actual = stored.get(name)
    if (stored.size === 0) insert.run(name, expected)
    else if (actual !== expected) throw new JournalMismatchError(name, expected, actual ?? 'nothing')
  }
  database.exec('COMMIT')
}

/**
 * Opens a folder's journal for writing, and makes it where there is none.
 * @throws {JournalLockedError} another process has it
 * @throws {JournalMismatchError} it belongs to another chain, or has another format
 * @throws {JournalUnusableError} the folder or the file cannot be used
 */
export const open = (folder: string, identity: Identity): Journal => {
  const path = fileIn(folder)
  const holder = lock(path)
  let database: DatabaseSync | undefined
  try {
    // A reader that finds the journal of a killed process holds it for a moment; that must not look like a broken disk.
    database = new DatabaseSync(path, { timeout: 5000 })
    // Checkpoints rewrite pages all over the file: one every 64 MiB of log instead of every 4 takes a third off a commit's time.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16384;')
    database.exec('PRAGMA cache_size = -131072;')
    belong(database, identity)
    return journal(database, identity, () => holder.close())
  } catch (error) {
    database?.close()
    holder.close()
    throw error instanceof JournalMismatchError ? error : new JournalUnusableError(path, error)
  }
}

/**
 * Opens a folder's journal for reading; its writer may live.
 * @throws {JournalMissingError}
 */
export const read = (folder: string): Journal => {
  const path = fileIn(folder)
  if (!existsSync(path)) throw new JournalMissingError(path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 2000 })
    const stored = identityOf(database)
    const version = stored.get('format version')
    if (version !== String(formatVersion))
      throw new JournalMismatchError('format version', String(formatVersion), version ?? 'nothing')
    const identity: Identity = {
      chainId: Number(stored.get('chain id')),
      genesisHash: stored.get('genesis hash') as Hex,
      clearingHouse: stored.get('clearing house') as Address,
      startBlock: BigInt(stored.get('start block') as string),
    }
    return journal(database, identity, () => undefined)
  } catch (error) {
    database?.close()
    throw error instanceof JournalMismatchError ? error : new JournalMissingError(path, error)
  }
}

/**
 * Takes a folder for a run: nobody else takes it until the returned function is called or this process is gone. A journal in it that a
 * process still writes refuses.
 * @param patienceMs how long a process that is just ending may still hold what it had
 * @throws {JournalLockedError} @throws {JournalUnusableError}
 */
export const claim = (folder: string, patienceMs = 1500): (() => void) => {
  const holder = lock(join(folder, 'run'), patienceMs)
  try {
    lock(fileIn(folder), patienceMs).close()
  } catch (error) {
    holder.close()
    throw error
  }
  return () => {
    if (holder.isOpen) holder.close()
  }
}

type Row = { position: number; record: string }
type Group = { first: number; payments: readonly Record.PaymentRecord[]; seal: Hex }

/** Writes one group commit within a transaction. */
const writer = (database: DatabaseSync) => {
  const insert = database.prepare('INSERT INTO records VALUES (?, ?)')
  const insertPayment = database.prepare('INSERT INTO payments VALUES (?, ?)')
  const insertPurchase = database.prepare('INSERT OR IGNORE INTO purchases VALUES (?, ?)')
  const insertLine = database.prepare('INSERT INTO lines VALUES (?, ?, ?)')
  const insertSeal = database.prepare('INSERT INTO seals VALUES (?, ?, ?)')
  return (end: number, records: readonly Record.Record[], seal: Hex | undefined): void => {
    database.exec('BEGIN IMMEDIATE')
    try {
      let position = end
      for (const record of records) {
        position++
        insert.run(position, Record.format(record))
        for (const payment of Record.payments(record)) {
          insertPayment.run(blob(payment.id), position)
          insertPurchase.run(blob(payment.payer, payment.asset, payment.reference), position)
          insertLine.run(blob(payment.payer), position, 0)
          insertLine.run(blob(payment.payee), position, 1)
        }
      }
      if (seal !== undefined) insertSeal.run(end + 1, position, seal)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}

const asked = <T>(question: () => T): T => {
  try {
    return question()
  } catch (cause) {
    throw new JournalReadError(cause)
  }
}

const journal = (database: DatabaseSync, identity: Identity, release: () => void): Journal => {
  let write: ReturnType<typeof writer> | undefined
  let end = Number(database.prepare('SELECT coalesce(max(position), 0) AS "end" FROM records').get()?.['end'])
  const selectAfter = database.prepare('SELECT position, record FROM records WHERE position > ? ORDER BY position')
  const selectRange = database.prepare(
    'SELECT position, record FROM records WHERE position BETWEEN ? AND ? ORDER BY position',
  )
  const selectSeal = database.prepare(
    'SELECT first, last, signature FROM seals WHERE first <= ? ORDER BY first DESC LIMIT 1',
  )
  const selectPayment = database.prepare('SELECT position FROM payments WHERE id = ?')
  const selectPurchase = database.prepare(
    'SELECT position, record FROM purchases JOIN records USING (position) WHERE purchase = ?',
  )
  const selectLines = database.prepare(
    `SELECT DISTINCT position, record FROM lines JOIN records USING (position)
     WHERE account = ? AND position > ? AND incoming >= ? ORDER BY position LIMIT ?`,
  )

  // Whoever reads one payment of a group mostly reads the next one too. Groups never change.
  let last: Group | undefined
  const group = (position: number): Group => {
    const seal = selectSeal.get(position) as { first: number; last: number; signature: string }
    if (last?.first === seal.first) return last
    const rows = selectRange.all(seal.first, seal.last) as Row[]
    const payments = rows.flatMap((row) => Record.payments(Record.parse(row.record)))
    last = { first: seal.first, payments, seal: seal.signature as Hex }
    return last
  }

  return {
    identity,
    get end() {
      return end
    },
    async append(records, seal) {
      try {
        write ??= writer(database)
        write(end, records, seal)
      } catch (cause) {
        throw new JournalWriteError(cause)
      }
      end += records.length
    },
    *read(after = 0) {
      const rows = asked(() => (selectAfter.iterate(after) as Iterable<Row>)[Symbol.iterator]())
      for (let row = asked(() => rows.next()); row.done !== true; row = asked(() => rows.next()))
        yield { position: row.value.position, record: Record.parse(row.value.record) }
    },
    payment: (id): StoredPayment | undefined =>
      asked(() => {
        const row = selectPayment.get(blob(id)) as { position: number } | undefined
        if (row === undefined) return undefined
        const { payments, seal } = group(row.position)
        const record = payments.find((payment) => payment.id === id) as Record.PaymentRecord
        return { position: row.position, record, group: payments, seal }
      }),
    byReference: (payer, asset, reference) =>
      asked(() => {
        const row = selectPurchase.get(blob(payer, asset, reference)) as Row | undefined
        if (row === undefined) return undefined
        return Record.payments(Record.parse(row.record)).find(
          (payment) => payment.payer === payer && payment.asset === asset && payment.reference === reference,
        )
      }),
    lines: (account, after, limit, incoming = false): StoredLine[] =>
      asked(() => {
        const rows = selectLines.all(blob(account), after, incoming ? 1 : 0, limit) as Row[]
        return rows.flatMap(({ position, record }) =>
          Record.payments(Record.parse(record))
            .filter((payment) => payment.payee === account || (!incoming && payment.payer === account))
            .map((payment) => ({ position, record: payment })),
        )
      }),
    close() {
      database.close()
      release()
    },
  }
}
