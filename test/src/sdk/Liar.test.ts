/** I21 against liars: some hundred runs here, ten thousand in `test/deep/liar.test.ts`; and controls, which the liar has to win. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Robot } from '../../../src/sdk/Robot.ts'
import { Chance } from './Chance.ts'
import { trust } from './FakeService.ts'
import { many, type Outcome, run, shop } from './Lives.ts'
import { lyingServer } from './LyingServer.ts'

const silenced = () => vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.doUnmock('../../../src/sdk/State.ts')
  vi.doUnmock('../../../src/sdk/Signed.ts')
  vi.doUnmock('../../../src/sdk/Spending.ts')
  vi.resetModules()
})

const faultsOf = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap(({ seed, violations, untyped }) =>
    [...violations, ...untyped].map((fault) => `seed ${seed}: ${fault}`),
  )
const violated = (outcomes: readonly Outcome[]) => outcomes.filter(({ violations }) => violations.length > 0).length
const signatures = (outcomes: readonly Outcome[]) => outcomes.reduce((sum, each) => sum + each.signatures, 0)

describe('I21 a lying service', { timeout: 120_000 }, () => {
  test('behavior: never has more signed than was asked, and every failure has a code', async () => {
    silenced()
    const outcomes = await many(1, 150, (seed) => run(seed, Robot))
    expect(faultsOf(outcomes)).toEqual([])
    expect(signatures(outcomes)).toBeGreaterThan(500)
  })

  test.each([
    ['the receipt of a claimed debit', '../../../src/sdk/State.ts', { proved: async (claimed: unknown) => claimed }],
    [
      'what an accepted debit includes',
      '../../../src/sdk/Signed.ts',
      {
        Signed: class {
          add() {}
          addAll() {}
          settled() {}
          remember() {}
          charged() {}
          accept = () => []
        },
      },
    ],
  ])('control: without %s it wins', async (_, path, patch) => {
    silenced()
    vi.resetModules()
    vi.doMock(path, async (original) => ({ ...(await original<object>()), ...patch }))
    const patched = (await import('../../../src/sdk/Robot.ts')).Robot as typeof Robot
    expect(violated(await many(1, 100, (seed) => run(seed, patched)))).toBeGreaterThan(0)
  })
})

describe('I21 a lying server', { timeout: 120_000 }, () => {
  const at = (of: typeof Robot, count: number) => {
    vi.stubGlobal('fetch', lyingServer(new Chance(7), trust.clearingHouse))
    return many(1, count, (seed) => shop(seed, of))
  }

  test('behavior: never has more signed than requests may cost, one by one and together', async () => {
    silenced()
    const outcomes = await at(Robot, 300)
    expect(faultsOf(outcomes)).toEqual([])
    expect(signatures(outcomes)).toBeGreaterThan(300)
  })

  test('control: without the limits it wins', async () => {
    silenced()
    vi.resetModules()
    vi.doMock('../../../src/sdk/Spending.ts', async (original) => {
      const real = await original<typeof import('../../../src/sdk/Spending.ts')>()
      class Spending extends real.Spending {
        override take(amount: bigint, payTo: string) {
          return { amount, payTo, payment: undefined }
        }
      }
      return { ...real, Spending }
    })
    const patched = (await import('../../../src/sdk/Robot.ts')).Robot as typeof Robot
    expect(violated(await at(patched, 100))).toBeGreaterThan(0)
  })
})
