/** The smallest payment worth making: the least value of which the fee is at most a given share, and which its network carries. */
import * as Networks from './Networks.ts'
import * as Rational from './Rational.ts'
import { own, type Row } from './Rows.ts'

export interface Smallest {
  readonly strategy: string
  readonly network: string
  /** Null: no payment is large enough, because the fee's percentage alone is more. */
  readonly usd: number | null
  /** The same with every figure that states a range at its low and at its high end. */
  readonly usdLow: number | null
  readonly usdHigh: number | null
  readonly share: number
  /** Whose fee a payment it is. */
  readonly workload: string
  readonly payments: number
}

/** Rows of the same payments with the networks' figures low, as they are, and high. */
export type RowsAt = Readonly<Record<Networks.Level, readonly Row[]>>

/** The row of a strategy and network at the workload's largest size that is not computed from a smaller one. */
const largest = (rows: readonly Row[], workload: string, strategy: string, network: string): Row | undefined =>
  rows.findLast(
    (row) =>
      row.workload === workload &&
      row.scope === 'life' &&
      row.basis !== 'computed' &&
      row.strategy === strategy &&
      row.network === network,
  )

/**
 * Of every strategy on every network, by the fee a payment over the whole life of a workload at its largest executed size.
 * @param share such as 1/100
 */
export function of(
  rows: RowsAt,
  networks: readonly Networks.Network[],
  workload: string,
  share: Rational.Rational,
): Smallest[] {
  const shareNumber = Number(Rational.format(share, 12))
  const common = { share: shareNumber, workload }
  const keys = new Map<string, Row>()
  for (const row of rows.mid)
    if (row.workload === workload && row.strategy !== own) keys.set(`${row.strategy} ${row.network}`, row)
  const shared = [...keys.values()].flatMap(({ strategy, network }): Smallest[] => {
    const at = (level: Networks.Level) => largest(rows[level], workload, strategy, network)
    const usd = (level: Networks.Level) => (at(level)?.usdPerPayment ?? 0) / shareNumber
    const payments = at('mid')?.payments
    if (payments === undefined) return []
    return [{ strategy, network, usd: usd('mid'), usdLow: usd('low'), usdHigh: usd('high'), payments, ...common }]
  })
  const others = networks.filter(Networks.chargesEach).map((network): Smallest => {
    const usd = (level: Networks.Level) => ofOwn(Networks.at(network, level), share) ?? null
    return {
      ...{ strategy: own, network: network.name, payments: 1, ...common },
      ...{ usd: usd('mid'), usdLow: usd('low'), usdHigh: usd('high') },
    }
  })
  return [...shared, ...others]
}

/** Dollars; undefined where the percentage alone is more. A fee with a cap is a small share of something large enough. */
export function ofOwn(network: Networks.Network, share: Rational.Rational): number | undefined {
  const { percent, fixedUsd, capUsd } = Networks.share(network)
  const room = Rational.add(share, { ...percent, numerator: -percent.numerator })
  const least = Networks.leastUsd(network)
  const worth = (usd: Rational.Rational) => Number(Rational.format(Rational.compare(usd, least) < 0 ? least : usd, 18))
  if (Rational.compare(room, Rational.zero) > 0) return worth(Rational.divide(fixedUsd, room))
  return capUsd === undefined ? undefined : worth(Rational.divide(capUsd, share))
}
