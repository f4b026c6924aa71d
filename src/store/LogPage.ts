/**
 * The first page of the log: a page of text that says whose journal this is. It names the format, the chain, the journal itself (`journal
 * id`, made by chance) and the seed of its index, and ends with a checksum over all of that: a changed seed would make every index answer
 * "no".
 */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { Address, Hex } from '../core/Payment.ts'
import type { Identity } from './Journal.ts'
import { formatVersion, JournalDamagedError, JournalMismatchError, JournalMissingError } from './Journal.ts'
import type { Seed } from './Keys.ts'

/** Frames begin behind it. */
export const pageBytes = 512
/** The last line: eight hex digits. */
const sumPlace = pageBytes - 9

export interface Page {
  readonly identity: Identity
  /** 16 random bytes in hex: no two journals have the same, only copies of one. */
  readonly id: string
  readonly seed: Seed
}

const title = 'Sunledger journal'

const fields = (identity: Identity): [string, string][] => [
  ['format version', String(formatVersion)],
  ['chain id', String(identity.chainId)],
  ['genesis hash', identity.genesisHash],
  ['clearing house', identity.clearingHouse],
  ['start block', String(identity.startBlock)],
]

const sumOf = (page: Buffer): string => crc32(page.subarray(0, sumPlace)).toString(16).padStart(8, '0')

/** Made beside its place and moved there, so that a journal has its whole identity or none. */
export const write = (path: string, identity: Identity): void => {
  const page = Buffer.alloc(pageBytes, ' ')
  const stated = [
    ...fields(identity),
    ['index seed', randomBytes(8).toString('hex')],
    ['journal id', randomBytes(16).toString('hex')],
  ]
  page.write(`${title}\n${JSON.stringify(Object.fromEntries(stated), null, 1)}\n`)
  page.write('\n', sumPlace - 1)
  page.write(`${sumOf(page)}\n`, sumPlace)
  const handle = openSync(`${path}.new`, 'w')
  try {
    writeSync(handle, page)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${path}.new`, path)
}

const statedIn = (page: Buffer): { [name: string]: string } | undefined => {
  const [first, ...rest] = page.toString('latin1', 0, sumPlace).split('\n')
  if (first !== title) return undefined
  try {
    return JSON.parse(rest.join('\n'))
  } catch {
    return undefined
  }
}

/** Before version 3 the page had no checksum, so all of it was JSON. */
const olderVersionIn = (page: Buffer): string | undefined => {
  const [first, ...rest] = page.toString('latin1').split('\n')
  if (first !== title) return undefined
  try {
    const version = String(JSON.parse(rest.join('\n'))['format version'])
    return version === String(formatVersion) ? undefined : version
  } catch {
    return undefined
  }
}

/**
 * What a journal's page says.
 * @param isOurs whether other files of a journal are beside it: then a page that cannot be read is a damaged one
 * @param expected what it must belong to, where that is known
 * @throws {JournalMissingError} it is no journal
 * @throws {JournalMismatchError} of another format, or of another chain than expected
 * @throws {JournalDamagedError} the page is not as it was written
 */
export const parse = (path: string, page: Buffer, isOurs: boolean, expected?: Identity): Page => {
  const isWhole = page.length === pageBytes && page.toString('latin1', sumPlace, pageBytes - 1) === sumOf(page)
  const stated = statedIn(page)
  if (!isWhole) {
    const older = olderVersionIn(page)
    if (older !== undefined) throw new JournalMismatchError('format version', String(formatVersion), older)
    if (!isOurs && stated === undefined) throw new JournalMissingError(path)
    throw new JournalDamagedError(`a whole page in bytes 0 to ${pageBytes} of ${path}`, 'its checksum is another')
  }
  if (stated === undefined) throw new JournalMissingError(path)
  const wanted = expected === undefined ? [['format version', String(formatVersion)] as const] : fields(expected)
  for (const [name, value] of wanted)
    if (stated[name] !== value) throw new JournalMismatchError(name, value, stated[name] ?? 'nothing')
  const seed = Buffer.from(stated['index seed'] ?? '', 'hex')
  return {
    identity: {
      chainId: Number(stated['chain id']),
      genesisHash: stated['genesis hash'] as Hex,
      clearingHouse: stated['clearing house'] as Address,
      startBlock: BigInt(stated['start block'] ?? 0),
    },
    id: stated['journal id'] ?? '',
    seed: { a: seed.readUInt32LE(0), b: seed.readUInt32LE(4) },
  }
}
