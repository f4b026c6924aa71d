/**
 * I21 against liars, ten thousand lives of a program: random answers in every field, and a plan in one of five.
 *
 * @minutes 1
 */
import { expect, test, vi } from 'vitest'
import { Robot } from '../../src/sdk/Robot.ts'
import { Chance } from '../src/sdk/Chance.ts'
import { trust } from '../src/sdk/FakeService.ts'
import { many, run, shop } from '../src/sdk/Lives.ts'
import { lyingServer } from '../src/sdk/LyingServer.ts'

const from = Number(process.env['SUNLEDGER_LIAR_SEED'] ?? 1_000)

test('I21 behavior: a lying service never has more signed than was asked: 7 000 lives', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const outcomes = await many(from, 7_000, (seed) => run(seed, Robot))
  const signatures = outcomes.reduce((sum, each) => sum + each.signatures, 0)
  console.log(`${outcomes.length} lives, ${signatures} signatures`)
  expect(
    outcomes.flatMap(({ seed, violations, untyped }) =>
      [...violations, ...untyped].map((fault) => `${seed}: ${fault}`),
    ),
  ).toEqual([])
})

test('I21 behavior: a lying server never has more signed than requests may cost: 3 000 lives', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  vi.stubGlobal('fetch', lyingServer(new Chance(from), trust.clearingHouse))
  const outcomes = await many(from, 3_000, (seed) => shop(seed, Robot))
  vi.unstubAllGlobals()
  const signatures = outcomes.reduce((sum, each) => sum + each.signatures, 0)
  console.log(`${outcomes.length} lives, ${signatures} signatures`)
  expect(
    outcomes.flatMap(({ seed, violations, untyped }) =>
      [...violations, ...untyped].map((fault) => `${seed}: ${fault}`),
    ),
  ).toEqual([])
})
