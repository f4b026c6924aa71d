import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Random from '../../../src/sim/Random.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 })
const draws = (random: Random.Random, count: number) => Array.from({ length: count }, () => Random.uint32(random))

describe('xoshiro128**', () => {
  // Known answer of the reference implementation 1.1 from state {1, 2, 3, 4}, as in rust-random's rand_xoshiro
  // (src/xoshiro128starstar.rs).
  test('behavior: gives the published numbers', () => {
    expect(draws(Random.fromWords([1, 2, 3, 4]), 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ])
  })

  test('error: refuses the state that it never leaves', () => {
    expect(() => Random.fromWords([0, 0, 0, 0])).toThrow('not all zero')
  })
})

describe('stream', () => {
  test('behavior: depends on its name alone, not on the order of asking', () => {
    fc.assert(
      fc.property(seeds, fc.nat(1000), fc.nat(1000), (seed, a, b) => {
        const first = draws(Random.stream(seed, 'robot', a), 4)
        draws(Random.stream(seed, 'robot', b), 7)
        expect(draws(Random.stream(seed, 'robot', a), 4)).toEqual(first)
        if (a !== b) expect(draws(Random.stream(seed, 'robot', b), 4)).not.toEqual(first)
        expect(draws(Random.stream(seed + 1, 'robot', a), 4)).not.toEqual(first)
        expect(draws(Random.stream(seed, 'site', a), 4)).not.toEqual(first)
      }),
    )
  })

  test('behavior: names do not run together', () => {
    expect(draws(Random.stream(1, 'a', 11), 4)).not.toEqual(draws(Random.stream(1, 'a', 1, 1), 4))
    expect(draws(Random.stream(1, 'a', 1), 4)).not.toEqual(draws(Random.stream(1, 'a', '1'), 4))
  })

  test('behavior: stays the same from release to release', () => {
    expect(draws(Random.stream(1, 'robot', 17), 3)).toMatchInlineSnapshot(`
      [
        2097567815,
        3042425097,
        3430831659,
      ]
    `)
    expect(Random.key(1, 'robot', 17)).toMatchInlineSnapshot(
      `"0x7141fea84536512e464fbeb0f6101b483809bd82cfc27209ff2d3ae81aaa0306"`,
    )
  })
})

describe('draws', () => {
  test('behavior: below and between stay inside their range', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.integer({ min: 1, max: 2 ** 32 }),
        fc.integer({ min: -1e6, max: 1e6 }),
        (seed, count, min) => {
          const random = Random.stream(seed)
          const value = Random.below(random, count)
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThan(count)
          expect(Number.isInteger(value)).toBe(true)
          const other = Random.between(random, min, min + 3)
          expect(other).toBeGreaterThanOrEqual(min)
          expect(other).toBeLessThanOrEqual(min + 3)
        },
      ),
    )
  })

  test('behavior: below favours no choice, where a remainder would', () => {
    // 3 × 2^30 choices: a plain remainder would give the first third twice as often as each other third.
    const random = Random.stream(7, 'bias')
    const thirds = [0, 0, 0]
    for (let draw = 0; draw < 30_000; draw++) {
      const third = Math.floor(Random.below(random, 3 * 2 ** 30) / 2 ** 30)
      thirds[third] = (thirds[third] ?? 0) + 1
    }
    for (const count of thirds) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })

  test('behavior: float, chance, normal and poisson have the mean and the spread that they claim', () => {
    const random = Random.stream(3, 'moments')
    const samples = 40_000
    const moments = (draw: () => number) => {
      const values = Array.from({ length: samples }, draw)
      const mean = values.reduce((sum, value) => sum + value, 0) / samples
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples]
    }
    const [mean = 0, variance = 0] = moments(() => Random.float(random))
    expect(mean).toBeCloseTo(0.5, 2)
    expect(variance).toBeCloseTo(1 / 12, 2)
    expect(moments(() => Number(Random.chance(random, 0.3)))[0]).toBeCloseTo(0.3, 1)
    const [centre = 0, square = 0] = moments(() => Random.normal(random, 5, 2))
    expect(Math.abs(centre - 5)).toBeLessThan(0.05)
    expect(Math.abs(square - 4)).toBeLessThan(0.15)
    const [events = 0, spread = 0] = moments(() => Random.poisson(random, 0.4))
    expect(Math.abs(events - 0.4)).toBeLessThan(0.02)
    expect(Math.abs(spread - 0.4)).toBeLessThan(0.03)
  })

  test('behavior: shuffle keeps every value, pick takes one of them', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer(), { minLength: 1, maxLength: 50 }), (seed, values) => {
        const random = Random.stream(seed, 'shuffle')
        expect(Random.shuffle(random, values).sort()).toEqual([...values].sort())
        expect(values).toContain(Random.pick(random, values))
      }),
    )
  })

  test('error: refuses an empty choice and a seed that is no integer', () => {
    expect(() => Random.pick(Random.stream(1), [])).toThrow('not a count of choices')
    expect(() => Random.stream(1.5)).toThrow('not an integer')
    expect(() => Random.poisson(Random.stream(1), 501)).toThrow('not a mean')
  })
})

describe('key', () => {
  test('behavior: a private key, one for each participant', () => {
    const keys = new Set<string>()
    for (const role of ['robot', 'producer', 'site'])
      for (let index = 0; index < 200; index++) keys.add(Random.key(1, role, index))
    expect(keys.size).toBe(600)
    for (const key of keys) expect(key).toMatch(/^0x[0-9a-f]{64}$/)
  })
})
