/** I8: what is no payment is done in slices beside payments, fairly and bounded. By a clock and turns that the test moves itself. */
import { describe, expect, test } from 'vitest'
import * as Reads from '../../../src/http/Reads.ts'

const bounds: Reads.Bounds = { waitingReads: 100, readShare: 0.2, perAddress: { waitingReads: 10 } }

/** A scheduler whose time passes only in slices and pauses. */
const simulated = (more: Partial<Reads.Bounds> = {}) => {
  const at = { nowMs: 0, payments: 0 }
  const due: { turn: () => void; ms: number }[] = []
  const reads = Reads.create({
    bounds: { ...bounds, ...more },
    payments: () => at.payments,
    nowMs: () => at.nowMs,
    later: (turn, ms) => due.push({ turn, ms }),
  })
  /** Does one turn; undefined: there is none to do. Returns the pause before it. */
  const turn = (): number | undefined => {
    const next = due.shift()
    if (next === undefined) return undefined
    at.nowMs += next.ms
    next.turn()
    return next.ms
  }
  return { reads, at, turn }
}

const asked = (of: string, more: Partial<Reads.Asked> = {}): Reads.Asked => ({
  ...{ lane: 'read', of, isBounded: true },
  ...more,
})

/** Work of so many slices, each of which takes so long. */
const slices = (at: { nowMs: number }, many: number, ms: number, note: () => void = () => {}): Reads.Work<string> =>
  function* () {
    for (let i = 0; i < many; i++) {
      at.nowMs += ms
      note()
      yield
    }
    return 'done'
  }

const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch(({ code, status }) => `${status} ${code}`)

describe('the share', () => {
  test('behavior: I8 while payments wait, slices have a fifth of the time; without payments, all of it', () => {
    for (const [payments, least, most] of [
      [1, 0.15, 0.2],
      [0, 1, 1],
    ] as const) {
      const { reads, at, turn } = simulated()
      at.payments = payments
      let worked = 0
      void reads.run(
        asked('a'),
        slices(at, 1000, 0.4, () => {
          worked += 0.4
        }),
      )
      while (turn() !== undefined);
      expect(worked).toBeCloseTo(400)
      expect(worked / at.nowMs).toBeGreaterThanOrEqual(least)
      expect(worked / at.nowMs).toBeLessThanOrEqual(most)
    }
  })

  test('behavior: a turn ends after half a millisecond or 32 slices; a slice that took long is followed by a long pause', () => {
    const { reads, at, turn } = simulated()
    at.payments = 1
    void reads.run(asked('a'), slices(at, 200, 0))
    while (turn() !== undefined);
    expect(reads.counts.mostSlices).toBe(Reads.slicesATurn)
    const before = reads.counts.turns
    void reads.run(asked('a'), slices(at, 2, 10))
    const pauses: (number | undefined)[] = []
    for (let pause = turn(); pause !== undefined; pause = turn()) pauses.push(pause)
    expect(reads.counts.turns - before).toBe(3)
    expect(pauses.slice(1).every((pause) => (pause ?? 0) >= 40)).toBe(true)
  })

  test('behavior: requests cost more than their slices: those that do next to nothing are paced as well', () => {
    const { reads, at, turn } = simulated()
    at.payments = 1
    for (let i = 0; i < 50; i++) void reads.run(asked(`${i}`), () => i)
    while (turn() !== undefined);
    // 32 in the first turn, at a tenth of a millisecond each, four times as long for payments.
    expect(at.nowMs).toBeGreaterThanOrEqual(12)
  })
})

