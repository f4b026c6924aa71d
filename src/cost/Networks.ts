/**
 * What a transaction costs on a network, in its smallest unit and in dollars. A network is data: a rule and its figures, each with basis,
 * date and source, each to be overridden. Everything is whole units until the token's price, and a fraction from there on.
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Figure, Network } from './Network.ts'
import { ach } from './networks/ach.ts'
import { arbitrum } from './networks/arbitrum.ts'
import { arc } from './networks/arc.ts'
import { base } from './networks/base.ts'
import { bitcoin } from './networks/bitcoin.ts'
import { card } from './networks/card.ts'
import { dogecoin } from './networks/dogecoin.ts'
import { ethereum } from './networks/ethereum.ts'
import { lightning } from './networks/lightning.ts'
import { optimism } from './networks/optimism.ts'
import { paypal } from './networks/paypal.ts'
import { paypalMicro } from './networks/paypal-micro.ts'
import { polygon } from './networks/polygon.ts'
import { solana } from './networks/solana.ts'
import { tempo } from './networks/tempo.ts'
import * as Rational from './Rational.ts'

export type { Basis, Figure, Network, Rule } from './Network.ts'

/** What a fee depends on. */
export interface Transaction {
  /** As measured by executing it; EIP-7623's floor for calldata is in it. */
  readonly gas: bigint
  /** `FastLz.size` of the signed transaction. */
  readonly flzSize: number
  /** `Brotli.size` of it; Arbitrum alone asks for it. */
  readonly brotliSize?: number | undefined
}

/** The ends of the ranges that figures state, and the middle. */
export const levels = ['low', 'mid', 'high'] as const
export type Level = (typeof levels)[number]

/** The network with each figure that states a range at that end of it. */
export function at(network: Network, level: Level): Network {
  if (level === 'mid') return network
  const figures = Object.entries(network.figures).map(([name, one]) => [
    name,
    { ...one, value: one[level] ?? one.value },
  ])
  return { ...network, figures: Object.fromEntries(figures) }
}

/** A fee and its parts, in the network's smallest unit: wei, or attodollars. */
export interface Fee {
  /** For executing: gas × price. */
  readonly executionWei: bigint
  /** For the transaction's bytes on Ethereum; 0 there itself. */
  readonly dataWei: bigint
  /** For the operator of a rollup; 0 elsewhere. */
  readonly operatorWei: bigint
  readonly totalWei: bigint
  readonly totalUsd: Rational.Rational
}

/** The networks that a run's report speaks of. */
export const reported: readonly Network[] = [ethereum, base]

/** Every network that is known, those that execute contracts first. */
export const all: readonly Network[] = [
  ...[ethereum, base, optimism, arbitrum, polygon, tempo, arc],
  ...[solana, bitcoin, lightning, dogecoin, card, ach, paypal, paypalMicro],
]

/** Whether it charges for gas: then every strategy can be priced on it; else it has a way of its own. */
export const chargesGas = ({ rule }: Network): boolean =>
  rule === 'ethereum' || rule === 'opStack' || rule === 'arbitrum' || rule === 'dollarGas'

/** Smallest units in a token, or in a dollar. */
const unitsPerToken = 10n ** 18n

type Parts = Pick<Fee, 'executionWei' | 'dataWei' | 'operatorWei'>

/** What is asked of a network for each transaction, with its figures read once. */
export interface Meter {
  parts(transaction: Transaction): Parts
  usd(units: bigint): Rational.Rational
  /** What a storage slot that is used for the first time costs beyond what the gas of the local chain has for it; 0 but on Tempo. */
  readonly newSlotUnits: bigint
  /** Gas of a direct transfer by the network's own schedule; undefined: what was measured. */
  readonly transferGas: bigint | undefined
}

/** @throws {FigureUnknownError} @throws {FigureInvalidError} a figure has more decimals than its unit has room for */
export function meter(network: Network): Meter {
  const usdOfUnit = Rational.divide(
    network.rule === 'dollarGas' ? Rational.from(1n) : Rational.parse(figure(network, 'tokenUsd').value),
    Rational.from(unitsPerToken),
  )
  const parts = partsOf(network)
  const given = (name: string) => (name in network.figures ? whole(network, name) : undefined)
  const gasOnly = (gas: bigint) => parts({ gas, flzSize: 0, brotliSize: 0 }).executionWei
  return {
    parts,
    usd: (units) => Rational.multiply(Rational.from(units), usdOfUnit),
    newSlotUnits: gasOnly(given('newSlotGas') ?? 0n),
    transferGas: given('transferGas'),
  }
}

