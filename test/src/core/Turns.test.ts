/** Work that is shared, and work that must not overlap. */
import { describe, expect, test } from 'vitest'
import * as Turns from '../../../src/core/Turns.ts'

/** A run that ends when it is told to. */
const controlled = () => {
  const ends: ((error?: Error) => void)[] = []
  let [running, most] = [0, 0]
  const run = () => {
    running++
    most = Math.max(most, running)
    return new Promise<number>((resolve, reject) => {
      const number = ends.length + 1
      ends.push((error) => {
        running--
        if (error === undefined) resolve(number)
        else reject(error)
      })
    })
  }
  return { run, ends, most: () => most }
}

const soon = () => new Promise((resolve) => setImmediate(resolve))

describe('shared', () => {
  test('behavior: a call during a run shares the next one with all who call meanwhile', async () => {
    const { run, ends } = controlled()
    const ask = Turns.shared(run)
    const first = ask()
    await soon()
    const [second, third] = [ask(), ask()]
    ends[0]?.()
    expect(await first).toBe(1)
    await soon()
    ends[1]?.()
    expect(await Promise.all([second, third])).toEqual([2, 2])
    expect(ends).toHaveLength(2)
  })

  test('behavior: never runs twice at a time, even for callers who ask again the moment that they are answered', async () => {
    const { run, ends, most } = controlled()
    const ask = Turns.shared(run)
    const eager = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await ask()
    }
    const all = Promise.all([eager(), eager(), eager()])
    let done = false
    void all.then(() => {
      done = true
    })
    for (let next = 0; !done; await soon()) for (; next < ends.length; next++) ends[next]?.()
    expect(most()).toBe(1)
  })

  test('error: one that fails tells its own callers, and the next one runs', async () => {
    const { run, ends } = controlled()
    const ask = Turns.shared(run)
    const first = ask()
    await soon()
    const second = ask()
    ends[0]?.(new Error('broken'))
    await expect(first).rejects.toThrow('broken')
    await soon()
    ends[1]?.()
    expect(await second).toBe(2)
  })
})

describe('queue', () => {
  test('behavior: one after the other, in the order in which they came; a failure holds up nobody', async () => {
    const inTurn = Turns.queue()
    const seen: string[] = []
    const task = (name: string, fails = false) =>
      inTurn(async () => {
        seen.push(`${name} begins`)
        await soon()
        seen.push(`${name} ends`)
        if (fails) throw new Error(name)
        return name
      })
    const results = await Promise.allSettled([task('a'), task('b', true), task('c')])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })
})
