/**
 * The body of an answer, recorded while a handler writes it: in memory as long as it is small, then in a file without a name, which is gone
 * with the process. So that an answer can be held back until it is paid for, and given again to whoever paid for it, whatever its size.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, read, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'

export interface Bounds {
  /** Bytes of a body that is kept in memory; a larger one is written to a file. */
  readonly mostBodyBytes: number
  /** Bytes of all files together. */
  readonly mostFileBytes: number
}

/** Bytes of all files of this process, by whomever they are recorded. */
let inFiles = 0

const namelessFile = (): number => {
  const name = path.join(tmpdir(), `sunledger-${process.pid}-${randomBytes(8).toString('hex')}`)
  const file = openSync(name, 'wx+', 0o600)
  try {
    unlinkSync(name)
  } catch {
    // Where an open file cannot lose its name, it stays until the folder is tidied.
  }
  return file
}

const pieceBytes = 1 << 16

/** A file's number, shared by whoever reads it. */
class Spool {
  readonly #file = namelessFile()
  #users = 1
  length = 0

  append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, bytes.length - at)
    this.length += bytes.length
    inFiles += bytes.length
  }

  at(place: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.length - place)))
    for (let got = 0; got < bytes.length; ) {
      const count = readSync(this.#file, bytes, got, bytes.length - got, place + got)
      if (count === 0) throw new Error('the file has been cut')
      got += count
    }
    return bytes
  }

  /** The file's number stays this class's own: a stream of Node's would close it. */
  read(): Readable {
    this.#users++
    const { length } = this
    let at = 0
    let isReading = false
    let isOver = false
    const leave = (): void => {
      if (isReading || !isOver) return
      isOver = false
      this.drop()
    }
    const stream = new Readable({
      read: () => {
        if (at === length) {
          stream.push(null)
          return
        }
        isReading = true
        const bytes = Buffer.allocUnsafe(Math.min(pieceBytes, length - at))
        read(this.#file, bytes, 0, bytes.length, at, (error, count) => {
          isReading = false
          leave()
          if (stream.destroyed) return
          at += count
          if (error === null && count > 0) stream.push(bytes.subarray(0, count))
          else stream.destroy(error ?? new Error('the file has been cut'))
        })
      },
      destroy: (error, done) => {
        isOver = true
        leave()
        done(error)
      },
    })
    return stream
  }

  drop(): void {
    if (--this.#users > 0) return
    inFiles -= this.length
    closeSync(this.#file)
  }
}

/** A recorded body. `drop` when it is no longer kept. */
export interface Body {
  readonly length: number
  /** The bytes, where they are in memory. */
  readonly bytes: Buffer | undefined
  read(): Readable
  /** So many bytes from a place on. */
  at(place: number, length: number): Buffer
  drop(): void
}

export const bodyOf = (bytes: Buffer): Body => ({
  length: bytes.length,
  bytes,
  read: () => Readable.from([bytes]),
  at: (place, length) => bytes.subarray(place, place + length),
  drop() {},
})

export class Recording {
  readonly #bounds: Bounds
  #chunks: Buffer[] = []
  #spool: Spool | undefined
  #isTooLarge = false
  length = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  /** @param chunk is kept: whoever writes it may not use its bytes again */
  add(chunk: Buffer): void {
    this.length += chunk.length
    if (this.#isTooLarge || chunk.length === 0) return
    if (this.#spool === undefined && this.length <= this.#bounds.mostBodyBytes) {
      this.#chunks.push(chunk)
      return
    }
    if (inFiles + this.length - (this.#spool?.length ?? 0) > this.#bounds.mostFileBytes) return this.#giveUp()
    try {
      this.#spool ??= new Spool()
      for (const kept of this.#chunks.splice(0)) this.#spool.append(kept)
      this.#spool.append(chunk)
    } catch {
      // A full disk makes an answer too large to be kept, and nothing else.
      this.#giveUp()
    }
  }

  /** Forgets what was recorded. */
  reset(): void {
    this.#chunks = []
    this.#spool?.drop()
    this.#spool = undefined
    this.#isTooLarge = false
    this.length = 0
  }

  /** What was recorded; undefined: it was too large. */
  body(): Body | undefined {
    if (this.#isTooLarge) return undefined
    if (this.#spool !== undefined) {
      const spool = this.#spool
      return {
        length: spool.length,
        bytes: undefined,
        read: () => spool.read(),
        at: (place, count) => spool.at(place, count),
        drop: () => spool.drop(),
      }
    }
    return bodyOf(this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks))
  }

  #giveUp(): void {
    const { length } = this
    this.reset()
    this.length = length
    this.#isTooLarge = true
  }
}
