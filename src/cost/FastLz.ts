/**
 * How long a transaction would be after FastLZ compression (level 1). The OP stack charges for a transaction's share of a blob by this
 * length since its Fjord upgrade. Only the length is computed; nothing is compressed.
 *
 * Format: https://github.com/ariya/FastLZ, level 1. Match finding as in Solady's `LibZip.flzCompress` and op-geth's `FlzCompressLen`,
 * which decide the fee: three bytes are looked up in a table of 8192 places that remembers only the newest, matches reach 8191
 * bytes back, and the last thirteen bytes start no match.
 */

/** Places in the table of the last position of each three bytes. */
const places = 8192

/** A match of 3 to 8 bytes takes 2 bytes, a longer one 3; one longer than 264 bytes is cut into pieces of 262. */
const piece = 262

/**
 * Length after compression, bytes.
 * @param bytes the signed transaction, encoded as it is sent
 * @example FastLz.size(new Uint8Array(1000)) // 21
 */
export function size(bytes: Uint8Array): number {
  const table = new Uint32Array(places)
  const lastStart = bytes.length - 13
  let total = 0
  let literalsFrom = 0
  let at = 2
  while (at < lastStart) {
    const word = three(bytes, at)
    const place = hash(word)
    const candidate = table[place] as number
    table[place] = at
    // The very last position is remembered but starts no match, as in the implementations that decide the fee.
    if (at + 1 >= lastStart) break
    if (at - candidate >= places || word !== three(bytes, candidate)) {
      at++
      continue
    }
    total += literals(at - literalsFrom)
    const extra = common(bytes, candidate + 3, at + 3, bytes.length - 4)
    total += match(extra)
    at += extra
    for (let passed = 0; passed < 2; passed++, at++) table[hash(three(bytes, at))] = at
    literalsFrom = at
  }
  return total + literals(bytes.length - literalsFrom)
}

/** Bytes that stand for themselves: one byte of header for each 32 or part of it. */
const literals = (count: number): number => count + Math.ceil(count / 32)

/** A match, given one more than the bytes it has beyond the first two. */
function match(extra: number): number {
  const rest = extra - 1
  return 3 * Math.floor(rest / piece) + (rest % piece >= 6 ? 3 : 2)
}

/** One more than the count of equal bytes from two positions on, but at most the room before the end. */
function common(bytes: Uint8Array, first: number, second: number, end: number): number {
  const room = end - second
  let count = 0
  while (count < room) if (bytes[first + count] !== bytes[second + count++]) break
  return count
}

const three = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)

/** Multiplicative hashing by 2^32 over the golden ratio; 13 bits of the product. */
const hash = (word: number): number => (Math.imul(word, 0x9e3779b9) >>> 19) & (places - 1)
