/**
 * I19 and I20, at length: many accidents with a journal that has an index and snapshots.
 *
 * @minutes 3
 */
import { expect, test } from 'vitest'
import * as Damage from '../../scripts/bench/recovery/Damage.ts'

test('behavior: 32 accidents with folders and clocks: nothing is lost or repeated without a word', async () => {
  const { silent, failed, faults } = await Damage.rounds({ rounds: 32, seed: 7, payments: 70_000 })
  expect({ failed, silent }).toEqual({ failed: [], silent: 0 })
  expect(Object.keys(faults).length).toBeGreaterThan(12)
})
