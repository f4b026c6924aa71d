/**
 * What a transaction costs on a network, in wei and dollars. A network is data: a rule and its figures, each with basis, date and
 * source, each to be overridden. Everything is whole wei until the token's price, and a fraction from there on.
 */
import { SunledgerError } from '../core/Errors.ts'
import type { Figure, Network } from './Network.ts'
import { base } from './networks/base.ts'
import { ethereum } from './networks/ethereum.ts'
import * as Rational from './Rational.ts'

export type { Basis, Figure, Network } from './Network.ts'

/** What a fee depends on. */
export interface Transaction {
  /** As measured by executing it; EIP-7623's floor for calldata is in it. */
  readonly gas: bigint
  /** `FastLz.size` of the signed transaction. */
  readonly flzSize: number
}

/** A fee and its parts, wei. */
export interface Fee {
  /** For executing: gas × (base fee + tip). */
  readonly executionWei: bigint
  /** For the transaction's bytes on Ethereum; 0 there itself. */
  readonly dataWei: bigint
  /** For the operator of a rollup; 0 elsewhere. */
  readonly operatorWei: bigint
  readonly totalWei: bigint
  readonly totalUsd: Rational.Rational
}

/** The networks that a report speaks of. */
export const all: readonly Network[] = [ethereum, base]

/**
 * The fee of a transaction on a network.
 * @throws {FigureInvalidError} a figure has more decimals than its unit has room for
 */
export function fee(network: Network, transaction: Transaction): Fee {
  const gasPriceWei = gwei(network, 'baseFeeGwei') + gwei(network, 'tipGwei')
  const executionWei = transaction.gas * gasPriceWei
  const [dataWei, operatorWei] =
    network.rule === 'opStack' ? [l1Fee(network, transaction.flzSize), operatorFee(network, transaction.gas)] : [0n, 0n]
  const totalWei = executionWei + dataWei + operatorWei
  const tokens = Rational.from(totalWei, 10n ** 18n)
  return {
    executionWei,
    dataWei,
    operatorWei,
    totalWei,
    totalUsd: Rational.multiply(tokens, Rational.parse(figure(network, 'tokenUsd').value)),
  }
}

/**
 * The network with other values for some of its figures, which then are `assumed` on the given date.
 * @param values decimal texts by name of figure, such as `{ baseFeeGwei: '1.5' }`
 * @throws {FigureUnknownError} the network has no such figure
 * @throws {Rational.DecimalInvalidError} no decimal number
 */
export function override(network: Network, values: Readonly<Record<string, string>>, date: string): Network {
  const figures = { ...network.figures }
  for (const [name, value] of Object.entries(values)) {
    const known = figure(network, name)
    Rational.parse(value)
    figures[name] = { value, unit: known.unit, basis: 'assumed', date, source: 'given for this run' }
  }
  return { ...network, figures }
}

/**
 * The OP stack's fee for data since Fjord, wei: estimated size × weighted price, where the size is a linear estimate from the FastLZ
 * length, at least 100 bytes. Source: OP stack specification, Fjord, execution engine, "L1-Cost fees".
 */
function l1Fee(network: Network, flzSize: number): bigint {
  const estimate = -42_585_600n + 836_500n * BigInt(flzSize)
  const sizeMillionths = estimate > 100_000_000n ? estimate : 100_000_000n
  const priceMillionths =
    16n * whole(network, 'baseFeeScalar') * gwei(network, 'l1BaseFeeGwei') +
    whole(network, 'blobBaseFeeScalar') * gwei(network, 'blobBaseFeeGwei')
  return (sizeMillionths * priceMillionths) / 10n ** 12n
}

/** The OP stack's fee for the operator since Jovian, wei: gas × scalar × 100 + constant. Source: its specification, Jovian. */
const operatorFee = (network: Network, gas: bigint): bigint =>
  gas * whole(network, 'operatorFeeScalar') * 100n + whole(network, 'operatorFeeConstantWei')

function figure(network: Network, name: string): Figure {
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
