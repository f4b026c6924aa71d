/** When to settle, and a heart that beats on whatever fails. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Clock from '../../../src/clearing/Clock.ts'
import * as Policy from '../../../src/clearing/Policy.ts'

const policy: Policy.Policy = { manual: false, everyMs: 1000, valueAtomic: 100n, members: 10 }
const work = { valueAtomic: 1n, members: 1, readings: 0, isLeaving: false }
const nothing = { valueAtomic: 0n, members: 0, readings: 0, isLeaving: false }

describe('a settlement is due', () => {
  test.each([
    ['not with nothing to do', nothing, 10_000, false],
    ['not before its time', work, 999, false],
    ['when its time has come', work, 1000, true],
    ['as soon as much is unsettled', { ...work, valueAtomic: 100n }, 0, true],
    ['as soon as many are unsettled', { ...work, members: 10 }, 0, true],
    ['for readings alone', { ...nothing, readings: 1 }, 1000, true],
  ])('behavior: %s', (_, doing, sinceMs, expected) => {
    expect(Policy.isDue(policy, doing, sinceMs)).toBe(expected)
  })

  test('behavior: only when told, where it is manual; but I6 for whoever is leaving', () => {
    const manual = { ...policy, manual: true }
    expect(Policy.isDue(manual, { ...work, valueAtomic: 1000n, members: 1000 }, 10_000)).toBe(false)
    expect(Policy.isDue(manual, { ...work, isLeaving: true }, 1000)).toBe(true)
    expect(Policy.isDue(manual, { ...work, isLeaving: true }, 999)).toBe(false)
  })
})

describe('a settlement that is due', () => {
  const thrifty = { ...policy, dearWei: 10n, mostDelayMs: 5000 }
  test.each([
    ['is put off while gas is dear', work, 1000, 11n, true],
    ['is not where gas costs as much as may be', work, 1000, 10n, false],
    ['is not for longer than is allowed', work, 5000, 11n, false],
    ['is not where much is unsettled', { ...work, valueAtomic: 100n }, 1000, 11n, false],
    ['I6 is not for whoever is leaving', { ...work, isLeaving: true }, 1000, 11n, false],
  ])('behavior: %s', (_, doing, sinceMs, wei, expected) => {
    expect(Policy.isPutOff(thrifty, doing, sinceMs, wei)).toBe(expected)
    expect(Policy.isPutOff(policy, doing, sinceMs, wei)).toBe(false)
  })
})

/** A heart whose beats are written down; each part may fail. */
const heart = (beats: number, failing: Partial<Record<'sync' | 'settle' | 'tend', boolean>> = {}) => {
  const seen: string[] = []
  const errors: unknown[] = []
  return new Promise<{ seen: string[]; errors: unknown[] }>((resolve) => {
    const part = (name: 'sync' | 'settle' | 'tend') => async () => {
      seen.push(name)
      if (name === 'sync' && seen.filter((each) => each === 'sync').length > beats) void end()
      if (failing[name] === true) throw new Error(name)
    }
    const stop = Policy.start({
      policy: { ...policy, everyMs: 0 },
      work: () => work,
      sync: part('sync'),
      settle: part('settle'),
      tend: part('tend'),
      onError: (error) => errors.push((error as Error).message),
      beatMs: 1,
    })
    const end = async () => {
      await stop()
      resolve({ seen, errors })
    }
  })
}

describe('the heartbeat', () => {
  test('behavior: reads the chain, settles, and sees to who leaves, over and over', async () => {
    const { seen, errors } = await heart(2)
    expect(seen.slice(0, 6)).toEqual(['sync', 'settle', 'tend', 'sync', 'settle', 'tend'])
    expect(errors).toEqual([])
  })

  test.each(['sync', 'settle', 'tend'] as const)('error: goes on when %s fails, and tells of it', async (part) => {
    const { seen, errors } = await heart(3, { [part]: true })
    expect(seen.filter((name) => name === 'sync').length).toBeGreaterThan(3)
    expect(new Set(errors)).toEqual(new Set([part]))
  })
})

describe('the clock', () => {
  /** Both clocks in the test's hand; `pass` is real time, which moves both. */
  const hands = () => {
    const at = { wallMs: 1_000_000, monotonicMs: 5_000 }
    const clock = Clock.create(
      () => at.wallMs,
      () => at.monotonicMs,
    )
    const pass = (ms: number) => {
      at.wallMs += ms
      at.monotonicMs += ms
    }
    return { at, clock, pass }
  }

  test('behavior: is the wall clock, or ahead of it by what the chain was; never behind', () => {
    const { clock, pass } = hands()
    expect(clock.nowSeconds()).toBe(1000n)
    clock.observe(900n)
    expect(clock.nowSeconds()).toBe(1000n)
    clock.observe(1500n)
    expect(clock.nowSeconds()).toBe(1500n)
    pass(10_999)
    expect(clock.nowSeconds()).toBe(1510n)
    // A block that is read late says nothing about how late it is now.
    clock.observe(1400n)
    expect(clock.nowSeconds()).toBe(1510n)
  })

  test('behavior: a machine’s clock that is set back an hour does not move it while blocks are read', () => {
    const { at, clock, pass } = hands()
    clock.observe(1000n)
    at.wallMs -= 3_600_000
    expect(clock.nowSeconds()).toBe(1000n)
    pass(12_000)
    clock.observe(1012n)
    expect(clock.nowSeconds()).toBe(1012n)
    at.wallMs += 3_600_000
    expect(clock.nowSeconds()).toBe(1012n)
  })

  test('behavior: of an hour ahead nothing is left once the machine’s clock is right again', () => {
    const { at, clock, pass } = hands()
    clock.observe(1000n)
    at.wallMs += 3_600_000
    expect(clock.nowSeconds()).toBe(4600n)
    pass(12_000)
    clock.observe(1012n)
    at.wallMs -= 3_600_000
    expect(clock.nowSeconds()).toBe(1012n)
  })

  test('behavior: of a block that lay an hour ahead nothing is left after two windows of others', () => {
    const { clock, pass } = hands()
    clock.observe(1000n)
    clock.observe(4600n)
    expect(clock.nowSeconds()).toBe(4600n)
    for (let second = 12n; second <= 132n; second += 12n) {
      pass(12_000)
      clock.observe(1000n + second)
    }
    expect(clock.nowSeconds()).toBe(1132n)
  })

  test('behavior: is never before a block that was read, whatever was read and set before', () => {
    const step = fc.record({
      passMs: fc.integer({ min: 0, max: 200_000 }),
      setMs: fc.integer({ min: -7_200_000, max: 7_200_000 }),
      block: fc.integer({ min: 0, max: 20_000 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { at, clock, pass } = hands()
        for (const { passMs, setMs, block } of steps) {
          pass(passMs)
          at.wallMs += setMs
          clock.observe(BigInt(block))
          const now = clock.nowSeconds()
          expect(now).toBeGreaterThanOrEqual(BigInt(block))
          expect(now).toBeGreaterThanOrEqual(BigInt(Math.floor(at.wallMs / 1000)))
        }
      }),
    )
  })
})
