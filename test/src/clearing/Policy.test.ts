/** When to settle, and a heart that beats on whatever fails. */
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
  test('behavior: is the wall clock, or ahead of it by what the chain was; never behind', () => {
    let wallMs = 1_000_000
    const clock = Clock.create(() => wallMs)
    expect(clock.nowSeconds()).toBe(1000n)
    clock.observe(900n)
    expect(clock.nowSeconds()).toBe(1000n)
    clock.observe(1500n)
    expect(clock.nowSeconds()).toBe(1500n)
    wallMs += 10_999
    expect(clock.nowSeconds()).toBe(1510n)
    clock.observe(1400n)
    expect(clock.nowSeconds()).toBe(1510n)
  })
})