function partsOf(network: Network): (transaction: Transaction) => Parts {
  const none = { dataWei: 0n, operatorWei: 0n }
  if (network.rule === 'dollarGas') {
    const price = whole(network, 'gasPriceAttodollars')
    return ({ gas }) => ({ executionWei: gas * price, ...none })
  }
  if (network.rule === 'arbitrum') return arbitrumParts(network)
  const price = gwei(network, 'baseFeeGwei') + gwei(network, 'tipGwei')
  if (network.rule === 'ethereum') return ({ gas }) => ({ executionWei: gas * price, ...none })
  if (network.rule !== 'opStack') throw new RangeError(`${network.name} charges for no gas`)
  const [dataWei, operatorWei] = [l1Fee(network), operatorFee(network)]
  return ({ gas, flzSize }) => ({ executionWei: gas * price, dataWei: dataWei(flzSize), operatorWei: operatorWei(gas) })
}

/**
 * The fee of a transaction on a network.
 * @throws {FigureInvalidError} a figure has more decimals than its unit has room for
 */
export function fee(network: Network, transaction: Transaction): Fee {
  const { parts, usd } = meter(network)
  const { executionWei, dataWei, operatorWei } = parts(transaction)
  const totalWei = executionWei + dataWei + operatorWei
  return { executionWei, dataWei, operatorWei, totalWei, totalUsd: usd(totalWei) }
}

/** Whether one payment has a fee of its own there, whatever else is paid: not where it needs a channel with a hub. */
export const chargesEach = (network: Network): boolean => !chargesGas(network) && network.rule !== 'hub'

/** What one payment costs on a network that has a way of its own. @param valueUsd of the payment, where the fee depends on it */
export function ownFee(network: Network, valueUsd: Rational.Rational): Rational.Rational {
  const { percent, fixedUsd, capUsd } = share(network)
  const uncapped = Rational.add(Rational.multiply(percent, valueUsd), fixedUsd)
  return capUsd === undefined || Rational.compare(uncapped, capUsd) <= 0 ? uncapped : capUsd
}

/** The smallest payment that a network with a way of its own carries, dollars; zero: whatever its token can express. */
export function leastUsd(network: Network): Rational.Rational {
  if ('leastUsd' in network.figures) return Rational.parse(figure(network, 'leastUsd').value)
  if (!('leastUnits' in network.figures)) return Rational.zero
  const value = (name: string) => Rational.parse(figure(network, name).value)
  return Rational.divide(Rational.multiply(value('leastUnits'), value('tokenUsd')), value('unitsPerToken'))
}

/** A network's own fee as a share of the payment and a fixed part, dollars. */
export function share(network: Network) {
  const value = (name: string) => Rational.parse(figure(network, name).value)
  const zero = Rational.zero
  if (network.rule === 'percent') {
    const percent = Rational.divide(value('percent'), Rational.from(100n))
    return { percent, fixedUsd: value('fixedUsd'), capUsd: 'capUsd' in network.figures ? value('capUsd') : undefined }
  }
  const units =
    network.rule === 'signature'
      ? Rational.add(Rational.multiply(value('signatures'), value('feePerSignature')), value('priorityFee'))
      : Rational.multiply(value('bytes'), value('feePerByte'))
  const fixedUsd = Rational.divide(Rational.multiply(units, value('tokenUsd')), value('unitsPerToken'))
  return { percent: zero, fixedUsd, capUsd: undefined }
}

/**
 * The network with other values for some of its figures, which then are `assumed` on the given date. `gasPriceGwei` sets what a gas
 * costs in all: the base fee, and no tip.
 * @param values decimal texts by name of figure, such as `{ baseFeeGwei: '1.5' }`
 * @throws {FigureUnknownError} the network has no such figure
 * @throws {Rational.DecimalInvalidError} no decimal number
 */
