/**
 * Where the ledger keeps its accounts: one row of 352 bytes each, in a few large buffers, found through a table of row numbers. A million
 * accounts are 370 MB then and nothing for the garbage collector to walk through; as objects with hex strings they would be four times that.
 *
 * `get`, `values` and the like give accounts as values (`Account`): copies, which do not change with the ledger.
 */
import { randomInt } from 'node:crypto'
import type { Account } from './Account.ts'
import type { AmountAtomic } from './Amount.ts'
import { readAmount, viewOf, writeAmount } from './Packed.ts'
import type { Address, Hex } from './Payment.ts'

/** Places within a row. Numbers are big-endian, 12 bytes. */
export const cell = {
  account: 0,
  asset: 20,
  balance: 40,
  debited: 52,
  credited: 64,
  debitTotal: 76,
  creditTotal: 88,
  pendingWithdrawals: 100,
  debitHistory: 112,
  creditHistory: 144,
  creditDebit: 176,
  /** 1: an exit is running; 0: not. */
  leaving: 208,
  /** Bytes of the signature: 0, 64 or 128. */
  signatureBytes: 209,
  signature: 212,
  /** Of its credits, what it may not spend after a recovery (`Recovery`). */
  setAside: 340,
} as const

export const rowBytes = 352

/** Rows are made by so many at once. */
const perChunk = 256
const chunkBits = 8

/** A row: its memory and where it starts in it. */
export interface Row {
  readonly bytes: Buffer
  readonly view: DataView
  readonly start: number
  readonly number: number
}

interface Chunk {
  readonly bytes: Buffer
  readonly view: DataView
}

export interface Accounts extends Iterable<[string, Account]> {
  readonly size: number
  /** The row of the account whose address (20 bytes) and asset (20 bytes) stand there. */
  find(view: DataView, account: number, asset: number): Row | undefined
  /** The same, made where there is none. */
  open(view: DataView, account: number, asset: number): Row
  /** The row of an account by its names. */
  named(asset: Address, account: Address): Row | undefined
  openNamed(asset: Address, account: Address): Row
  row(number: number): Row
  /** By asset + the digits of the account. */
  get(key: string): Account | undefined
  set(key: string, account: Account): void
  keys(): Iterable<string>
  values(): Iterable<Account>
  rows(): Iterable<Row>
  /** The memory of all rows, in order. */
  memory(): Iterable<Buffer>
  /** Takes rows back from where `memory` was kept; `fill` is handed the memory piece by piece. Nothing may be there yet. */
  load(rows: number, fill: (memory: Buffer) => void): void
}

const hex = ({ bytes, start }: Row, place: number, length: number): Hex =>
  `0x${bytes.toString('hex', start + place, start + place + length)}`

const put = ({ bytes, start }: Row, place: number, value: Hex): void => {
  bytes.write(value.slice(2), start + place, 'hex')
}

/** Asset and account as one text, by which accounts are sorted and named. */
export const keyOf = (row: Row): string => hex(row, cell.asset, 20) + hex(row, cell.account, 20).slice(2)

export const assetOf = (row: Row): Address => hex(row, cell.asset, 20)

/** An amount in a row. */
export const read = ({ view, start }: Row, place: number): bigint => readAmount(view, start + place)
export const write = ({ view, start }: Row, place: number, value: bigint): void =>
  writeAmount(view, start + place, value)

/** Whether one amount in a row is greater than another. */
export const isAbove = ({ view, start }: Row, one: number, other: number): boolean => {
  for (let i = 0; i < 12; i += 4) {
    const difference = view.getUint32(start + one + i) - view.getUint32(start + other + i)
    if (difference !== 0) return difference > 0
  }
  return false
}

/** A row as a value. */
export const toAccount = (row: Row): Account => ({
  asset: hex(row, cell.asset, 20),
  account: hex(row, cell.account, 20),
  settled: { balance: read(row, cell.balance), debited: read(row, cell.debited), credited: read(row, cell.credited) },
  debitTotal: read(row, cell.debitTotal) as AmountAtomic,
  debitHistory: hex(row, cell.debitHistory, 32),
  debitSignature: hex(row, cell.signature, row.bytes[row.start + cell.signatureBytes] as number),
  creditTotal: read(row, cell.creditTotal) as AmountAtomic,
  creditHistory: hex(row, cell.creditHistory, 32),
  creditDebit: hex(row, cell.creditDebit, 32),
  pendingWithdrawals: read(row, cell.pendingWithdrawals),
  setAside: read(row, cell.setAside),
  leaving: row.bytes[row.start + cell.leaving] === 1,
})

const fromAccount = (row: Row, account: Account): void => {
  write(row, cell.balance, account.settled.balance)
  write(row, cell.debited, account.settled.debited)
  write(row, cell.credited, account.settled.credited)
  write(row, cell.debitTotal, account.debitTotal)
  put(row, cell.debitHistory, account.debitHistory)
  write(row, cell.creditTotal, account.creditTotal)
  put(row, cell.creditHistory, account.creditHistory)
  put(row, cell.creditDebit, account.creditDebit)
  write(row, cell.pendingWithdrawals, account.pendingWithdrawals)
  write(row, cell.setAside, account.setAside)
  row.bytes[row.start + cell.leaving] = account.leaving ? 1 : 0
  row.bytes[row.start + cell.signatureBytes] = account.debitSignature.length / 2 - 1
  put(row, cell.signature, account.debitSignature)
}

