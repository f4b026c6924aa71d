/**
 * The index of the newest records, in memory: a hash table over entries that are only added. Once it is full it is written as a run
 * (`Run`) and dropped; when a journal is opened, the records behind its last run are read into one again.
 */
import type { Key } from './Keys.ts'
import { mostPlaces } from './Keys.ts'

export interface Recent {
  /** Position of the record whose place is 0. */
  readonly first: number
  /** Entries so far: pairs of words, low and high, as runs have them. */
  readonly entries: number
  /** Takes so many keys of a record, as pairs of words. */
  add(keys: Uint32Array, many: number, position: number): void
  /** Positions under a key, in order. */
  find(key: Key): readonly number[]
  words(): Uint32Array<ArrayBuffer>
}

/** Mostly nothing is found, and no list is made for it. */
const nothing: number[] = []

export const create = (first: number): Recent => {
  let capacity = 512
  let count = 0
  let words = new Uint32Array(2 * capacity)
  /** The entry before it in the same bucket, and each bucket's last, from 1. */
  let before = new Uint32Array(capacity)
  let buckets = new Uint32Array(capacity)

  const chain = (entry: number): void => {
    const bucket = (words[2 * entry + 1] as number) & (buckets.length - 1)
    before[entry] = buckets[bucket] as number
    buckets[bucket] = entry + 1
  }

  const grow = (): void => {
    capacity *= 2
    const larger = new Uint32Array(2 * capacity)
    larger.set(words)
    words = larger
    before = new Uint32Array(capacity)
    buckets = new Uint32Array(capacity)
    for (let entry = 0; entry < count; entry++) chain(entry)
  }

  return {
    first,
    get entries() {
      return count
    },
    add(keys, many, position) {
      if (count + many > capacity) grow()
      for (let i = 0; i < many; i++) {
        words[2 * count] = (keys[2 * i] as number) | (position - first)
        words[2 * count + 1] = keys[2 * i + 1] as number
        chain(count++)
      }
    },
    find({ high, low }) {
      let found = nothing
      for (let next = buckets[high & (buckets.length - 1)] as number; next !== 0; next = before[next - 1] as number) {
        const entry = 2 * (next - 1)
        if (words[entry + 1] !== high) continue
        const word = words[entry] as number
        if ((word & ~(mostPlaces - 1)) >>> 0 !== low) continue
        if (found === nothing) found = []
        found.push(first + (word & (mostPlaces - 1)))
      }
      return found.length < 2 ? found : found.reverse()
    },
    words: () => words.slice(0, 2 * count),
  }
}
