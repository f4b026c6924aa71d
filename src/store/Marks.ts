/** Where in the log frames lie: one in every 64 KB is remembered, and from there they are walked. 8 MB for a log of 32 GB. */
export interface Marks {
  /** Tells of a frame, in order. */
  note(first: number, offset: number): void
  add(marks: Float64Array): void
  /** The last known frame that begins at a position or before it. */
  before(position: number): { first: number; offset: number }
  /** The marks of frames that begin within these positions. */
  between(first: number, last: number): Float64Array
}

const every = 1 << 16

/** @param start the first frame's offset */
export const create = (start: number): Marks => {
  const firsts: number[] = [1]
  const offsets: number[] = [start]

  /** How many begin before a position. */
  const count = (position: number): number => {
    let [low, most] = [0, firsts.length]
    while (low < most) {
      const middle = (low + most) >>> 1
      if ((firsts[middle] as number) < position) low = middle + 1
      else most = middle
    }
    return low
  }

  const note = (first: number, offset: number): void => {
    if (offset - (offsets.at(-1) as number) < every) return
    firsts.push(first)
    offsets.push(offset)
  }

  return {
    note,
    add(marks) {
      for (let i = 0; i < marks.length; i += 2) note(marks[i] as number, marks[i + 1] as number)
    },
    before(position) {
      const i = Math.max(0, count(position + 1) - 1)
      return { first: firsts[i] as number, offset: offsets[i] as number }
    },
    between(first, last) {
      const [from, to] = [count(first), count(last + 1)]
      return new Float64Array(
        Array.from({ length: to - from }, (_, i) => [firsts[from + i] as number, offsets[from + i] as number]).flat(),
      )
    },
  }
}
