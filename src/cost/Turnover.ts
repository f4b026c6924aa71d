/**
 * Fee share against turnover. What settling costs follows the members of a settlement, not the payments, so no single payment has a fee of
 * its own: what decides is how much money moves per member and settlement. This is that curve, its break-even, and where workloads lie on it.
 */
import * as Networks from './Networks.ts'
import type { Row } from './Rows.ts'
import type { Scope } from './strategies/Strategy.ts'
import * as Workload from './Workload.ts'

/** A point of a curve. Turnover: dollars that were settled over members, each dollar counted once. */
export interface Point {
  readonly network: string
  readonly scope: Scope
  readonly turnoverUsd: number
  /** Fee over value: 0.01 is 1 %. */
  readonly feeShare: number
}

/** What one member costs per settlement on a network, and the turnover from which that is worth it. */
export interface BreakEven {
  readonly network: string
  readonly scope: Scope
  /** Of the workload whose settlement was measured. */
  readonly workload: string
  readonly members: number
  readonly feePerMemberUsd: number
  /** From here on the fee is at most the share. */
  readonly turnoverUsd: number
  readonly basis: 'computed'
}

/** A workload on the curves: its own turnover and its own fee share. */
export interface Place extends Point {
  readonly workload: string
  readonly payments: number
  readonly members: number
}

export interface Turnover {
  readonly points: readonly Point[]
  readonly breakEven: readonly BreakEven[]
  readonly places: readonly Place[]
}

/** From a thousandth of a cent to a thousand dollars. */
const grid = Array.from({ length: 9 }, (_, i) => 10 ** (i - 5))

const strategy = 'clearing'

/** The largest executed row of a workload. */
const largest = (rows: readonly Row[], workload: string, network: string, scope: Scope): Row | undefined =>
  rows.findLast(
    (row) =>
      row.strategy === strategy &&
      row.workload === workload &&
      row.network === network &&
      row.scope === scope &&
      row.basis === 'measured',
  )

const placeOf = (workload: Workload.Workload, row: Row): Place => {
  const { members } = Workload.counts(workload, row.payments)
  const usd = Number(Workload.valueAtomic(workload, row.payments)) / 1e6
  return {
    ...{ workload: workload.name, payments: row.payments, members, network: row.network, scope: row.scope },
    turnoverUsd: usd / members,
    feeShare: row.shareOfValue ?? Number.NaN,
  }
}

/**
 * @param main the workload whose fee per member makes the curves
 * @param share such as 0.01
 */
export function of(
  rows: readonly Row[],
  workloads: readonly Workload.Workload[],
  networks: readonly Networks.Network[],
  main: Workload.Workload,
  share: number,
): Turnover {
  const scopes: readonly Scope[] = ['life', 'settlement']
  const places = networks.filter(Networks.chargesGas).flatMap(({ name }) =>
    scopes.flatMap((scope) =>
      workloads.flatMap((workload) => {
        const row = largest(rows, workload.name, name, scope)
        return row === undefined ? [] : [placeOf(workload, row)]
      }),
    ),
  )
  const breakEven = places
    .filter(({ workload }) => workload === main.name)
    .map(({ network, scope, workload, members, turnoverUsd, feeShare }): BreakEven => {
      const feePerMemberUsd = feeShare * turnoverUsd
      return {
        ...{ network, scope, workload, members, feePerMemberUsd },
        turnoverUsd: feePerMemberUsd / share,
        basis: 'computed',
      }
    })
  const points = breakEven.flatMap(({ network, scope, feePerMemberUsd }) =>
    grid.map((turnoverUsd) => ({ network, scope, turnoverUsd, feeShare: feePerMemberUsd / turnoverUsd })),
  )
  return { points, breakEven, places }
}
