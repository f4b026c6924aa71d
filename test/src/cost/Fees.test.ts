import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Fees from '../../../src/cost/Fees.ts'
import * as Networks from '../../../src/cost/Networks.ts'
import * as Rational from '../../../src/cost/Rational.ts'

/** 10 000 payments of $0.01 settled in one transaction of 1.2 million gas; a transfer takes 34 465. */
const measured: Fees.Measured = {
  payments: 10_000,
  valueAtomic: 100_000_000n,
  settlements: [{ gas: 1_200_000n, flzSize: 9_000 }],
  transfer: { gas: 34_465n, flzSize: 180 },
}

describe('rows', () => {
  test('behavior: a line for each network and strategy', () => {
    expect(
      Fees.rows(measured).map(({ assumptions, ...row }) => ({ ...row, figures: assumptions.length })),
    ).toMatchInlineSnapshot(`
      [
        {
          "basis": "computed",
          "figures": 3,
          "network": "ethereum",
          "scope": "settlement",
          "shareOfValue": "0.0132",
          "strategy": "clearing",
          "usdPerPayment": "0.000132",
        },
        {
          "basis": "computed",
          "figures": 3,
          "network": "ethereum",
          "scope": "life",
          "shareOfValue": "3.79115",
          "strategy": "transfer",
          "usdPerPayment": "0.0379115",
        },
        {
          "basis": "computed",
          "figures": 9,
          "network": "base",
          "scope": "settlement",
          "shareOfValue": "0.000151657276",
          "strategy": "clearing",
          "usdPerPayment": "0.000001516573",
        },
        {
          "basis": "computed",
          "figures": 9,
          "network": "base",
          "scope": "life",
          "shareOfValue": "0.042462562979",
          "strategy": "transfer",
          "usdPerPayment": "0.00042462563",
        },
      ]
    `)
  })

  test('behavior: worked by hand for Ethereum at 1 gwei and $2000', () => {
    const values = { baseFeeGwei: '0.9', tipGwei: '0.1', tokenUsd: '2000' }
    const network = Networks.override(Networks.all[0] as Networks.Network, values, '2026-11-23')
    const [clearing, transfer] = Fees.rows(measured, [network])
    // 1 200 000 gas × 1e-9 ETH × $2000 = $2.40 over 10 000 payments worth $100.
    expect(clearing).toMatchObject({ usdPerPayment: '0.00024', shareOfValue: '0.024', basis: 'computed' })
    expect(transfer).toMatchObject({ usdPerPayment: '0.06893', shareOfValue: '6.893' })
    expect(clearing?.assumptions.map(({ name, value, basis }) => `${name} ${value} ${basis}`)).toEqual([
      'baseFeeGwei 0.9 assumed',
      'tipGwei 0.1 assumed',
      'tokenUsd 2000 assumed',
    ])
  })

  test('behavior: cutting the settlements in parts changes nothing on Ethereum, and a transfer costs the same each', () => {
    const gas = fc.array(fc.bigInt({ min: 21_000n, max: 16_000_000n }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(gas, fc.integer({ min: 1, max: 1_000_000 }), (parts, payments) => {
        const run = { ...measured, payments, settlements: parts.map((part) => ({ gas: part, flzSize: 100 })) }
        const whole = { ...run, settlements: [{ gas: parts.reduce((sum, part) => sum + part, 0n), flzSize: 100 }] }
        const [ethereum] = Networks.all as [Networks.Network]
        expect(Fees.rows(run, [ethereum])).toEqual(Fees.rows(whole, [ethereum]))
        const single = Rational.format(Networks.fee(ethereum, measured.transfer).totalUsd, Fees.places)
        expect(Fees.rows(run, [ethereum])[1]?.usdPerPayment).toBe(single)
      }),
    )
  })

  test('behavior: a run without payments has no fees, one without dollars no share', () => {
    expect(Fees.rows({ ...measured, payments: 0, settlements: [] })).toEqual([])
    expect(Fees.rows({ ...measured, valueAtomic: 0n })[0]?.shareOfValue).toBeNull()
  })
})
