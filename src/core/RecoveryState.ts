/** What a ledger knows of what its journal has lost, and how that is kept in a snapshot. `Recovery` has the rules. */
import type { Address } from './Payment.ts'
import type * as Ranges from './Ranges.ts'

/** Of one account. */
export interface Gaps {
  /** Charged, and no payee known. */
  readonly debits: Ranges.Range[]
  /** Signed by the credit key, and no payer known: set aside. */
  readonly credits: Ranges.Range[]
  /** The same, but paid out by the chain before. */
  readonly settled: Ranges.Range[]
}

/** Of a ledger that has been recovered, or is being. */
export interface Recovery {
  /** Chain time, seconds. */
  since: bigint
  until: bigint
  isOver: boolean
  /** By asset + account. */
  readonly gaps: Map<string, Gaps>
  /** By asset: what payees may spend beyond what payers were charged; below zero: less. */
  readonly unbacked: Map<Address, bigint>
  /** By asset. */
  readonly setAside: Map<Address, bigint>
  /** Payments that came back by a receipt. */
  payments: number
}

/** As values of JSON, for a snapshot. */
export interface Kept {
  readonly since: string
  readonly until: string
  readonly isOver: boolean
  readonly payments: number
  readonly gaps: readonly (readonly [string, ...(readonly (readonly [string, string])[])[]])[]
  readonly unbacked: readonly (readonly [Address, string])[]
  readonly setAside: readonly (readonly [Address, string])[]
}

const kinds = ['debits', 'credits', 'settled'] as const
const texts = (sums: Map<Address, bigint>) => [...sums].map(([asset, sum]) => [asset, `${sum}`] as const)
const numbers = (kept: Kept['unbacked']) => new Map(kept.map(([asset, sum]) => [asset, BigInt(sum)]))

export const toKept = ({ since, until, isOver, payments, gaps, unbacked, setAside: aside }: Recovery): Kept => ({
  ...{ since: `${since}`, until: `${until}`, isOver, payments, unbacked: texts(unbacked), setAside: texts(aside) },
  gaps: [...gaps].map(([key, of]) => [
    key,
    ...kinds.map((kind) => of[kind].map(({ from, to }) => [`${from}`, `${to}`] as const)),
  ]),
})

export const fromKept = (kept: Kept): Recovery => ({
  ...{ since: BigInt(kept.since), until: BigInt(kept.until), isOver: kept.isOver, payments: kept.payments },
  ...{ unbacked: numbers(kept.unbacked), setAside: numbers(kept.setAside) },
  gaps: new Map(
    kept.gaps.map(([key, ...lists]) => {
      const ranges = lists.map((list) => list.map(([from, to]) => ({ from: BigInt(from), to: BigInt(to) })))
      return [key, Object.fromEntries(kinds.map((kind, i) => [kind, ranges[i] ?? []])) as unknown as Gaps]
    }),
  ),
})
