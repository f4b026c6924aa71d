/**
 * A snapshot: the ledger as the journal gives it up to a position, so that a start replays only what came after. It is made from the journal
 * by replaying it (I12), never from the memory of a service; it lies in a file `snapshot-POSITION`, which appears whole or not at all, and
 * the last two are kept. One that is damaged is passed over, and the one before it, or the start, taken instead.
 *
 * file: magic, CRC-32 of all that follows, bytes of the head, number of rows (8 bytes); the head as JSON; the accounts' rows.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as Accounts from '../core/Accounts.ts'
import * as Kept from '../core/Kept.ts'
import type * as Ledger from '../core/Ledger.ts'
import * as Record from '../core/Record.ts'
import { JournalForeignError } from './Journal.ts'
import * as Log from './Log.ts'

/** Where a snapshot stands: its last record, and where the log goes on behind it. */
export interface Place {
  readonly position: number
  readonly offset: number
}

export interface Snapshot extends Place {
  /** What the service follows beside the ledger, in order. */
  readonly observed: readonly Observed[]
}

/** A record that is followed beside the ledger; without it, one that is read from the log at its position. */
export interface Observed {
  readonly position: number
  /** Of its frame in the log. */
  readonly offset: number
  readonly record?: Record.Record
}

interface Head extends Place {
  /** Id of the journal. */
  readonly journal: string
  readonly ledger: Kept.Rest
  readonly observed: readonly (Omit<Observed, 'record'> & { readonly record?: string })[]
}

const magic = 0x4e53_4c53
const prefixBytes = 24
const keptAtLeast = 2

const pattern = /^snapshot-(\d+)$/

/** The snapshots of a folder, newest first. */
export const list = (folder: string): { path: string; position: number }[] =>
  readdirSync(folder)
    .flatMap((name) => {
      const match = pattern.exec(name)
      return match === null ? [] : [{ path: join(folder, name), position: Number(match[1]) }]
    })
    .sort((a, b) => b.position - a.position)

/**
 * The newest chain records are followed whole: a chain may replace its newest blocks, and what they did must be known then. As many as the
 * watcher remembers (`chain/Past`).
 */
const chainRecordsFollowed = 512

const isWithdrawn = ({ type }: { readonly type: string }): boolean => type === 'withdrawn'

/** Of a chain record that is not among the newest, only what concerns withdrawals counts. */
const reduced = (record: Record.ChainRecord): Record.ChainRecord | undefined => {
  const events = record.events.filter(isWithdrawn)
  const undone = record.undone?.events.filter(isWithdrawn) ?? []
  if (events.length + undone.length === 0) return undefined
  return {
    ...record,
    ...{ slots: [], settlements: [], events },
    undone: record.undone === null ? null : { ...record.undone, settlements: [], events: undone },
  }
}

/** What is to be followed after one more record. */
export const follow = (observed: Observed[], one: Required<Observed>): void => {
  const { type } = one.record
  if (type === 'withdrawal' || type === 'withdrawalFailed') observed.push(one)
  // A chain record stands in the log; what of it is still followed later is found out when the snapshot is written.
  if (type === 'chain') observed.push({ position: one.position, offset: one.offset })
}

/** Leaves out what need not be followed any more. */
export const trimmed = (observed: readonly Observed[], recordOf: (one: Observed) => Record.Record): Observed[] => {
  let newest = 0
  const kept: Observed[] = []
  for (const one of [...observed].reverse()) {
    // What has a record here was reduced to it, or is no chain record.
    if (one.record !== undefined || newest++ < chainRecordsFollowed) kept.push(one)
    else {
      const record = recordOf(one)
      const part = record.type === 'chain' ? reduced(record) : undefined
      if (part !== undefined) kept.push({ ...one, record: part })
    }
  }
  return kept.reverse()
}

const writeAll = (handle: number, bytes: Buffer, sum: number): number => {
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done)
  return crc32(bytes, sum)
}

/** Writes a snapshot and removes those that are one too many. Returns its path. @param id of the journal */
export const write = (
  folder: string,
  id: string,
  ledger: Ledger.Ledger,
  { position, offset, observed }: Snapshot,
): string => {
  const path = join(folder, `snapshot-${position}`)
  const head: Head = {
    journal: id,
    position,
    offset,
    ledger: Kept.restOf(ledger),
    observed: observed.map((one) => ({
      ...{ position: one.position, offset: one.offset },
      ...(one.record === undefined ? {} : { record: Record.format(one.record) }),
    })),
  }
  const text = Buffer.from(JSON.stringify(head))
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeUInt32LE(magic, 0)
  prefix.writeUInt32LE(text.length, 8)
  prefix.writeDoubleLE(ledger.accounts.size, 16)
  const handle = openSync(`${path}.new`, 'w')
  try {
    writeAll(handle, prefix, 0)
    let sum = writeAll(handle, text, crc32(prefix.subarray(8)))
    for (const memory of ledger.accounts.memory()) sum = writeAll(handle, memory, sum)
    prefix.writeUInt32LE(sum, 4)
    writeSync(handle, prefix, 0, prefixBytes, 0)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${path}.new`, path)
  Log.syncFolder(folder)
  for (const old of list(folder).slice(keptAtLeast)) rmSync(old.path, { force: true })
  return path
}

/**
 * Reads a snapshot into a ledger, in place of what it held.
 * @param id of the journal
 * @throws {JournalForeignError} it is of another journal
 * @throws {Error} saying why it cannot be used; the ledger stays as it is
 */
export const read = (path: string, id: string, ledger: Ledger.Ledger): Snapshot => {
  const handle = openSync(path, 'r')
  try {
    const prefix = Log.readAt(handle, 0, prefixBytes)
    if (prefix.length < prefixBytes || prefix.readUInt32LE(0) !== magic) throw new Error('it is no snapshot')
    const [length, rows] = [prefix.readUInt32LE(8), prefix.readDoubleLE(16)]
    if (fstatSync(handle).size !== prefixBytes + length + rows * Accounts.rowBytes)
      throw new Error('it has another length')
    const text = Log.readAt(handle, prefixBytes, length)
    let sum = crc32(text, crc32(prefix.subarray(8)))
    let place = prefixBytes + length
    const fill = (memory: Buffer): void => {
      Log.readAt(handle, place, memory.length).copy(memory)
      place += memory.length
      sum = crc32(memory, sum)
    }
    const accounts = Accounts.create()
    accounts.load(rows, fill)
    if (sum !== prefix.readUInt32LE(4)) throw new Error('its checksum is another')
    const head = JSON.parse(text.toString()) as Head
    if (head.journal !== id) throw new JournalForeignError(`a snapshot of journal ${id}`, `${path} of ${head.journal}`)
    if (!path.endsWith(`-${head.position}`)) throw new Error(`it is of position ${head.position}`)
    Kept.restore(ledger, head.ledger, accounts)
    return {
      position: head.position,
      offset: head.offset,
      observed: head.observed.map((one) => ({
        ...{ position: one.position, offset: one.offset },
        ...(one.record === undefined ? {} : { record: Record.parse(one.record) }),
      })),
    }
  } finally {
    closeSync(handle)
  }
}
