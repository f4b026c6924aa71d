/** The smallest payment worth making: the least value of which the fee is at most a given share. */
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'
import { own, type Row } from './Rows.ts'

export interface Smallest {
  readonly strategy: string
  readonly network: string
  /** Null: no payment is large enough, because the fee's percentage alone is more. */
  readonly usd: number | null
  readonly share: number
  /** Whose fee a payment it is. */
  readonly workload: string
  readonly payments: number
}

/**
 * Of every strategy on every network, by the fee a payment over the whole life of a workload at its largest executed size.
 * @param share such as 1/100
 */
export function of(
  rows: readonly Row[],
  networks: readonly Networks.Network[],
  workload: string,
  share: Rational.Rational,
): Smallest[] {
  const life = rows.filter((row) => row.workload === workload && row.scope === 'life' && row.basis === 'measured')
  const shareNumber = Number(Rational.format(share, 12))
  const common = { share: shareNumber, workload }
  const gas = [...new Set(life.map(({ strategy }) => strategy))].flatMap((strategy) =>
    networks.filter(Networks.chargesGas).flatMap((network): Smallest[] => {
      const largest = life.findLast((row) => row.strategy === strategy && row.network === network.name)
      if (largest === undefined) return []
      const usd = largest.usdPerPayment / shareNumber
      return [{ strategy, network: network.name, usd, payments: largest.payments, ...common }]
    }),
  )
  const others = networks
    .filter((network) => !Networks.chargesGas(network))
    .map((network): Smallest => {
      const usd = ofOwn(network, share)
      return { strategy: own, network: network.name, usd: usd === undefined ? null : usd, payments: 1, ...common }
    })
  return [...gas, ...others]
}

/** Dollars; undefined where the percentage alone is more. A fee with a cap is a small share of something large enough. */
export function ofOwn(network: Networks.Network, share: Rational.Rational): number | undefined {
  const { percent, fixedUsd, capUsd } = Networks.share(network)
  const room = Rational.add(share, { ...percent, numerator: -percent.numerator })
  if (Rational.compare(room, Rational.zero) > 0) return Number(Rational.format(Rational.divide(fixedUsd, room), 18))
  return capUsd === undefined ? undefined : Number(Rational.format(Rational.divide(capUsd, share), 18))
}