describe('turns', () => {
  test('behavior: peers take turns, one step each; nobody waits behind another one’s requests', () => {
    const { reads, at, turn } = simulated()
    const order: string[] = []
    for (let i = 0; i < 5; i++)
      void reads.run(
        asked('greedy'),
        slices(at, 2, 0.5, () => order.push('greedy')),
      )
    void reads.run(
      asked('modest'),
      slices(at, 2, 0.5, () => order.push('modest')),
    )
    while (turn() !== undefined);
    expect(order.slice(0, 4)).toEqual(['greedy', 'modest', 'greedy', 'modest'])
    expect(order).toHaveLength(12)
  })

  test('behavior: of one peer, one is finished before the next begins', () => {
    const { reads, at, turn } = simulated()
    const order: number[] = []
    for (let i = 0; i < 3; i++)
      void reads.run(
        asked('a'),
        slices(at, 2, 0.5, () => order.push(i)),
      )
    while (turn() !== undefined);
    expect(order).toEqual([0, 0, 1, 1, 2, 2])
  })

  test('behavior: a probe waits behind no read, however many there are', () => {
    const { reads, at, turn } = simulated()
    for (let i = 0; i < 50; i++) void reads.run(asked(`${i}`), slices(at, 10, 0.5))
    let isAnswered = false
    void reads.run(asked('prometheus', { lane: 'probe' }), () => {
      isAnswered = true
    })
    for (let i = 0; i < Reads.lanes.length; i++) turn()
    expect(isAnswered).toBe(true)
  })

  test('behavior: who waits for a promise is passed over until it has resolved', async () => {
    const { reads, turn } = simulated()
    let go = (): void => {}
    const first = reads.run(asked('a'), function* () {
      yield new Promise<void>((resolve) => {
        go = resolve
      })
      return 'first'
    })
    const second = reads.run(asked('a'), () => 'second')
    while (turn() !== undefined);
    expect(await second).toBe('second')
    expect(reads.waiting()).toBe(0)
    go()
    await Promise.resolve()
    while (turn() !== undefined);
    expect(await first).toBe('first')
  })
})

describe('bounds', () => {
  test('error: SL621 beyond what one address may have waiting, SL619 beyond all; nothing is done for them', async () => {
    const { reads, turn } = simulated({ waitingReads: 15 })
    let done = 0
    const work = () => void done++
    const answers = Array.from({ length: 12 }, () => codeOf(reads.run(asked('a'), work)))
    answers.push(...Array.from({ length: 7 }, () => codeOf(reads.run(asked('b'), work))))
    while (turn() !== undefined);
    const codes = await Promise.all(answers)
    expect(codes.filter((code) => code === '429 SL621')).toHaveLength(2)
    expect(codes.filter((code) => code === '503 SL619')).toHaveLength(2)
    expect([done, reads.counts.refused]).toEqual([15, 4])
  })

  test('behavior: another lane is not full because one is', async () => {
    const { reads, turn } = simulated({ waitingReads: 1 })
    void reads.run(asked('a'), () => {})
    const refused = codeOf(reads.run(asked('b'), () => {}))
    const message = reads.run(asked('c', { lane: 'message' }), () => 'sent')
    while (turn() !== undefined);
    expect([await refused, await message]).toEqual(['503 SL619', 'sent'])
  })

  test('behavior: nothing goes on for whoever has gone', () => {
    const { reads, at, turn } = simulated()
    let [isThere, done, isEnded] = [true, 0, false]
    void reads.run(asked('a', { isWanted: () => isThere }), function* () {
      try {
        for (;;) {
          at.nowMs += 1
          done++
          yield
        }
      } finally {
        isEnded = true
      }
    })
    turn()
    isThere = false
    while (turn() !== undefined);
    expect([done, isEnded]).toEqual([1, true])
  })

  test('error: what fails in a slice fails for whoever asked, and for nobody else', async () => {
    const { reads, turn } = simulated()
    const failing = codeOf(
      reads.run(asked('a'), () => {
        throw Object.assign(new Error('broken'), { code: 'SL406', status: 503 })
      }),
    )
    const fine = reads.run(asked('b'), () => 'fine')
    while (turn() !== undefined);
    expect([await failing, await fine, reads.isInSlice()]).toEqual(['503 SL406', 'fine', false])
  })
})
