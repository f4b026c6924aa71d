/** Chance with a seed, and what it does to messages. */

/** Small and quick: mulberry32. */
export class Chance {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  below(count: number): number {
    return Math.floor(this.next() * count)
  }
  is(part: number): boolean {
    return this.next() < part
  }
  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}

export const codes = [
  ...[
    'SL301',
    'SL304',
    'SL305',
    'SL306',
    'SL307',
    'SL308',
    'SL309',
    'SL309',
    'SL310',
    'SL311',
    'SL312',
    'SL313',
    'SL314',
  ],
  ...['SL316', 'SL317', 'SL404', 'SL601', 'SL612', 'SL615', 'SL616', 'SL618', 'SL628', 'SL640', 'SL649', 'SL999', ''],
]
export const oddValues = [
  ...[null, true, -1, 0, 1e308, 2 ** 53, 1.5, '', '-1', '0', '1', '6', '12', 'x', [], {}, [[]]],
  ...[
    `${(1n << 80n) - 1n}`,
    `${1n << 64n}`,
    `${(1n << 64n) - 1n}`,
    '9'.repeat(60),
    `0x${'00'.repeat(20)}`,
    `0x${'ff'.repeat(32)}`,
  ],
]

type Json = { [field: string]: unknown }

/** Changes one field, anywhere. */
export const change = (value: unknown, by: Chance): unknown => {
  const copy = structuredClone(value)
  let at = copy as Json
  for (let depth = 0; depth < 6; depth++) {
    const names = Object.keys(at ?? {})
    if (names.length === 0) return by.one(oddValues)
    const name = by.one(names)
    const inner = at[name]
    if (typeof inner === 'object' && inner !== null && by.is(0.8)) at = inner as Json
    else {
      if (by.is(0.15)) delete at[name]
      else
        at[name] =
          typeof inner === 'string' && /^\d+$/.test(inner) && by.is(0.6)
            ? `${BigInt(inner) * 10n ** BigInt(by.below(8)) + BigInt(by.below(3))}`
            : by.one(oddValues)
      return copy
    }
  }
  return copy
}
