/**
 * Percentiles of measured times by nearest rank: the p-th percentile of n samples is the one at rank ⌈p n / 100⌉ of the sorted
 * samples. So each is a value that was really measured, and with few samples the high ones are simply the highest.
 */

/** Percentiles and how many samples they are of; null where there are none. */
export interface Percentiles {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly samples: number
}

/**
 * Percentiles of numbers in any order and unit; the numbers stay as they are.
 * @example Percentiles.of([3, 1, 2]) // { p50: 2, p95: 3, p99: 3, samples: 3 }
 */
export function of(values: ArrayLike<number>): Percentiles {
  const sorted = Float64Array.from(values).sort()
  // Sorting puts NaN last.
  if (Number.isNaN(sorted.at(-1))) throw new RangeError('a sample that is no number')
  const rank = (percent: number): number | null => sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? null
  return { p50: rank(50), p95: rank(95), p99: rank(99), samples: sorted.length }
}

/** The middle sample; of an even number of them the lower of the two. NaN where there are none. */
export const median = (values: ArrayLike<number>): number => of(values).p50 ?? Number.NaN
