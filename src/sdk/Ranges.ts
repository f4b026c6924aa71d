/**
 * Which ranges of a payee's credit are taken: disjoint and sorted per asset. Adjacent ranges are joined, so that what is remembered of a
 * million purchases stays small. Pure: tills in memory and stores that several processes share both stand on it.
 */
import type { Address } from '../core/Payment.ts'

/** A range of a payee's credit: (from, to]. */
export interface Range {
  readonly asset: Address
  readonly from: bigint
  readonly to: bigint
}

/** The place of the first range that ends after `from`. */
const placeOf = (ranges: readonly Range[], from: bigint): number => {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle] as Range).to > from) high = middle
    else low = middle + 1
  }
  return low
}

export class Ranges {
  readonly #taken = new Map<Address, Range[]>()

  constructor(ranges: readonly Range[] = []) {
    for (const range of ranges) this.add(range)
  }

  /** A taken range that this one overlaps. */
  overlap({ asset, from, to }: Range): Range | undefined {
    const ranges = this.#taken.get(asset) ?? []
    const next = ranges[placeOf(ranges, from)]
    return next !== undefined && next.from < to ? next : undefined
  }

  /** Adds a range, and joins it with those that it overlaps or touches. */
  add({ asset, from, to }: Range): void {
    if (to <= from) return
    const ranges = this.#taken.get(asset) ?? []
    this.#taken.set(asset, ranges)
    const at = placeOf(ranges, from - 1n)
    let count = 0
    let joined = { asset, from, to }
    for (let next = ranges[at]; next !== undefined && next.from <= to; next = ranges[at + ++count])
      joined = {
        asset,
        from: next.from < joined.from ? next.from : joined.from,
        to: next.to > joined.to ? next.to : joined.to,
      }
    ranges.splice(at, count, joined)
  }

  /** Gives a range back that is taken as a whole. */
  remove({ asset, from, to }: Range): void {
    const ranges = this.#taken.get(asset) ?? []
    const at = placeOf(ranges, from)
    const around = ranges[at]
    if (around === undefined || around.from > from || around.to < to) return
    const left = around.from < from ? [{ asset, from: around.from, to: from }] : []
    const right = to < around.to ? [{ asset, from: to, to: around.to }] : []
    ranges.splice(at, 1, ...left, ...right)
  }

  get all(): readonly Range[] {
    return [...this.#taken.values()].flat()
  }
}
