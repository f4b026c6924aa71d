/** I19 and I20 with real services on a real chain: some accidents of `bench recovery --damage`, and the control that must fail. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as Damage from '../../scripts/bench/recovery/Damage.ts'
import * as LogPage from '../../src/store/LogPage.ts'
import * as Mark from '../../src/store/Mark.ts'

/** The rest is in `test/deep/damage.test.ts`. */
const kinds = ['last groups cut', 'older copy beside', 'twin', 'folder deleted']

test('behavior: groups cut, an older copy, a twin, a deleted folder: nothing is lost or repeated without a word', async () => {
  const found = await Damage.rounds({ rounds: kinds.length, seed: 1, payments: 100, kinds })
  const { silent, failed, lost, repeated, refused } = found
  expect({ failed, silent, lost, repeated }).toEqual({ failed: [], silent: 0, lost: 0, repeated: 0 })
  // An older copy is refused as older or as a copy, whichever its fence file, at most 100 ms old, says first.
  expect(Object.keys(refused)).toEqual(expect.arrayContaining(['SL407', 'SL411']))
  expect((refused['SL409'] ?? 0) + (refused['SL410'] ?? 0)).toBeGreaterThanOrEqual(2)
}, 120_000)

test('error: the control: with a mark that says nothing, cut groups are lost in silence, and that is counted', async () => {
  const blind = (data: string): void => {
    const log = join(data, 'journal.log')
    const { id } = LogPage.parse(log, readFileSync(log).subarray(0, LogPage.pageBytes), true)
    Mark.write(data, id, 2, Mark.nothing(LogPage.pageBytes))
    for (const name of readdirSync(data)) if (/^(index|snapshot)-/.test(name)) rmSync(join(data, name))
  }
  const options = { rounds: 1, seed: 1, payments: 100, kinds: ['last groups cut'] }
  const { silent, lost } = await Damage.rounds({ ...options, blind })
  expect([silent > 0, lost > 0]).toEqual([true, true])
}, 120_000)