/** What an account is before anything happened to it: the history of its debits starts with its own address (`Payment.debitGenesis`). */
const begin = (row: Row, view: DataView, account: number, asset: number): void => {
  for (let i = 0; i < 20; i += 4) {
    const word = view.getUint32(account + i)
    row.view.setUint32(row.start + cell.account + i, word)
    row.view.setUint32(row.start + cell.debitHistory + 12 + i, word)
    row.view.setUint32(row.start + cell.asset + i, view.getUint32(asset + i))
  }
}

const isAt = (row: Chunk, start: number, view: DataView, account: number, asset: number): boolean => {
  for (let i = 0; i < 20; i += 4) {
    if (row.view.getUint32(start + cell.account + i) !== view.getUint32(account + i)) return false
    if (row.view.getUint32(start + cell.asset + i) !== view.getUint32(asset + i)) return false
  }
  return true
}

// Whoever is paid chooses the address, so where an account stands in the table must not be foreseeable.
const seed = randomInt(2 ** 32)

const hash = (view: DataView, account: number, asset: number): number => {
  let h = seed
  for (let i = 0; i < 20; i += 4) {
    h = Math.imul(h ^ view.getUint32(account + i), 0x9e3779b1)
    h = Math.imul(h ^ (h >>> 15) ^ view.getUint32(asset + i), 0x85ebca6b)
    h ^= h >>> 13
  }
  return h >>> 0
}

export const create = (): Accounts => {
  const chunks: Chunk[] = []
  let count = 0
  /** Row numbers from 1, 0 where free; a power of two long, at most half full. */
  let table = new Uint32Array(1024)
  const named = Buffer.alloc(40)
  const namedView = viewOf(named)

  const row = (number: number): Row => {
    const { bytes, view } = chunks[number >>> chunkBits] as Chunk
    return { bytes, view, start: (number & (perChunk - 1)) * rowBytes, number }
  }

  /** Where the account stands in the table, or the free place where it would. */
  const placeOf = (view: DataView, account: number, asset: number): number => {
    const mask = table.length - 1
    let place = hash(view, account, asset) & mask
    for (;;) {
      const entry = table[place] as number
      if (entry === 0) return place
      const chunk = chunks[(entry - 1) >>> chunkBits] as Chunk
      if (isAt(chunk, ((entry - 1) & (perChunk - 1)) * rowBytes, view, account, asset)) return place
      place = (place + 1) & mask
    }
  }

  const refill = (): void => {
    for (let number = 0; number < count; number++) {
      const { view, start } = row(number)
      table[placeOf(view, start + cell.account, start + cell.asset)] = number + 1
    }
  }

  const grow = (): void => {
    table = new Uint32Array(2 * table.length)
    refill()
  }

  const find = (view: DataView, account: number, asset: number): Row | undefined => {
    const entry = table[placeOf(view, account, asset)] as number
    return entry === 0 ? undefined : row(entry - 1)
  }

  const open = (view: DataView, account: number, asset: number): Row => {
    const found = find(view, account, asset)
    if (found !== undefined) return found
    if (2 * (count + 1) > table.length) grow()
    if (count >>> chunkBits === chunks.length) {
      const bytes = Buffer.alloc(perChunk * rowBytes)
      chunks.push({ bytes, view: viewOf(bytes) })
    }
    table[placeOf(view, account, asset)] = count + 1
    const made = row(count++)
    begin(made, view, account, asset)
    return made
  }

  const name = (asset: Address, account: Address): DataView => {
    named.write(account.slice(2), 0, 'hex')
    named.write(asset.slice(2), 20, 'hex')
    return namedView
  }

  /** A key's asset and account. */
  const parts = (key: string): [Address, Address] => [key.slice(0, 42) as Address, `0x${key.slice(42)}`]

  const rows = function* (): Iterable<Row> {
    for (let number = 0; number < count; number++) yield row(number)
  }
  const each = function* <T>(show: (row: Row) => T): Generator<T> {
    for (const one of rows()) yield show(one)
  }

  return {
    get size() {
      return count
    },
    find,
    open,
    named: (asset, account) => find(name(asset, account), 0, 20),
    openNamed: (asset, account) => open(name(asset, account), 0, 20),
    row,
    get(key) {
      const found = find(name(...parts(key)), 0, 20)
      return found === undefined ? undefined : toAccount(found)
    },
    set(key, account) {
      fromAccount(open(name(...parts(key)), 0, 20), account)
    },
    rows,
    *memory() {
      for (let i = 0; i < chunks.length; i++)
        yield (chunks[i] as Chunk).bytes.subarray(0, Math.min(perChunk, count - i * perChunk) * rowBytes)
    },
    load(all, fill) {
      while (2 * all > table.length) table = new Uint32Array(2 * table.length)
      for (let left = all; left > 0; left -= perChunk) {
        const bytes = Buffer.alloc(perChunk * rowBytes)
        fill(bytes.subarray(0, Math.min(perChunk, left) * rowBytes))
        chunks.push({ bytes, view: viewOf(bytes) })
      }
      count = all
      refill()
    },
    keys: () => each(keyOf),
    values: () => each(toAccount),
    [Symbol.iterator]: () => each((one) => [keyOf(one), toAccount(one)]),
  }
}
