/** Makes wrong inputs out of right ones: bytes, texts and JSON values, each change chosen by a seed. */

/** Numbers from 0 up to, not including, a bound; the same for the same seed (Mulberry32). */
export type Pick = (below: number) => number

export const picker = (seed: number): Pick => {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export const oneOf = <T>(pick: Pick, list: readonly T[]): T => list[pick(list.length)] as T

/** Cut off, flipped, filled, repeated, or something else altogether. */
export const bytes = (pick: Pick, right: Uint8Array): Buffer => {
  const made = Buffer.from(right)
  const at = () => pick(Math.max(1, made.length))
  switch (pick(7)) {
    case 0:
      return made.subarray(0, at())
    case 1:
      return Buffer.concat([made.subarray(0, at()), Buffer.from([pick(256), pick(256)]), made.subarray(at())])
    case 2:
      return Buffer.concat([made, made.subarray(at())])
    case 3:
      return Buffer.from(Array.from({ length: pick(300) }, () => pick(256)))
    case 4: {
      const [from, to] = [at(), at()].sort((a, b) => a - b)
      return made.fill(oneOf(pick, [0, 255, 128]), from, to)
    }
    default:
      for (let i = 0; i <= pick(4) && made.length > 0; i++) {
        const place = at()
        made.writeUInt8(made.readUInt8(place) ^ (1 << pick(8)), place)
      }
      return made
  }
}

const odd = [
  '',
  '\0',
  '\n',
  '\r\n',
  ',',
  ';',
  '"',
  '""',
  ':',
  '0x',
  '-1',
  '1e308',
  '٣',
  '\ud800',
  '🤖',
  'NaN',
  'null',
  '{',
  '[[',
  '9'.repeat(90),
]

/** Characters removed, doubled, changed for others, or odd ones put in. */
export const text = (pick: Pick, right: string): string => {
  let made = right
  for (let i = 0; i <= pick(4); i++) {
    const [from, length] = [pick(made.length + 1), pick(12)]
    const [before, part, after] = [made.slice(0, from), made.slice(from, from + length), made.slice(from + length)]
    made = oneOf(pick, [
      before + after,
      before + part + part + after,
      before + oneOf(pick, odd) + after,
      before,
      before + oneOf(pick, odd).repeat(pick(50)) + part + after,
      before + String.fromCharCode(pick(0x2100)) + after.slice(pick(3)),
    ])
  }
  return made
}

const deep = (levels: number): unknown => {
  let made: unknown = 1
  for (let i = 0; i < levels; i++) made = i % 2 === 0 ? [made] : { a: made }
  return made
}

const strange = (pick: Pick): unknown =>
  oneOf<() => unknown>(pick, [
    () => null,
    () => undefined,
    () => true,
    () => oneOf(pick, [-1, 0.5, 1e308, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]),
    () => oneOf(pick, odd),
    () => oneOf(pick, ['-0', '00', '0x10', '1 ', '1n', `${2n ** 80n}`, `${2n ** 64n}`, '+1']),
    () => `0x${'f'.repeat(pick(300))}`,
    () => [],
    () => ({}),
    () => JSON.parse('{"__proto__":{"a":1},"constructor":1,"toString":2}'),
    () => Array.from({ length: pick(1500) }, (_, i) => i),
    () => 'x'.repeat(pick(5000)),
    () => deep(pick(500)),
  ])()

/** One part of a value changed for something strange, taken away, doubled or misnamed. */
export const value = (pick: Pick, right: unknown): unknown => {
  if (pick(12) === 0 || typeof right !== 'object' || right === null) return strange(pick)
  if (Array.isArray(right)) {
    if (right.length === 0) return [strange(pick)]
    const at = pick(right.length)
    const rest = [...right.slice(0, at), ...right.slice(at + 1)]
    return oneOf(pick, [
      () => rest,
      () => [...right, right[at]],
      () => right.map((part, i) => (i === at ? value(pick, part) : part)),
    ])()
  }
  const entries = Object.entries(right)
  if (entries.length === 0) return { [oneOf(pick, odd)]: strange(pick) }
  const [name, part] = oneOf(pick, entries)
  const { [name]: _, ...rest } = right as Record<string, unknown>
  return oneOf(pick, [
    () => rest,
    () => ({ ...right, [text(pick, name)]: part }),
    ...Array.from({ length: 4 }, () => () => ({ ...right, [name]: value(pick, part) })),
  ])()
}
