import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Spec from '../../../src/market/Spec.ts'
import * as Strategy from '../../../src/market/Strategy.ts'
import { defaults } from '../../../src/market/strategies/index.ts'

const common = fc.record({
  slot: fc.nat(95),
  slots: fc.constant(96),
  clockSeconds: fc.nat(86_400),
  slotSeconds: fc.constant(900),
  spec: fc.constant(Spec.standard),
  lastPriceAtomicPerKwh: fc.bigInt({ min: 100n, max: 2_000_000n }),
  meanPriceAtomicPerKwh: fc.bigInt({ min: 100n, max: 2_000_000n }),
  aheadAtomicPerKwh: fc.array(fc.bigInt({ min: 100n, max: 2_000_000n }), { minLength: 96, maxLength: 96 }),
  assumed: fc.constant({
    robotFullAtomicPerKwh: 10_000n,
    robotEmptyAtomicPerKwh: 400_000n,
    siteBidAtomicPerKwh: 500_000n,
    storageMarginPercent: 10n,
  }),
  sunPercent: fc.nat(100),
  moneyAtomic: fc.bigInt({ min: 0n, max: 10n ** 12n }),
})
const energy = fc.bigInt({ min: 0n, max: 2_300_000n })
const views = {
  robot: fc.tuple(common, energy, energy).map(([view, batteryMilliWh, needMilliWh]) => ({
    ...view,
    batteryMilliWh,
    needMilliWh,
    capacityMilliWh: 2_300_000n,
    roomMilliWh: 2_300_000n - batteryMilliWh + needMilliWh,
  })),
  producer: fc.tuple(common, energy, fc.bigInt({ min: 1n, max: 100_000n })).map(([view, forecastMilliWh, reserve]) => ({
    ...view,
    forecastMilliWh,
    capacityMilliWh: forecastMilliWh,
    reserveAtomicPerKwh: reserve,
  })),
  site: fc.tuple(common, energy).map(([view, needMilliWh]) => ({ ...view, needMilliWh })),
  storage: fc
    .tuple(common, energy, energy, fc.bigInt({ min: 0n, max: 500_000n }))
    .map(([view, stored, room, cost]) => ({
      ...view,
      storedMilliWh: stored,
      chargeMilliWh: stored * 2n,
      powerMilliWh: 2_300_000n,
      roomMilliWh: room,
      costAtomicPerKwh: cost,
      efficiencyPercent: 90n,
    })),
  grid: fc.tuple(common, energy).map(([view, capacityMilliWh]) => ({
    ...view,
    capacityMilliWh,
    priceAtomicPerKwh: 250_000n,
  })),
}

describe('the strategies that participants follow', () => {
  test.each(Object.keys(views) as Strategy.Role[])('behavior: a %s never asks for what it cannot do', (role) => {
    fc.assert(
      fc.property(views[role] as fc.Arbitrary<never>, (view) => {
        const bids = Strategy.ask(defaults[role] as Strategy.Strategy, view)
        for (const { lots, ticks } of bids) expect([lots > 0, ticks > 0]).toEqual([true, true])
      }),
    )
  })

  test('behavior: the emptier its battery, the more a robot pays', () => {
    const [view] = fc.sample(views.robot, 1)
    const limit = (batteryMilliWh: bigint) =>
      defaults.robot.wishes({ ...view, batteryMilliWh, needMilliWh: 0n, lastPriceAtomicPerKwh: 10n ** 6n } as never)[0]
        ?.limitAtomicPerKwh
    expect([2_300_000n, 1_150_000n, 0n].map(limit)).toEqual([10_000n, 107_500n, 400_000n])
  })

  test('behavior: storage buys where the dearest hours to come pay for its losses and margin, and sells where they do not', () => {
    const [view] = fc.sample(views.storage, 1)
    // Cheap for half a day from now, then dear.
    const ahead = (first: bigint, then: bigint) => Array.from({ length: 96 }, (_, i) => (i < 48 ? first : then))
    const wishes = (aheadAtomicPerKwh: bigint[]) =>
      defaults.storage.wishes({
        ...view,
        ...{ aheadAtomicPerKwh, storedMilliWh: 40_000n, chargeMilliWh: 40_000n, powerMilliWh: 40_000n },
        ...{ roomMilliWh: 40_000n, moneyAtomic: 10n ** 9n },
      } as never)
    // 0.3 × 90 % × 90 %.
    expect(wishes(ahead(30_000n, 300_000n))).toEqual([
      { side: 'buy', energyMilliWh: 40_000n, limitAtomicPerKwh: 243_000n },
    ])
    const sold = wishes(ahead(300_000n, 30_000n))
    expect(sold.map(({ side, energyMilliWh }) => [side, energyMilliWh])).toEqual(new Array(4).fill(['sell', 10_000n]))
    expect(sold.every(({ limitAtomicPerKwh }) => limitAtomicPerKwh === 285_000n)).toBe(true)
  })
})

describe('what a strategy says is checked', () => {
  const [robot] = fc.sample(views.robot, 1)
  const view = { ...robot, moneyAtomic: 1000n, roomMilliWh: 100_000n } as Strategy.RobotView
  const asked = (wishes: unknown) =>
    Strategy.ask(
      { name: 'own', role: 'robot', wishes: () => wishes as never } satisfies Strategy.Strategy<'robot'>,
      view,
    )

  test('behavior: energy is cut down to lots, a limit to a tick in its own favour; nothing is left of less', () => {
    expect(asked([{ side: 'buy', energyMilliWh: 19_999n, limitAtomicPerKwh: 199n }])).toEqual([
      { isBuying: true, lots: 1, ticks: 1 },
    ])
    expect(asked([{ side: 'buy', energyMilliWh: 9_999n, limitAtomicPerKwh: 199n }])).toEqual([])
    expect(asked([])).toEqual([])
  })

  const wrong: [string, unknown][] = [
    ['no list', undefined],
    ['too many wishes', new Array(9).fill({ side: 'buy', energyMilliWh: 1n, limitAtomicPerKwh: 1n })],
    ['numbers instead of bigints', [{ side: 'buy', energyMilliWh: 1, limitAtomicPerKwh: 1 }]],
    ['a negative quantity', [{ side: 'buy', energyMilliWh: -1n, limitAtomicPerKwh: 1n }]],
    ['no side', [{ energyMilliWh: 1n, limitAtomicPerKwh: 1n }]],
    ['nothing in the list', [undefined]],
    ['more than there is room for', [{ side: 'buy', energyMilliWh: 100_001n, limitAtomicPerKwh: 1n }]],
    ['more than it can pay', [{ side: 'buy', energyMilliWh: 100_000n, limitAtomicPerKwh: 10_001n }]],
    ['to sell what it has not', [{ side: 'sell', energyMilliWh: 1n, limitAtomicPerKwh: 1n }]],
  ]
  test.each(wrong)('error: %s', (_, wishes) => {
    expect(() => asked(wishes)).toThrow('SL718')
  })

  test('error: it throws', () => {
    const wishes = () => {
      throw new Error('out of ideas')
    }
    expect(() => Strategy.ask({ name: 'own', role: 'robot', wishes }, view)).toThrow(/SL718[\s\S]*out of ideas/)
  })
})
