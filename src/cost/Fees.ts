/**
 * What a run's payments cost in fees: cleared together as they were, and had each been a transfer of its own. Gas and bytes are those
 * measured in the run; prices of gas and tokens are the networks' figures, and each row lists them.
 */
import { decimals } from '../core/Amount.ts'
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'

/** What was counted in a run. */
export interface Measured {
  /** Payments that were settled. */
  readonly payments: number
  /** What they moved in dollars, atomic. */
  readonly valueAtomic: bigint
  /** Every settlement transaction: its gas and the FastLZ length of its signed bytes. */
  readonly settlements: readonly Networks.Transaction[]
  /** Every other transaction that the run needed: deposits, approved meters, readings, withdrawals. Left out: not counted. */
  readonly others?: readonly Networks.Transaction[] | undefined
  /** One transfer of the stablecoin between two accounts that already hold some. */
  readonly transfer: Networks.Transaction
}

/** `clearing`: the run's settlements. `transfer`: a direct ERC-20 transfer for each payment. */
export type Strategy = 'clearing' | 'transfer'

/** `settlement`: settlements alone. `life`: everything on chain, also deposits, meters, readings and withdrawals. */
export type Scope = 'settlement' | 'life'

/** One line of a report's fees. */
export interface Row {
  /** Name of the network. */
  readonly network: string
  readonly strategy: Strategy
  readonly scope: Scope
  /** Dollars a payment: decimal text, rounded half up at 12 decimals. */
  readonly usdPerPayment: string
  /** Fee over value: decimal text, rounded half up at 12 decimals (0.01 is 1 %); null where no dollars moved. */
  readonly shareOfValue: string | null
  /** Worked out from measured gas and bytes and the figures below. */
  readonly basis: Networks.Basis
  /** The figures that went into it. */
  readonly assumptions: readonly Assumption[]
}

/** A figure of a network and its name. */
export interface Assumption extends Networks.Figure {
  readonly name: string
}

/** Decimals to which the texts in a row are rounded half up. */
export const places = 12

/**
 * The fees of a run on each network, cleared and transferred. A run without payments has none.
 * @param networks with overridden figures where wanted
 */
export function rows(measured: Measured, networks: readonly Networks.Network[] = Networks.reported): Row[] {
  if (measured.payments === 0) return []
  return networks.flatMap((network) => [
    row(measured, network, ['clearing', 'settlement'], total(network, measured.settlements)),
    ...(measured.others === undefined
      ? []
      : [row(measured, network, ['clearing', 'life'], total(network, [...measured.settlements, ...measured.others]))]),
    row(
      measured,
      network,
      ['transfer', 'life'],
      Rational.multiply(total(network, [measured.transfer]), Rational.from(BigInt(measured.payments))),
    ),
  ])
}

function row(
  measured: Measured,
  network: Networks.Network,
  [strategy, scope]: readonly [Strategy, Scope],
  usd: Rational.Rational,
): Row {
  const value = Rational.from(measured.valueAtomic, 10n ** BigInt(decimals))
  return {
    network: network.name,
    strategy,
    scope,
    usdPerPayment: Rational.format(Rational.divide(usd, Rational.from(BigInt(measured.payments))), places),
    shareOfValue: value.numerator === 0n ? null : Rational.format(Rational.divide(usd, value), places),
    basis: 'computed',
    // How long a block takes is no part of a fee.
    assumptions: Object.entries(network.figures)
      .filter(([name]) => name !== 'blockSeconds')
      .map(([name, figure]) => ({ name, ...figure })),
  }
}

const total = (network: Networks.Network, transactions: readonly Networks.Transaction[]): Rational.Rational =>
  transactions.reduce(
    (sum, transaction) => Rational.add(sum, Networks.fee(network, transaction).totalUsd),
    Rational.zero,
  )
