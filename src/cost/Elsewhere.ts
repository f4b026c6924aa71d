/**
 * Transfers that somebody else measured, beside ours: the same transfer, priced with the figures of this study. Where the two lie apart by
 * more than half, the reason is given.
 */
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'

/** One transfer of USDC, as it was read elsewhere. */
interface Reading {
  readonly network: string
  readonly usd: number
  readonly gas: number
  /** Price of the network's token that it was turned into dollars with. */
  readonly tokenUsd: string
}

export const source =
  'krabarena.com, estimated cost of a USDC transfer: eth_estimateGas × (base fee + tip) and the data fee of GasPriceOracle, median of 100 samples per chain'
export const date = '2026-06-30'

const ethUsd = '1569.68'

const readings: readonly Reading[] = [
  { network: 'optimism', usd: 0.0000691, gas: 37_938, tokenUsd: ethUsd },
  { network: 'base', usd: 0.00036, gas: 37_938, tokenUsd: ethUsd },
  { network: 'polygon', usd: 0.000995, gas: 51_431, tokenUsd: '0.069859' },
  { network: 'arbitrum', usd: 0.0013, gas: 41_289, tokenUsd: ethUsd },
]

/** Lengths of such a transfer, signed: 110 bytes of which hardly anything repeats. */
const bytes = 115

export interface Compared {
  readonly network: string
  readonly elsewhereUsd: number
  readonly oursUsd: number
  /** Ours over theirs. */
  readonly ratio: number
  /** Where they lie apart by more than half: why. */
  readonly reason: string | null
  readonly source: string
  readonly date: string
  readonly basis: 'measured elsewhere'
}

/** Ours at most half more or a third less. */
export const near = 1.5

export const of = (networks: readonly Networks.Network[]): Compared[] =>
  readings.flatMap(({ network: name, usd, gas, tokenUsd }) => {
    const network = networks.find((one) => one.name === name)
    if (network === undefined) return []
    const size = { flzSize: bytes, brotliSize: bytes }
    // On Arbitrum the gas that was read contains the data; elsewhere it comes on top.
    const fee =
      network.rule === 'arbitrum'
        ? Networks.fee(network, { gas: BigInt(gas), flzSize: 0, brotliSize: 0 })
        : Networks.fee(network, { gas: BigInt(gas), ...size })
    const oursUsd = Number(Rational.format(fee.totalUsd, 18))
    const ratio = oursUsd / usd
    const isNear = ratio <= near && ratio >= 1 / near
    const tokenRatio = Number(Networks.figure(network, 'tokenUsd').value) / Number(tokenUsd)
    const reason = isNear
      ? null
      : `on that day the token cost $${tokenUsd}, here ${tokenRatio.toFixed(2)} times that; the rest is the price of gas, ${(ratio / tokenRatio).toFixed(2)} times theirs: it moved between the two dates, and the range of this study reaches from low to high`
    return [
      { network: name, elsewhereUsd: usd, oursUsd, ratio, reason, source, date, basis: 'measured elsewhere' as const },
    ]
  })
