/** The file of a fence (`Fence`): one JSON object in a line with a checksum over itself, written whole or not at all. */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { FenceUnusableError, type Identity } from './Journal.ts'
import type { Point } from './Mark.ts'

/** What a fence says. Device and inode are decimal. */
export interface Said {
  readonly journal: string
  /** See `chainOf`. */
  readonly chain: string
  readonly term: number
  readonly device: string
  readonly inode: string
  readonly position: number
  readonly group: string
  readonly folder: string
}

const format = (said: Said): string => {
  const text = JSON.stringify(said)
  return `${JSON.stringify({ ...said, checksum: crc32(text).toString(16) })}\n`
}

const parse = (path: string, text: string): Said => {
  let stated: Said & { readonly checksum: string }
  try {
    stated = JSON.parse(text)
  } catch {
    throw new FenceUnusableError(path, 'it is no JSON')
  }
  const { checksum, ...said } = stated
  if (crc32(JSON.stringify(said)).toString(16) !== checksum)
    throw new FenceUnusableError(path, 'its checksum is another')
  return said
}

/** What a file says; undefined: there is none. @throws {FenceUnusableError} */
export const read = (path: string): Said | undefined => {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // A place that may not even be looked into has none for us, and cannot be written either.
    if (code === 'ENOENT' || code === 'ENOTDIR' || !existsSync(path)) return undefined
    throw new FenceUnusableError(path, message)
  }
  return parse(path, text)
}

/** Which file a handle is of. */
export const fileOf = (handle: number): { device: string; inode: string } => {
  const { dev, ino } = fstatSync(handle, { bigint: true })
  return { device: String(dev), inode: String(ino) }
}

/** What a journal belongs to, in one text. */
export const chainOf = ({ chainId, genesisHash, clearingHouse }: Identity): string =>
  `${chainId} ${genesisHash} ${clearingHouse}`

/** The journal whose fence is written. */
export interface Owner {
  readonly folder: string
  readonly id: string
  readonly identity: Identity
  /** Of this opening. */
  readonly term: number
  /** The log. */
  readonly handle: number
}

/** How a fence file is written. */
export const writing = (path: string, owner: Owner, warn: (what: string) => void) => {
  const folder = realpathSync(owner.folder)
  const file = fileOf(owner.handle)
  const chain = chainOf(owner.identity)
  let isOpen = true
  let isWarned = false
  const textOf = ({ position, print }: Point): string =>
    format({ journal: owner.id, chain, term: owner.term, ...file, position, group: print.toString('hex'), folder })

  const isOwn = (said: Said | undefined): boolean =>
    said === undefined || (said.journal === owner.id && said.inode === file.inode && said.term <= owner.term)

  return {
    isOwn: () => isOwn(read(path)),
    failed(error: unknown): void {
      if (!isWarned) warn(`the fence file cannot be written, so a copy of this journal is not noticed: ${error}`)
      isWarned = true
    },
    now(point: Point): void {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const handle = openSync(`${path}.new`, 'w', 0o600)
      try {
        writeSync(handle, textOf(point))
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      renameSync(`${path}.new`, path)
    },
    async soon(point: Point): Promise<void> {
      const handle = await open(`${path}.new`, 'w', 0o600)
      try {
        await handle.writeFile(textOf(point))
        await handle.datasync()
      } finally {
        await handle.close()
      }
      // What was closed meanwhile has written its last word.
      if (isOpen) renameSync(`${path}.new`, path)
    },
    end(): void {
      isOpen = false
    },
  }
}
