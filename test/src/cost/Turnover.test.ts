import { describe, expect, test } from 'vitest'
import * as Networks from '../../../src/cost/Networks.ts'
import type { Row } from '../../../src/cost/Rows.ts'
import * as Turnover from '../../../src/cost/Turnover.ts'
import * as Workload from '../../../src/cost/Workload.ts'

const workload: Workload.Workload = {
  ...Workload.named('W1', { seed: 1, most: 4 }),
  // Three members settle $0.40.
  payments: [
    { payer: 0, payee: 1, amountAtomic: 100_000n, atMs: 0 },
    { payer: 2, payee: 1, amountAtomic: 300_000n, atMs: 0 },
  ],
}

const row = (scope: Row['scope'], usdPerPayment: number): Row => ({
  ...{ strategy: 'clearing', workload: 'W1', payments: 2, scope, network: 'base', gasPerPayment: 1 },
  ...{ usdPerPayment, shareOfValue: usdPerPayment / 0.2, basis: 'measured', usdBasis: 'computed' },
})

const base = Networks.all.filter(({ name }) => name === 'base')

describe('of', () => {
  const { points, breakEven, places } = Turnover.of(
    [row('life', 0.003), row('settlement', 0.0003)],
    [workload],
    base,
    workload,
    0.01,
  )

  test('behavior: a fee per member, and the turnover from which it is at most the share', () => {
    // Two payments cost $0.006 over three members: $0.002 each, a hundredth of $0.20.
    const [life, settlement] = breakEven
    expect(life).toMatchObject({ network: 'base', scope: 'life', members: 3, workload: 'W1', basis: 'computed' })
    expect(life?.feePerMemberUsd).toBeCloseTo(0.002, 12)
    expect(life?.turnoverUsd).toBeCloseTo(0.2, 10)
    expect(settlement?.turnoverUsd).toBeCloseTo(0.02, 10)
  })

  test('behavior: every point of the curve is the fee per member over its turnover; it goes through the break-even', () => {
    expect(points.length).toBeGreaterThan(10)
    for (const { scope, turnoverUsd, feeShare } of points)
      expect(feeShare * turnoverUsd).toBeCloseTo(scope === 'life' ? 0.002 : 0.0002, 12)
    expect(points.find(({ turnoverUsd }) => turnoverUsd === 0.1)?.feeShare).toBeCloseTo(0.02, 12)
  })

  test('behavior: a workload is on the curve where its own turnover and fee share are', () => {
    expect(places.map(({ turnoverUsd }) => turnoverUsd)).toEqual([0.4 / 3, 0.4 / 3])
    expect(places.map(({ feeShare }) => feeShare)).toEqual([0.003 / 0.2, 0.0003 / 0.2])
  })
})
