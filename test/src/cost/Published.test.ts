import { describe, expect, test } from 'vitest'
import * as Elsewhere from '../../../src/cost/Elsewhere.ts'
import * as Networks from '../../../src/cost/Networks.ts'
import * as Profiles from '../../../src/cost/Profiles.ts'
import * as Published from '../../../src/cost/Published.ts'
import * as Rational from '../../../src/cost/Rational.ts'
import * as Rows from '../../../src/cost/Rows.ts'
import * as Smallest from '../../../src/cost/Smallest.ts'
import * as Workload from '../../../src/cost/Workload.ts'

const all = ['circle-gateway', 'lightning']
const w1 = Workload.named('W1', { seed: 1, most: 100 })
const network = (name: string) => Profiles.named(name, Networks.all)
const value = (name: string, figure: string) => Number(Networks.figure(network(name), figure).value)

describe('rows', () => {
  const rows = Published.rows([w1], Networks.all, all)
  const of = (strategy: string, name: string, scope: string, payments: number) =>
    rows.find(
      (row) => row.strategy === strategy && row.network === name && row.scope === scope && row.payments === payments,
    )?.usdPerPayment

  test('behavior: Circle Gateway: a deposit per payer and a withdrawal per payee; payments are free', () => {
    // 100 000 gas at 0.006 gwei and $2 000 is $0.0012; data: 836 500 × 330 − 42 585 600 = 233.46 bytes.
    const execution = 100_000 * 0.006e-9 * 2000
    const data = ((836_500 * 330 - 42_585_600) * (16 * 2269 * 0.5e9 + 1_055_762 * 0.03125e9)) / 1e12 / 1e18
    expect(of('circle-gateway', 'base', 'life', 100)).toBeCloseTo((execution + data * 2000 + 0.01) / 100, 9)
    expect(of('circle-gateway', 'base', 'settlement', 100)).toBe(0)
    expect(of('circle-gateway', 'tempo', 'life', 100)).toBeUndefined()
  })

  test('behavior: Lightning: a channel per member, opened and closed, and a routing fee per payment', () => {
    const satoshi = value('bitcoin', 'tokenUsd') / 1e8
    const routing = satoshi + 36e-6 / 1e6
    const channels = 2 * (153 + 177) * value('bitcoin', 'feePerByte') * satoshi
    expect(of('lightning', 'lightning', 'settlement', 100)).toBeCloseTo(routing, 12)
    expect(of('lightning', 'lightning', 'life', 100)).toBeCloseTo(routing + channels / 100, 9)
    expect(of('lightning', 'lightning', 'life', 1_000_000)).toBeCloseTo(routing + channels / 1e6, 9)
  })

  test('behavior: only ways that are asked for, and all tagged as what they are', () => {
    expect(Published.rows([w1], Networks.all, [])).toEqual([])
    expect([...new Set(rows.map(({ basis, usdBasis }) => `${basis} ${usdBasis}`))]).toEqual(['published computed'])
  })
})

describe('what a network carries at all', () => {
  test('behavior: no fee is stated for a payment that is smaller than its network carries', () => {
    const rows = Rows.comparisons([w1], Networks.all)
    const usd = (name: string) => rows.find((row) => row.network === name)?.usdPerPayment
    // $0.000036: below a cent, below half a dollar, below 294 satoshis, below 0.01 DOGE.
    for (const name of ['ach', 'card', 'paypal', 'paypal-micro', 'bitcoin', 'dogecoin'])
      expect(usd(name), name).toBeNull()
    expect(usd('solana')).toBeCloseTo(0.0006, 9)
  })

  test('behavior: the smallest payment worth making is one that can be made', () => {
    const share = Rational.parse('0.01')
    expect(Smallest.ofOwn(network('ach'), share)).toBe(0.01)
    expect(Smallest.ofOwn(network('card'), share)).toBeUndefined()
    expect(Smallest.ofOwn(network('card'), Rational.parse('0.5'))).toBeCloseTo(0.3 / 0.471, 9)
    expect(Smallest.ofOwn(network('card'), Rational.parse('1'))).toBe(0.5)
  })
})

describe('transfers measured elsewhere', () => {
  test('behavior: ours are within a factor of 1.5, or the reason is stated', () => {
    const rows = Elsewhere.of(Networks.all)
    expect(rows.map(({ network: name }) => name)).toEqual(['optimism', 'base', 'polygon', 'arbitrum'])
    for (const { ratio, reason } of rows)
      expect(ratio > 1.5 || ratio < 1 / 1.5 ? reason : 'near', `${ratio}`).toEqual(expect.any(String))
    expect(rows.filter(({ reason }) => reason === null).map(({ network: name }) => name)).toEqual(
      expect.arrayContaining(['optimism', 'base', 'arbitrum']),
    )
  })

  test('behavior: a figure that is far off is found', () => {
    const dear = Networks.override(network('base'), { baseFeeGwei: '0.05' }, '2026-11-29')
    const [row] = Elsewhere.of([dear])
    expect(row?.ratio).toBeGreaterThan(5)
    expect(row?.reason).toContain('the price of gas')
  })
})

describe('ranges', () => {
  test('behavior: low is at most mid and mid at most high, for every network', () => {
    for (const one of Networks.all.filter(Networks.chargesGas)) {
      const [low, mid, high] = Networks.levels.map((level) =>
        Number(
          Rational.format(
            Networks.fee(Networks.at(one, level), { gas: 50_000n, flzSize: 150, brotliSize: 150 }).totalUsd,
            18,
          ),
        ),
      )
      expect(low, one.name).toBeLessThanOrEqual(mid as number)
      expect(mid, one.name).toBeLessThanOrEqual(high as number)
      expect(low, one.name).toBeLessThan(high as number)
    }
  })

  test('behavior: OP Mainnet has its own scalars', () => {
    expect([value('optimism', 'baseFeeScalar'), value('optimism', 'blobBaseFeeScalar')]).toEqual([5227, 1_014_213])
  })
})

describe('W5', () => {
  test('behavior: an hour’s charging per second adds up to the price of the hour, however it is divided', () => {
    const { payments } = Workload.named('W5', { seed: 1, most: 10_000 })
    expect(payments).toHaveLength(3600)
    // 2.3 kWh at $0.043: $0.0989.
    expect(payments.reduce((sum, { amountAtomic }) => sum + amountAtomic, 0n)).toBe(98_900n)
    expect(new Set(payments.map(({ amountAtomic }) => amountAtomic))).toEqual(new Set([27n, 28n]))
  })
})
