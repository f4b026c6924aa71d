/** How long a group commit waits for more: not at all where nothing comes, and never long where much does. */
import { describe, expect, it } from 'vitest'
import { enough, gather } from '../../../src/clearing/Gather.ts'

/** Resolves with how many turns it took; in each, so many more have come. */
const turnsOf = async (first: number, more: (turn: number) => number): Promise<number> => {
  let [count, turns, isOver] = [first, 0, false]
  const gathered = gather(() => count).then(() => {
    isOver = true
  })
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve))
    count += more(turns++)
  }
  await gathered
  return turns
}

describe('a group', () => {
  it('behavior: that is empty waits for nothing', async () => {
    let asked = 0
    await gather(() => {
      asked++
      return 0
    })
    expect(asked).toBe(1)
  })

  it('behavior: goes as soon as a turn of the event loop has brought nothing more', async () => {
    expect(await turnsOf(1, () => 0)).toBeLessThanOrEqual(2)
    expect(await turnsOf(1, (turn) => (turn === 0 ? 1 : 0))).toBeLessThanOrEqual(3)
  })

  it('behavior: that is large goes at once', async () => {
    expect(await turnsOf(enough, () => 1)).toBeLessThanOrEqual(1)
    expect(await turnsOf(1, () => enough - 1)).toBeLessThanOrEqual(2)
  })

  it('behavior: does not wait for ever while more keeps coming', async () => {
    // One more in each turn of at least a millisecond: two of them are too long.
    let count = 1
    let turns = 0
    await gather(() => {
      const began = performance.now()
      while (performance.now() - began < 1);
      turns++
      return count++
    })
    expect(turns).toBeLessThan(16)
  })
})
