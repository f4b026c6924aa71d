/**
 * The log behind a shared till: lines that many processes append, and the state that follows from them. Pure. Every process reads the same
 * lines in the same order, so all agree on whose claim was first without any lock.
 *
 * A line is `length checksum JSON`. One that is shorter than its length was torn by a crash before it was acknowledged, and counts for
 * nothing; one of full length with a wrong checksum is damage, which nobody may pass over.
 */
import { createHash } from 'node:crypto'
import { SunledgerError } from '../core/Errors.ts'
import type { Address } from '../core/Payment.ts'
import { type Range, Ranges } from './Ranges.ts'

export interface Open {
  readonly owner: string
  readonly range: Range | undefined
  readonly state: 'serving' | 'begun'
}

type RangeText = readonly [asset: string, from: string, to: string]

/** What can be said in a line; `token` is the writer's own, by which it finds its line again. */
export type Entry =
  | readonly [
      op: 'snapshot',
      ranges: readonly RangeText[],
      open: readonly (readonly [string, string, string, RangeText | null])[],
    ]
  | readonly [op: 'take', token: string, owner: string, purchase: string, range: RangeText | null]
  | readonly [op: 'begin', token: string, owner: string, purchase: string, isWhole: boolean]
  | readonly [op: 'end' | 'release', token: string, owner: string, purchase: string]
  | readonly [op: 'takeOver', token: string, owner: string, purchase: string, from: string]
  | readonly [op: 'next', token: string]

export const rangeText = (range: Range | undefined): RangeText | null =>
  range === undefined ? null : [range.asset, `${range.from}`, `${range.to}`]

const rangeOf = (text: RangeText | null): Range | undefined =>
  text === null ? undefined : { asset: text[0] as Address, from: BigInt(text[1]), to: BigInt(text[2]) }

const checksum = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** A line, with the breaks that keep a torn one from spoiling its neighbours. */
export const format = (entry: Entry): string => {
  const text = JSON.stringify(entry)
  return `\n${Buffer.byteLength(text)} ${checksum(text)} ${text}\n`
}

/** What a line says; undefined: it is empty or torn. @throws {TillStoreError} it is damaged */
export const parse = (line: string, place: string): Entry | undefined => {
  if (line === '') return undefined
  const found = /^(\d{1,9}) ([0-9a-f]{16}) (.*)$/.exec(line)
  const text = found?.[3] ?? ''
  if (found !== null && Buffer.byteLength(text) === Number(found[1]) && checksum(text) === found[2])
    return JSON.parse(text) as Entry
  // A torn line is a beginning of one: its length is cut off, or there is less than it says.
  const isTorn =
    /^\d{0,9}( [0-9a-f]{0,16})?$/.test(line) || (found !== null && Buffer.byteLength(text) < Number(found[1]))
  if (isTorn) return undefined
  throw new TillStoreError(`a damaged line in ${place}`)
}

/** The state that the lines lead to. */
export class TillState {
  readonly ranges = new Ranges()
  readonly open = new Map<string, Open>()
  /** The log has ended, and the next one goes on. */
  isOver = false

  /** Takes a line in. Whether it counts: a claim that comes second, or an end of somebody else's claim, does not. */
  apply(entry: Entry): boolean {
    if (this.isOver) return false
    switch (entry[0]) {
      case 'snapshot':
        for (const text of entry[1]) this.ranges.add(rangeOf(text) as Range)
        for (const [purchase, owner, state, text] of entry[2])
          this.open.set(purchase, { owner, state: state as Open['state'], range: rangeOf(text) })
        return true
      case 'take':
        return this.#take(entry[3], entry[2], rangeOf(entry[4]))
      case 'next':
        this.isOver = true
        return true
      case 'takeOver':
        return this.#change(entry[3], entry[4], (claim) => this.open.set(entry[3], { ...claim, owner: entry[2] }))
      case 'begin':
        if (this.open.get(entry[3])?.state !== 'serving') return false
        return this.#change(entry[3], entry[2], (claim) =>
          entry[4] ? this.open.delete(entry[3]) : this.open.set(entry[3], { ...claim, state: 'begun' }),
        )
      case 'end':
        return this.#change(entry[3], entry[2], () => this.open.delete(entry[3]))
      case 'release':
        return this.#change(entry[3], entry[2], ({ range }) => {
          this.open.delete(entry[3])
          if (range !== undefined) this.ranges.remove(range)
        })
      default:
        throw new TillStoreError('a line of a newer version')
    }
  }

  /** What is known of a purchase. */
  find(purchase: string, range: Range | undefined): Open | 'charged' | undefined {
    const open = this.open.get(purchase)
    if (open !== undefined) return open
    return range !== undefined && this.ranges.overlap(range) !== undefined ? 'charged' : undefined
  }

  /** The first line of the log that goes on from here. */
  snapshot(): Entry {
    const open = [...this.open].map(
      ([purchase, { owner, state, range }]) => [purchase, owner, state, rangeText(range)] as const,
    )
    return ['snapshot', this.ranges.all.map((range) => rangeText(range) as RangeText), open]
  }

  #take(purchase: string, owner: string, range: Range | undefined): boolean {
    if (this.find(purchase, range) !== undefined) return false
    this.open.set(purchase, { owner, range, state: 'serving' })
    if (range !== undefined) this.ranges.add(range)
    return true
  }

  #change(purchase: string, owner: string, change: (claim: Open) => unknown): boolean {
    const claim = this.open.get(purchase)
    if (claim?.owner !== owner) return false
    change(claim)
    return true
  }
}

/** A till's store cannot be used: what has been served is not known, so nothing is. */
export class TillStoreError extends SunledgerError {
  override readonly name = 'TillStoreError'
  constructor(what: string, cause?: unknown) {
    super('SL638', 'The till’s store cannot be used, so no receipt is taken.', {
      expected: 'a store that can be read and written',
      actual: what,
      hint: 'Nothing was served. The receipt is still good once the store is.',
      status: 503,
      retryAfterSeconds: 5,
      cause,
    })
  }
}
