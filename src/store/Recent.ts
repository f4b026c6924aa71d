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
  add(key: Key, position: number): void
  /** Positions under a key, in order. */
  find(key: Key): number[]
  /** The newest position under a key that `isIt` says yes to. */
  words(): Uint32Array<ArrayBuffer>
}

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
    add({ high, low }, position) {
      if (count === capacity) grow()
      words[2 * count] = low | (position - first)
      words[2 * count + 1] = high
      chain(count++)
    },
    find({ high, low }) {
      const found: number[] = []
      for (let next = buckets[high & (buckets.length - 1)] as number; next !== 0; next = before[next - 1] as number) {
        const entry = 2 * (next - 1)
        if (words[entry + 1] !== high) continue
        const word = words[entry] as number
        if ((word & ~(mostPlaces - 1)) >>> 0 === low) found.push(first + (word & (mostPlaces - 1)))
      }
      return found.reverse()
    },
    words: () => words.slice(0, 2 * count),
  }
}