export function override(
  network: Network,
  values: Readonly<Record<string, string>>,
  date: string,
  origin: Pick<Figure, 'basis' | 'source'> = { basis: 'assumed', source: 'given for this run' },
): Network {
  const figures = { ...network.figures }
  const set = (name: string, value: string) => {
    const { unit } = figure(network, name)
    Rational.parse(value)
    figures[name] = { value, unit, basis: origin.basis, date, source: origin.source }
  }
  for (const [name, value] of Object.entries(values)) {
    if (name !== 'gasPriceGwei' || !('baseFeeGwei' in figures)) set(name, value)
    else {
      set('baseFeeGwei', value)
      if ('tipGwei' in figures) set('tipGwei', '0')
    }
  }
  return { ...network, figures }
}

/**
 * The OP stack's fee for data since Fjord, wei: estimated size × weighted price, where the size is a linear estimate from the FastLZ
 * length, at least 100 bytes. Source: OP stack specification, Fjord, execution engine, "L1-Cost fees".
 */
function l1Fee(network: Network): (flzSize: number) => bigint {
  const priceMillionths =
    16n * whole(network, 'baseFeeScalar') * gwei(network, 'l1BaseFeeGwei') +
    whole(network, 'blobBaseFeeScalar') * gwei(network, 'blobBaseFeeGwei')
  return (flzSize) => {
    const estimate = -42_585_600n + 836_500n * BigInt(flzSize)
    const sizeMillionths = estimate > 100_000_000n ? estimate : 100_000_000n
    return (sizeMillionths * priceMillionths) / 10n ** 12n
  }
}

/** The OP stack's fee for the operator since Jovian, wei: gas × scalar × 100 + constant. Source: its specification, Jovian. */
function operatorFee(network: Network): (gas: bigint) => bigint {
  const [scalar, constant] = [whole(network, 'operatorFeeScalar'), whole(network, 'operatorFeeConstantWei')]
  return (gas) => gas * scalar * 100n + constant
}

/**
 * Arbitrum: data costs its price times 16 units a byte after Brotli, is turned into gas by dividing by the base fee (rounded down), and is
 * charged as gas. There is no tip. Source: OffchainLabs/nitro, arbos/l1pricing/l1pricing.go and arbos/tx_processor.go.
 */
function arbitrumParts(network: Network): (transaction: Transaction) => Parts {
  const [price, perUnit] = [gwei(network, 'baseFeeGwei'), gwei(network, 'l1PricePerUnitGwei')]
  return ({ gas, brotliSize }) => {
    if (brotliSize === undefined) throw new RangeError('Arbitrum asks for the length after Brotli')
    const dataGas = price === 0n ? 0n : (perUnit * 16n * BigInt(brotliSize)) / price
    return { executionWei: gas * price, dataWei: dataGas * price, operatorWei: 0n }
  }
}

/** The network with another value of one figure. */
export const withValue = (network: Network, name: string, value: string): Network => ({
  ...network,
  figures: { ...network.figures, [name]: { ...figure(network, name), value } },
})

export function figure(network: Network, name: string): Figure {
  const found = Object.hasOwn(network.figures, name) ? network.figures[name] : undefined
  if (found === undefined) throw new FigureUnknownError(network, name)
  return found
}

const gwei = (network: Network, name: string): bigint => scaled(network, name, 10n ** 9n)

const whole = (network: Network, name: string): bigint => scaled(network, name, 1n)

function scaled(network: Network, name: string, scale: bigint): bigint {
  const { value, unit } = figure(network, name)
  const { numerator, denominator } = Rational.multiply(Rational.parse(value), Rational.from(scale))
  if (denominator !== 1n) throw new FigureInvalidError(network, name, value, unit)
  return numerator
}

/** A figure that the network does not have. */
export class FigureUnknownError extends SunledgerError {
  override readonly name = 'FigureUnknownError'
  constructor(network: Network, name: string) {
    super('SL722', `${network.title} has no figure of that name.`, {
      expected: Object.keys(network.figures).join(', '),
      actual: JSON.stringify(name.slice(0, 60)),
    })
  }
}

/** A figure that is no whole number of the smallest unit. */
export class FigureInvalidError extends SunledgerError {
  override readonly name = 'FigureInvalidError'
  constructor(network: Network, name: string, value: string, unit: string) {
    super('SL723', `The figure ${name} of ${network.title} is finer than one wei or one part.`, {
      expected: `a value in ${unit} without further decimals`,
      actual: value,
    })
  }
}
