/** A process that was stopped looks around before it answers; one that runs does not. */
import { describe, expect, test, vi } from 'vitest'
import * as Pause from '../../../src/clearing/Pause.ts'

const opened = (look: () => Promise<void>, patienceMs?: number) => {
  const at: [number, number] = [0, 1_700_000_000_000]
  const clocks = () => [...at] as const
  // Never ticks by itself: what it sees is decided here.
  const pause = Pause.create({
    ...{ look, clocks, everyMs: 2 ** 30 },
    ...(patienceMs === undefined ? {} : { patienceMs }),
  })
  const pass = (monotonicMs: number, machineMs = monotonicMs): void => {
    at[0] += monotonicMs
    at[1] += machineMs
  }
  return { pause, pass }
}

describe('after a pause', () => {
  test('behavior: nothing is waited for in a process that runs, also when its clock is set back', () => {
    const look = vi.fn(async () => {})
    const { pause, pass } = opened(look)
    for (const each of [0, 250, 999, 1000]) {
      pass(each)
      expect(pause.doubt()).toBeUndefined()
    }
    pass(1, -3_600_000)
    expect(pause.doubt()).toBeUndefined()
    expect(look).not.toHaveBeenCalled()
    pause.close()
  })

  test('behavior: one look is waited for by all, whichever clock went on; then nothing any more', async () => {
    for (const [monotonicMs, machineMs] of [
      [1001, 1001],
      [0, 60_000],
    ] as const) {
      let resolve = (): void => {}
      const promise = new Promise<void>((done) => {
        resolve = done
      })
      const look = vi.fn(() => promise)
      const { pause, pass } = opened(look)
      pass(monotonicMs, machineMs)
      const doubt = pause.doubt()
      expect(doubt).toBeInstanceOf(Promise)
      expect(pause.doubt()).toBe(doubt)
      resolve()
      await doubt
      expect(pause.doubt()).toBeUndefined()
      expect(look).toHaveBeenCalledTimes(1)
      pause.close()
    }
  })

  test('behavior: a look that fails, or takes too long, keeps nobody waiting for good', async () => {
    for (const look of [() => Promise.reject(new Error('no chain')), () => new Promise<void>(() => {})]) {
      const { pause, pass } = opened(look, 10)
      pass(5000)
      await pause.doubt()
      expect(pause.doubt()).toBeUndefined()
      pause.close()
    }
  })
})
