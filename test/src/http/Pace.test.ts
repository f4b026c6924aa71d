/** The rate by which waiting is foretold: what is believed of it, and when. */
import { expect, test } from 'vitest'
import * as Pace from '../../../src/http/Pace.ts'

/** So many a millisecond, for so long, with so many always left. */
const answering = (pace: Pace.Pace, fromMs: number, forMs: number, perMs: number, left: number): number => {
  for (let i = 1; i <= forMs * perMs; i++) pace.answered(fromMs + i / perMs, left)
  return fromMs + forMs
}

test('behavior: nothing is foretold before anything was answered', () => {
  expect(Pace.measure(64).waitMs(1000)).toBe(0)
})

test('behavior: a wait is what is there by how fast it goes, and follows when it goes slower or faster', () => {
  const pace = Pace.measure(64)
  let nowMs = answering(pace, 0, 2000, 4, 200)
  expect(pace.waitMs(400)).toBeCloseTo(100, -1)
  nowMs = answering(pace, nowMs, 3000, 1, 200)
  expect(pace.waitMs(400)).toBeCloseTo(400, -1)
  answering(pace, nowMs, 3000, 8, 200)
  expect(pace.waitMs(400)).toBeCloseTo(50, -1)
})

test('behavior: that few come, or none, is no reason to think that few could', () => {
  const pace = Pace.measure(64)
  const nowMs = answering(pace, 0, 2000, 4, 200)
  answering(pace, answering(pace, nowMs, 5000, 0.1, 3), 60_000, 0.001, 0)
  expect(pace.waitMs(400)).toBeCloseTo(100, -1)
})
