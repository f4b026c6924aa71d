import { describe, expect, test } from 'vitest'
import * as Execute from '../../../src/cost/Execute.ts'
import * as Measure from '../../../src/cost/Measure.ts'
import * as Rational from '../../../src/cost/Rational.ts'
import * as Rows from '../../../src/cost/Rows.ts'
import type { Execution, Scope } from '../../../src/cost/strategies/Strategy.ts'
import * as Workload from '../../../src/cost/Workload.ts'

const signal = new AbortController().signal

const run = (
  workloads: readonly Workload.Workload[],
  seed = 1,
  strategies = Execute.strategies,
): Promise<Execution[]> => Execute.run({ seed, strategies, workloads, signal, progress: () => {} })

const gasOf = (execution: Execution, scope: Scope): bigint =>
  execution[scope].reduce((sum, { bundle }) => sum + bundle.gas, 0n)

describe('strategies', () => {
  // Each one checks by itself that every wallet and account ends with what was paid to it.
  test('behavior: carry out every workload, and take the same gas twice, to the last unit', async () => {
    const workloads = Workload.names.map((name) => Workload.named(name, { seed: 1, most: 30 }))
    const shown = (executions: readonly Execution[]) =>
      executions.map((e) => [e.strategy, e.workload, e.size, gasOf(e, 'life'), gasOf(e, 'settlement')].join(' '))
    const first = shown(await run(workloads))
    expect(first).toHaveLength(Execute.strategies.length * workloads.length * 3)
    expect(shown(await run(workloads))).toEqual(first)
  }, 60_000)

  test('behavior: what is settled together costs by members and pairs, what is not by payments', async () => {
    const workload = Workload.named('W2', { seed: 1, most: 200 })
    const executions = await run([workload])
    const at = (strategy: string, size: number, scope: Scope) =>
      gasOf(executions.find((e) => e.strategy === strategy && e.size === size) as Execution, scope)
    expect(at('transfer', 200, 'life')).toBe(2n * at('transfer', 100, 'life'))
    // 110 members at 100 payments, and the same 110 at 200.
    const [less, more] = [at('clearing', 100, 'settlement'), at('clearing', 200, 'settlement')]
    expect(Number(more) / Number(less)).toBeLessThan(1.02)
    expect(Number(at('channel', 200, 'life')) / Number(at('channel', 100, 'life'))).toBeGreaterThan(1.8)
    expect(at('clearing', 200, 'settlement')).toBeLessThan(at('clearing', 200, 'life'))
  }, 60_000)

  test('behavior: larger counts are computed from what grows', async () => {
    const workload = Workload.named('W1', { seed: 1, most: 10 })
    const sized = Rows.sized(await run([workload]), [workload])
    const gas = (strategy: string, payments: number) => {
      const one = sized.find((s) => s.execution.strategy === strategy && s.payments === payments) as Rows.Sized
      return Rational.multiply(Rows.gasPerPayment(workload, one, 'life'), Rational.from(BigInt(payments)))
    }
    expect(gas('transfer', 1_000_000)).toEqual(Rational.multiply(gas('transfer', 10), Rational.from(100_000n)))
    expect(gas('clearing', 1_000_000)).toEqual(gas('clearing', 10))
    expect(sized.filter(({ computed }) => computed).map(({ payments }) => payments)).toContain(1_000_000)
  }, 60_000)

  test('behavior: stops between two transactions', async () => {
    const stopping = new AbortController()
    const workloads = [Workload.named('W1', { seed: 1, most: 1000 })]
    const progress = () => stopping.abort(new Error('enough'))
    const strategies = [Execute.strategyNamed('transfer')]
    await expect(Execute.run({ seed: 1, strategies, workloads, signal: stopping.signal, progress })).rejects.toThrow(
      'enough',
    )
  }, 60_000)

  test('error: unknown names', () => {
    expect(() => Execute.strategyNamed('telepathy')).toThrowErrorMatchingInlineSnapshot(`
      [StrategyUnknownError: SL726: There is no such strategy.
        Expected: transfer, authorization, multicall, channel, clearing, circle-gateway, lightning
        Actual: "telepathy"]
    `)
    expect(() => Workload.named('W9', { seed: 1, most: 1 })).toThrow('SL725')
  })
})

describe('measuring', () => {
  // `Bill.of` refuses parts that do not add up to the receipt, so each bill here does.
  test('behavior: bills add up, and signatures and storage are what the schedule says', async () => {
    const bills = await Measure.bills({ seed: 1, signal })
    const [transfer, authorization, , , settlement] = bills
    // Two cold slots that are not zero: 2 × (2100 + 2900).
    expect(transfer?.parts).toMatchObject({ base: 21_000n, signatures: 0n, storage: 10_000n })
    // One ecrecover, 3 000 and the call's 100; and a nonce that is written for the first time.
    expect(authorization?.parts.signatures).toBe(3100n)
    // Two balances, and a slot that is written for the first time: 22 100.
    expect(authorization?.parts.storage).toBeGreaterThanOrEqual(32_100n)
    expect(settlement?.parts.signatures).toBe(31_000n)
    for (const { gas, parts } of bills) expect(Object.values(parts).reduce((sum, part) => sum + part, 0n)).toBe(gas)
  }, 60_000)

  test('behavior: a member adds to a settlement what settlements of members take', async () => {
    const marginal = await Measure.marginal({ seed: 1, signal })
    expect(marginal.credit.gas).toBeLessThan(marginal.debit.gas)
    expect(marginal.base.gas).toBeGreaterThan(21_000n)
    // A debit is 64 bytes of signature, 32 of history and its total; noise does not compress.
    expect(marginal.debit.flzSize).toBeGreaterThan(96)
    expect(marginal.debit.brotliSize).toBeGreaterThan(96)
  }, 60_000)
})
