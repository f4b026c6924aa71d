/** Stretches (from, to] of an account's total, sorted and apart from each other. */
export interface Range {
  readonly from: bigint
  readonly to: bigint
}

export const length = (ranges: readonly Range[]): bigint => ranges.reduce((sum, { from, to }) => sum + to - from, 0n)

/** Adds a stretch that overlaps none of them; nothing where it is empty. */
export const add = (ranges: Range[], from: bigint, to: bigint): void => {
  if (from >= to) return
  const at = ranges.findIndex((range) => range.from >= to)
  ranges.splice(at < 0 ? ranges.length : at, 0, { from, to })
}

/** Takes a stretch out of them. Returns how much of it there was. */
export const take = (ranges: Range[], from: bigint, to: bigint): bigint => {
  let taken = 0n
  const left = ranges.flatMap((range) => {
    const [start, end] = [range.from > from ? range.from : from, range.to < to ? range.to : to]
    if (start >= end) return [range]
    taken += end - start
    const parts = [
      { from: range.from, to: start },
      { from: end, to: range.to },
    ]
    return parts.filter((part) => part.from < part.to)
  })
  ranges.splice(0, ranges.length, ...left)
  return taken
}
