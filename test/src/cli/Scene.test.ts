import { expect, test } from 'vitest'
import { Scene } from '../../../src/cli/scenarios/Scene.ts'

test('behavior: a rate counts what was paid in the measured time, and not what opened accounts before it', async () => {
  const scene = new Scene({} as never)
  scene.outcome.acceptMs.push(1, 1, 1)
  await scene.paying(async () => {
    scene.outcome.acceptMs.push(1, 1)
  })
  scene.outcome.acceptMs.push(1)
  expect([scene.outcome.timedPayments, scene.outcome.acceptMs.length]).toEqual([2, 6])
  expect(scene.outcome.payingMs).toBeGreaterThanOrEqual(0)
})
