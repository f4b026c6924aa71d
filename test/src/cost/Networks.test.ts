import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Networks from '../../../src/cost/Networks.ts'
import { base } from '../../../src/cost/networks/base.ts'
import { ethereum } from '../../../src/cost/networks/ethereum.ts'
import * as Rational from '../../../src/cost/Rational.ts'

const date = '2026-11-23'

describe('fee', () => {
  test('behavior: on Ethereum gas × (base fee + tip), whatever the size', () => {
    const network = Networks.override(ethereum, { baseFeeGwei: '1', tipGwei: '0.5', tokenUsd: '2000.50' }, date)
    const fee = Networks.fee(network, { gas: 34_465n, flzSize: 9_000 })
    expect({ ...fee, totalUsd: Rational.format(fee.totalUsd, 12) }).toEqual({
      executionWei: 51_697_500_000_000n,
      dataWei: 0n,
      operatorWei: 0n,
      totalWei: 51_697_500_000_000n,
      totalUsd: '0.10342084875',
    })
  })

  test('behavior: on the OP stack the fee for data is that of op-geth', () => {
    // op-geth, core/types/rollup_cost_test.go, TestFjordL1CostFunc: base fee 1000e6, blob base fee 10e6, scalars 2 and 3; the empty
    // transaction has a FastLZ length of 31, which counts as 100 bytes: 100e6 × (2 × 1000e6 × 16 + 3 × 10e6) / 1e12.
    const values = { baseFeeScalar: '2', blobBaseFeeScalar: '3', l1BaseFeeGwei: '1', blobBaseFeeGwei: '0.01' }
    const network = Networks.override(base, values, date)
    expect(Networks.fee(network, { gas: 0n, flzSize: 31 }).dataWei).toBe(3_203_000n)
    // 200 bytes of FastLZ are estimated at 124.7144 (op-geth's estimate, −42 585 600 + 836 500 × 200).
    expect(Networks.fee(network, { gas: 0n, flzSize: 200 }).dataWei).toBe((124_714_400n * 32_030_000_000n) / 10n ** 12n)
  })

  test('behavior: on Base the fee for data is what its GasPriceOracle answers', () => {
    // Read on 24 July 2026: l1BaseFee 119 811 125, blobBaseFee 4 949 171, getL1Fee of 480 equal bytes 957 476 975 wei.
    const network = Networks.override(base, { l1BaseFeeGwei: '0.119811125', blobBaseFeeGwei: '0.004949171' }, date)
    expect(Networks.fee(network, { gas: 0n, flzSize: 100 }).dataWei).toBe(957_476_975n)
  })

  test('behavior: the operator of an OP stack takes gas × scalar × 100 + constant (Jovian)', () => {
    const network = Networks.override(base, { operatorFeeScalar: '3', operatorFeeConstantWei: '7' }, date)
    expect(Networks.fee(network, { gas: 1000n, flzSize: 0 }).operatorWei).toBe(300_007n)
  })

  test('behavior: parts add up, and a dearer network, more gas or more bytes never make a fee smaller', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 16_777_216n }), fc.nat(130_000), (gas, flzSize) => {
        for (const network of Networks.all) {
          const fee = Networks.fee(network, { gas, flzSize })
          expect(fee.executionWei + fee.dataWei + fee.operatorWei).toBe(fee.totalWei)
          expect(Networks.fee(network, { gas: gas + 1n, flzSize }).totalWei).toBeGreaterThan(fee.totalWei)
          expect(Networks.fee(network, { gas, flzSize: flzSize + 1 }).totalWei).toBeGreaterThanOrEqual(fee.totalWei)
          const dearer = Networks.override(network, { tokenUsd: '4000' }, date)
          const double = Networks.fee(dearer, { gas, flzSize }).totalUsd
          expect(double).toEqual(Rational.multiply(fee.totalUsd, Rational.from(2n)))
        }
      }),
    )
  })

  test('error: a figure finer than a wei', () => {
    const network = Networks.override(ethereum, { tipGwei: '0.0000000001' }, date)
    expect(() => Networks.fee(network, { gas: 1n, flzSize: 0 })).toThrowErrorMatchingInlineSnapshot(`
      [FigureInvalidError: SL723: The figure tipGwei of Ethereum is finer than one wei or one part.
        Expected: a value in gwei a gas without further decimals
        Actual: 0.0000000001]
    `)
    const scalar = Networks.override(base, { baseFeeScalar: '2269.5' }, date)
    expect(() => Networks.fee(scalar, { gas: 1n, flzSize: 0 })).toThrow('SL723')
  })
})

describe('figures', () => {
  test('behavior: every one has a number, a unit, a basis, a date and a source', () => {
    for (const network of Networks.all)
      for (const figure of Object.values(network.figures)) {
        Rational.parse(figure.value)
        expect(figure.unit).not.toBe('')
        expect(['measured', 'computed', 'published', 'assumed']).toContain(figure.basis)
        expect(figure.date).toMatch(/^20\d\d-\d\d-\d\d$/)
        expect(figure.source.length).toBeGreaterThan(10)
      }
  })

  test('behavior: an override says so and leaves the rest as it was', () => {
    const network = Networks.override(ethereum, { baseFeeGwei: '5' }, '2027-01-01')
    expect(network.figures['baseFeeGwei']).toEqual({
      value: '5',
      unit: 'gwei a gas',
      basis: 'assumed',
      date: '2027-01-01',
      source: 'given for this run',
    })
    expect(network.figures['tokenUsd']).toEqual(ethereum.figures['tokenUsd'])
    expect(ethereum.figures['baseFeeGwei']?.value).toBe('0.5')
  })

  test('error: an override of a figure that is not there, or that is no number', () => {
    expect(() => Networks.override(ethereum, { gasPrice: '5' }, date)).toThrowErrorMatchingInlineSnapshot(`
      [FigureUnknownError: SL722: Ethereum has no figure of that name.
        Expected: baseFeeGwei, tipGwei, tokenUsd
        Actual: "gasPrice"]
    `)
    expect(() => Networks.override(ethereum, { constructor: '5' }, date)).toThrow('SL722')
    expect(() => Networks.override(ethereum, { baseFeeGwei: 'cheap' }, date)).toThrow('SL721')
  })
})
