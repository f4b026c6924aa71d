import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as FastLz from '../../../src/cost/FastLz.ts'
import * as Networks from '../../../src/cost/Networks.ts'
import { base } from '../../../src/cost/networks/base.ts'
import { ethereum } from '../../../src/cost/networks/ethereum.ts'
import * as Profiles from '../../../src/cost/Profiles.ts'
import * as Rational from '../../../src/cost/Rational.ts'

const date = '2026-11-23'

const word = (digits: string) => digits.padStart(64, '0')
const padded = (digits: string) => digits.padEnd(Math.ceil(digits.length / 64) * 64, '0')

/** A transaction of OP Mainnet, 0x1059e8004daff32caa1f1b1ef97fe3a07a8cf40508f5b835b66d9420d87c4a4a, as it was signed. */
const swap = (() => {
  const [amount, spender] = ['049b9ca9a694340000', '21c4928109acb0659a88ae5329b5374a3024694c']
  const approve = `095ea7b3${word(spender)}${word(amount)}`
  const deposit = `b6b55f25${word(amount)}`
  const call = (to: string, data: string) =>
    [to, '', '60', (data.length / 2).toString(16)].map(word).join('') + padded(data)
  const token = 'dc6ff44d5d932cbd77b52e5612ba0529dc6226f1'
  const batch = `82ad56cb${['20', '2', '40', '120'].map(word).join('')}${call(token, approve)}${call(spender, deposit)}`
  const signature =
    '5ec214a3950bea839a7e6fbb0ba1540ac2076acd50820e2d5ef83d0902cdffb24a47aff7de5190290769c4f0a9c6fabf63012986a0d590b1b571547a8c7050ea1b'
  const head = ['87000a300de7200382b55d40045000000e5d60e', '', '140', '1', '', '', '', '', '', '3a0'].map(word).join('')
  return [
    '02f904940a8303fba78401d6d2798401db2b6d830493e0943e6f4f7866654c18f536170780344aa8772950b680b904246a761202',
    `${head}${word('224')}${padded(batch)}${word('41')}${padded(signature)}`,
    'c080a06db770e6e25a617fe9652f0958bd9bd6e49281a53036906386ed39ec48eadf63',
    'a07f47cf51a4a40b4494cf26efc686709a9b03939e20ee27e59682f5faa536667e',
  ].join('')
})()

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

  test('behavior: on OP Mainnet the fee for data is what a transaction paid', () => {
    // Transaction 0x1059e8004daff32caa1f1b1ef97fe3a07a8cf40508f5b835b66d9420d87c4a4a, block 124665056: L1 fee 24 680 018 525 wei, 4471
    // units of data gas. Source: revm, crates/op-revm/src/l1block.rs, calculate_tx_l1_cost_fjord. 4471 = 16 × 279.4…: FastLZ 385.
    const values = {
      ...{ baseFeeScalar: '5227', blobBaseFeeScalar: '1014213' },
      ...{ l1BaseFeeGwei: '1.055991687', blobBaseFeeGwei: '0.000000001' },
    }
    const network = Networks.override(base, values, date)
    expect(FastLz.size(Buffer.from(swap, 'hex'))).toBe(385)
    expect(Networks.fee(network, { gas: 0n, flzSize: 385 }).dataWei).toBe(0x5bf1ab43dn)
    // The same source, test_calculate_tx_l1_cost_fjord: 202 bytes of FastLZ at 1000 and 1000 with scalars of 1000 cost 2148.
    const even = {
      baseFeeScalar: '1000',
      blobBaseFeeScalar: '1000',
      l1BaseFeeGwei: '0.000001',
      blobBaseFeeGwei: '0.000001',
    }
    expect(Networks.fee(Networks.override(base, even, date), { gas: 0n, flzSize: 202 }).dataWei).toBe(2148n)
  })

  test('behavior: the fee for the operator is that of revm', () => {
    // crates/op-revm/src/l1block.rs, test_operator_fee_charge_formulas: scalar 1000, constant 10, 1000 gas, Jovian.
    const network = Networks.override(base, { operatorFeeScalar: '1000', operatorFeeConstantWei: '10' }, date)
    expect(Networks.fee(network, { gas: 1000n, flzSize: 0 }).operatorWei).toBe(100_000_010n)
  })

  test('behavior: on Arbitrum data becomes gas, rounded down, and is charged as gas', () => {
    // OffchainLabs/nitro: units = 16 × bytes after Brotli (l1pricing.go, getPosterUnitsWithoutCache), cost = units × price
    // (GetPosterInfo), gas = cost / base fee (arbos/tx_processor.go, GasChargingHook).
    const values = { baseFeeGwei: '0.02', l1PricePerUnitGwei: '0.013' }
    const network = Networks.override(Profiles.named('arbitrum', Networks.all), values, date)
    const { executionWei, dataWei } = Networks.fee(network, { gas: 50_000n, flzSize: 0, brotliSize: 101 })
    expect(executionWei).toBe(50_000n * 20_000_000n)
    expect(dataWei).toBe(((101n * 16n * 13_000_000n) / 20_000_000n) * 20_000_000n)
  })

  test('behavior: on Tempo and Arc gas costs dollars', () => {
    // docs.tempo.xyz, TIP-1010: 50 000 gas at 2 × 10^10 attodollars cost $0.001.
    const network = Networks.override(
      Profiles.named('tempo', Networks.all),
      { gasPriceAttodollars: '20000000000' },
      date,
    )
    expect(Networks.fee(network, { gas: 50_000n, flzSize: 0 }).totalUsd).toEqual(Rational.parse('0.001'))
  })

  test('behavior: networks with a way of their own charge as they publish', () => {
    const own = (name: string, usd: string) =>
      Rational.format(Networks.ownFee(Profiles.named(name, Networks.all), Rational.parse(usd)), 8)
    // stripe.com/pricing: 2.9 % + $0.30; ACH 0.8 %, at most $5, reached at $625. paypal.com: 3.49 % + $0.49; 4.99 % + $0.09.
    expect([own('card', '100'), own('ach', '500'), own('ach', '625'), own('ach', '9000')]).toEqual([
      '3.2',
      '4',
      '5',
      '5',
    ])
    expect([own('paypal', '100'), own('paypal-micro', '1')]).toEqual(['3.98', '0.1399'])
    // Dogecoin Core, doc/fee-recommendation.md: a 192-byte transaction has to pay 0.00192 DOGE.
    const doge = Networks.override(Profiles.named('dogecoin', Networks.all), { bytes: '192', tokenUsd: '1' }, date)
    expect(Rational.format(Networks.ownFee(doge, Rational.zero), 8)).toBe('0.00192')
  })

  test('behavior: the operator of an OP stack takes gas × scalar × 100 + constant (Jovian)', () => {
    const network = Networks.override(base, { operatorFeeScalar: '3', operatorFeeConstantWei: '7' }, date)
    expect(Networks.fee(network, { gas: 1000n, flzSize: 0 }).operatorWei).toBe(300_007n)
  })

  test('behavior: parts add up, and a dearer network, more gas or more bytes never make a fee smaller', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 16_777_216n }), fc.nat(130_000), (gas, flzSize) => {
        for (const network of Networks.reported) {
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
        Expected: baseFeeGwei, tipGwei, blockSeconds, tokenUsd
        Actual: "gasPrice"]
    `)
    expect(() => Networks.override(ethereum, { constructor: '5' }, date)).toThrow('SL722')
    expect(() => Networks.override(ethereum, { baseFeeGwei: 'cheap' }, date)).toThrow('SL721')
  })
})
