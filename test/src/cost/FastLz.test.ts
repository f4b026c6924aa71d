import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as FastLz from '../../../src/cost/FastLz.ts'
import * as Random from '../../../src/sim/Random.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

/** A compressor that really writes FastLZ level 1, to be read back: what `size` says must be the length of something real. */
function compress(bytes: readonly number[]): number[] {
  const out: number[] = []
  const newest = new Map<bigint, number>()
  const word = (at: number) => BigInt(bytes[at]!) + (BigInt(bytes[at + 1]!) << 8n) + (BigInt(bytes[at + 2]!) << 16n)
  const place = (at: number) => ((word(at) * 2654435769n) & 0xffffffffn) >> 19n
  const literals = (from: number, to: number) => {
    for (let at = from; at < to; at += 32) {
      const run = bytes.slice(at, Math.min(at + 32, to))
      out.push(run.length - 1, ...run)
    }
  }
  const match = (length: number, back: number) => {
    let left = length - 2
    for (; left > 262; left -= 262) out.push(224 + (back >> 8), 253, back & 255)
    if (left < 7) out.push((left << 5) + (back >> 8), back & 255)
    else out.push(224 + (back >> 8), left - 7, back & 255)
  }
  let anchor = 0
  let at = 2
  while (at + 1 < bytes.length - 13) {
    const earlier = newest.get(place(at)) ?? 0
    newest.set(place(at), at)
    if (at - earlier > 8191 || word(at) !== word(earlier)) {
      at++
      continue
    }
    literals(anchor, at)
    let length = 3
    // The byte that differs is passed over as well, in the implementations that decide the fee.
    while (at + length < bytes.length - 4 && bytes[earlier + length] === bytes[at + length]) length++
    const counted = Math.min(length - 3 + 1, bytes.length - 4 - at - 3)
    match(counted + 2, at - earlier - 1)
    at += counted
    newest.set(place(at), at)
    newest.set(place(at + 1), at + 1)
    at += 2
    anchor = at
  }
  literals(anchor, bytes.length)
  return out
}

function decompress(packed: readonly number[]): number[] {
  const out: number[] = []
  for (let at = 0; at < packed.length; ) {
    const control = packed[at++]!
    if (control < 32) {
      for (let count = 0; count <= control; count++) out.push(packed[at++]!)
      continue
    }
    let length = (control >> 5) + 2
    if (length === 9) length += packed[at++]!
    const back = ((control & 31) << 8) + packed[at++]! + 1
    for (let count = 0; count < length; count++) out.push(out[out.length - back]!)
  }
  return out
}

describe('size', () => {
  // op-geth, core/types/rollup_cost_test.go, TestFlzCompressLen; the transaction is
  // 0x8eb9dd4eb6d33f4dc25fb015919e4b1e9f7542f9b0322bf6622e268cd116b594 of OP Mainnet. The last one is from revm,
  // crates/revm/src/optimism/fast_lz.rs.
  test('behavior: gives the lengths that op-geth and revm are tested against', () => {
    const empty = hex('dd80808094095e7baea6a6c7c4c2dfeb977efac326af552d878080808080')
    const zeros = (count: number) => '00'.repeat(count)
    const call = [
      '02f901550a758302df1483be21b88304743f94f80e51afb613d764fa61751affd3313c190a86bb870151bd62fd12adb8e41ef24f3f',
      `${zeros(31)}6e${zeros(12)}af88d065e77c8cc2239327c5edb3a432268e5831${zeros(29)}03c1e5${zeros(63)}a0${zeros(31)}`,
      `148c89ed219d02f1a5be012c689b4f5b731827bebe${zeros(12)}c001a033fd89cb37c31b2cba46b6466e040c61fc9b2a3675a7f5f493`,
      'ebd5ad77c497f8a07cdf65680e238392693019b4092f610222e71b7cec06449cb922b93b6a12744e',
    ]
    expect(FastLz.size(hex(call.join('')))).toBe(202)
    expect(FastLz.size(new Uint8Array())).toBe(0)
    expect(FastLz.size(new Uint8Array(1000).fill(1))).toBe(21)
    expect(FastLz.size(new Uint8Array(1000))).toBe(21)
    expect(FastLz.size(empty)).toBe(31)
    expect(FastLz.size(hex('facade'))).toBe(4)
  })

  test('behavior: is the length of a compressed text that reads back', () => {
    const text = fc
      .tuple(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 256 }))
      .map(([seed, length, alphabet]) => {
        const random = Random.stream(seed, 'bytes')
        const bytes: number[] = []
        while (bytes.length < length)
          if (bytes.length > 40 && Random.chance(random, 0.3)) bytes.push(bytes.at(-Random.between(random, 1, 40))!)
          else bytes.push(Random.below(random, alphabet))
        return bytes
      })
    fc.assert(
      fc.property(text, (bytes) => {
        const packed = compress(bytes)
        expect(decompress(packed)).toEqual(bytes)
        expect(FastLz.size(Uint8Array.from(bytes))).toBe(packed.length)
      }),
      { numRuns: 300 },
    )
  })

  test('behavior: looks far enough back, and not further', () => {
    const random = Random.stream(1, 'far')
    const noise = Array.from({ length: 20_000 }, () => Random.below(random, 256))
    const text = [...noise, ...noise.slice(20_000 - 5000), ...noise.slice(0, 300)]
    const packed = compress(text)
    expect(decompress(packed)).toEqual(text)
    expect(FastLz.size(Uint8Array.from(text))).toBe(packed.length)
  })
})
