/**
 * Seeded randomness for simulations. One seed gives any number of named streams (`stream(seed, 'robot', 17)`), each independent of
 * the others and of the order in which they are asked for, so that adding a robot or a draw somewhere changes nothing elsewhere and
 * concurrent participants need no shared generator. Nothing here is fit for secrets.
 */
import { createHash } from 'node:crypto'

/** A generator: the four words of its state, changed by every draw. */
export type Random = { readonly words: Uint32Array }

/** What names a stream, in addition to the seed. */
export type Label = string | number

/** The order of secp256k1; a private key lies in [1, order). */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/**
 * The stream of a seed and a name. The same arguments always give the same stream, in its initial state.
 * The state is the first 128 bits of SHA-256 over the JSON text of `[seed, ...labels]`, which no two different names share.
 * @param seed an integer
 * @example Random.stream(1, 'robot', 17)
 */
export function stream(seed: number, ...labels: readonly Label[]): Random {
  return fromWords(words(JSON.stringify([integral(seed), ...labels])))
}

/** A generator with a given state; all zeros is the one state that xoshiro never leaves. */
export function fromWords(state: readonly number[]): Random {
  const words = Uint32Array.from(state)
  if (words.length !== 4 || words.every((word) => word === 0))
    throw new RangeError('a state is four words, not all zero')
  return { words }
}

/** An integer in [0, 2^32). xoshiro128** 1.1 by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c). */
export function uint32({ words: s }: Random): number {
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s
  const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0
  const c = s2 ^ s0
  const d = s3 ^ s1
  s[0] = s0 ^ d
  s[1] = s1 ^ c
  s[2] = c ^ (s1 << 9)
  s[3] = rotate(d, 11)
  return result
}

/** A number in [0, 1) with 53 random bits. */
export const float = (random: Random): number => ((uint32(random) >>> 5) * 2 ** 26 + (uint32(random) >>> 6)) / 2 ** 53

/**
 * An integer in [0, count), each equally likely: draws that would favour the small ones are thrown away.
 * @param count an integer in [1, 2^32]
 */
export function below(random: Random, count: number): number {
  if (!Number.isInteger(count) || count < 1 || count > 2 ** 32) throw new RangeError(`not a count of choices: ${count}`)
  const limit = 2 ** 32 - (2 ** 32 % count)
  for (;;) {
    const draw = uint32(random)
    if (draw < limit) return draw % count
  }
}

/** An integer in [min, max], both ends included. */
export const between = (random: Random, min: number, max: number): number => min + below(random, max - min + 1)

/** True with a probability in [0, 1]. */
export const chance = (random: Random, probability: number): boolean => float(random) < probability

/**
 * An index, each as likely as its weight.
 * @param sums of the weights up to and with each index, rising; the last above zero
 */
export function weighted(random: Random, sums: ArrayLike<number>): number {
  const drawn = float(random) * (sums[sums.length - 1] ?? 0)
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sums[middle] ?? 0) > drawn) high = middle
    else low = middle + 1
  }
  return low
}

/** One of the values, each equally likely. There must be one. */
export function pick<value>(random: Random, values: readonly value[]): value {
  return values[below(random, values.length)] as value
}

/** The values in a random order (Fisher–Yates), as a new array. */
export function shuffle<value>(random: Random, values: readonly value[]): value[] {
  const shuffled = [...values]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = below(random, last + 1)
    const moved = shuffled[last] as value
    shuffled[last] = shuffled[other] as value
    shuffled[other] = moved
  }
  return shuffled
}

/** A normally distributed number (Box–Muller, the cosine half). */
export function normal(random: Random, mean = 0, deviation = 1): number {
  const radius = Math.sqrt(-2 * Math.log(1 - float(random)))
  return mean + deviation * radius * Math.cos(2 * Math.PI * float(random))
}

/** How many of something happen when `mean` are expected (Poisson, by multiplication; meant for small means). */
export function poisson(random: Random, mean: number): number {
  if (!(mean >= 0 && mean <= 500)) throw new RangeError(`not a mean between 0 and 500: ${mean}`)
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = float(random); product > limit; product *= float(random)) count++
  return count
}

/**
 * A secp256k1 private key for a simulated participant, as 0x and 64 hexadecimal digits: SHA-256 over a domain, the seed, the role
 * and the index. Anyone who knows the seed knows the key, so it must never hold anything of worth.
 * @example Random.key(1, 'robot', 17)
 */
export function key(seed: number, role: string, index: number): `0x${string}` {
  for (let attempt = 0; ; attempt++) {
    const text = JSON.stringify(['sunledger simulation key, worthless', integral(seed), role, integral(index), attempt])
    const digest = createHash('sha256').update(text).digest('hex')
    const value = BigInt(`0x${digest}`)
    if (value > 0n && value < order) return `0x${digest}`
  }
}

function words(text: string): number[] {
  const digest = createHash('sha256').update(text).digest()
  return [0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset))
}

function integral(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`)
  return value
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))
