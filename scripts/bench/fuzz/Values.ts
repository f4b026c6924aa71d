/** Values for messages: some that the OpenAPI document allows, made from its schemas, and changed copies of valid ones. */
import * as Random from '../../../src/sim/Random.ts'

export type Json = unknown
type Schema = { readonly [key: string]: unknown }

export const strange: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, -0, '', ' ', '0', '-1', '01', '1.5', '1e3', '0x', '0x0', '٣', 'null'],
  ...[String(2n ** 64n), String(2n ** 80n), String(2n ** 128n), '9'.repeat(39), '9'.repeat(400)],
  ...[
    `0x${'0'.repeat(40)}`,
    `0x${'f'.repeat(40)}`,
    `0x${'0'.repeat(64)}`,
    `0x${'f'.repeat(64)}`,
    `0x${'00'.repeat(65)}`,
  ],
  ...[`0x${'ff'.repeat(64)}`, `0x${'ab'.repeat(128)}`, `0X${'A'.repeat(40)}`],
  ...['\u0000', '\ud800', '\ufeff', '\u202e', '💸'.repeat(50), 'é'.normalize('NFD'), 'x'.repeat(20_000)],
  ...[[], {}, [[]], [null], { toString: 1 }, { length: -1 }, { constructor: { prototype: {} } }],
]

const hex = (random: Random.Random, digits: number): string =>
  `0x${Array.from({ length: digits }, () => Random.below(random, 16).toString(16)).join('')}`

const ofPattern = (random: Random.Random, pattern: string): string => {
  const digits = [...pattern.matchAll(/\{(\d+)\}/g)].map(([, count]) => Number(count))
  if (pattern.includes('0x') && digits.length > 0) return hex(random, Random.pick(random, digits))
  return String(BigInt(Random.uint32(random)) ** BigInt(Random.between(random, 0, 3)))
}

/** A value that a schema allows, mostly. */
export const from = (random: Random.Random, document: { components: object }, schema: Schema, depth = 0): Json => {
  const again = (inner: unknown): Json => from(random, document, inner as Schema, depth + 1)
  if (depth > 12 || Random.chance(random, 0.03)) return Random.pick(random, strange)
  const ref = schema['$ref']
  if (typeof ref === 'string') {
    const found = ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Schema | undefined)?.[key], document)
    return again(found ?? {})
  }
  for (const key of ['anyOf', 'oneOf', 'enum'] as const) {
    const list = schema[key]
    if (Array.isArray(list)) return key === 'enum' ? Random.pick(random, list) : again(Random.pick(random, list))
  }
  if ('const' in schema) return schema['const']
  switch (schema['type']) {
    case 'object': {
      const entries = Object.entries((schema['properties'] ?? {}) as { [name: string]: unknown })
      const kept = entries.filter(() => !Random.chance(random, 0.02))
      return Object.fromEntries(kept.map(([name, inner]) => [name, again(inner)]))
    }
    case 'array':
      return Array.from({ length: Random.pick(random, [0, 1, 2, 5]) }, () => again(schema['items'] ?? {}))
    case 'string':
      return typeof schema['pattern'] === 'string'
        ? ofPattern(random, schema['pattern'])
        : Random.pick(random, ['', 'x', 'exact'])
    case 'integer':
    case 'number':
      return Random.pick(random, [0, 1, 2, -1, 10_000, Random.uint32(random)])
    case 'boolean':
      return Random.chance(random, 0.5)
    default:
      return Random.pick(random, strange)
  }
}

/** A copy with one thing changed, anywhere in it. */
export const mutate = (random: Random.Random, value: Json): Json => {
  if (Array.isArray(value)) {
    if (value.length === 0 || Random.chance(random, 0.2))
      return Random.pick(random, [[], [...value, ...value], [...value, null], { 0: value[0] }, value[0]])
    const at = Random.below(random, value.length)
    return value.map((item, i) => (i === at ? mutate(random, item) : item))
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0 && Random.chance(random, 0.9)) {
    const entries = Object.entries(value)
    const at = Random.below(random, entries.length)
    const [name, inner] = entries[at] as [string, unknown]
    const how = Random.below(random, 6)
    if (how === 0) return Object.fromEntries(entries.filter((_, i) => i !== at))
    if (how === 1) return { ...value, [`${name}2`]: inner }
    if (how === 2)
      return { ...value, [Random.pick(random, ['constructor', 'toString', '', '__proto__2', '💸'])]: inner }
    return Object.fromEntries(entries.map(([key, part], i) => [key, i === at ? mutate(random, part) : part]))
  }
  if (typeof value === 'string' && value.startsWith('0x') && value.length > 4 && Random.chance(random, 0.6)) {
    const at = Random.between(random, 2, value.length - 1)
    return value.slice(0, at) + Random.below(random, 16).toString(16) + value.slice(at + 1)
  }
  if (typeof value === 'string' && /^\d+$/.test(value) && Random.chance(random, 0.5))
    return String(BigInt(value.slice(0, 30)) + BigInt(Random.pick(random, [-1, 1, 1_000_000])))
  return Random.pick(random, strange)
}

/** JSON text that no `JSON.stringify` would write. */
export const broken = (random: Random.Random, text: string): string => {
  const at = Random.below(random, text.length + 1)
  switch (Random.below(random, 12)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return `${text.slice(0, at)}${Random.pick(random, ['"', '{', '}', '[', ',', '\\', '\u0000', '\\u12', '//', 'NaN', '\u0085'])}${text.slice(at)}`
    case 2:
      return '['.repeat(Random.pick(random, [100, 10_000, 200_000]))
    case 3:
      return `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`
    case 4:
      return text.replace('{', '{"__proto__":{"amount":"1","isAdmin":true},')
    case 5:
      return text.replace(/"(\w+)":/, '"$1":"0","$1":')
    case 6:
      return `\ufeff${text}`
    case 7:
      return text.replace(
        /"(\w)(\w+)":/,
        (_, first: string, rest: string) => `"\\u00${first.charCodeAt(0).toString(16)}${rest}":`,
      )
    case 8:
      return `${text}${text}`
    case 9:
      return text.replace(/"\d+"/, '1e999')
    case 10:
      return text.replaceAll('"', "'")
    default:
      return `"${'x'.repeat(Random.pick(random, [10, 100_000, 1_048_570, 1_100_000]))}"`
  }
}
