/** Who holds how much: shares, and how evenly. Money is exact; shares and coefficients are for reading. */

/**
 * Gini coefficient of holdings: 0 where all hold alike, towards 1 where one holds all. With holdings x in rising order,
 * G = 2 Σ i x_i / (n Σ x_i) − (n + 1) / n (Sen, On Economic Inequality).
 */
export const gini = (holdings: readonly bigint[]): number => {
  const sorted = [...holdings].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const [count, all] = [BigInt(sorted.length), sorted.reduce((sum, each) => sum + each, 0n)]
  if (all === 0n) return 0
  const weighted = sorted.reduce((sum, each, i) => sum + BigInt(i + 1) * each, 0n)
  return Number((2n * weighted * 1_000_000n) / (count * all) - ((count + 1n) * 1_000_000n) / count) / 1e6
}

const share = (part: bigint, whole: bigint): number =>
  whole === 0n ? 0 : Number((part * 1_000_000n + whole / 2n) / whole) / 1e6

/** What the richest tenth holds of all, the tenth rounded up to whole accounts. */
export const topDecile = (holdings: readonly bigint[]): number => {
  const sorted = [...holdings].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0))
  const sum = (list: readonly bigint[]) => list.reduce((all, each) => all + each, 0n)
  return share(sum(sorted.slice(0, Math.ceil(sorted.length / 10))), sum(sorted))
}

export interface Row {
  readonly role: string
  readonly participants: number
  readonly heldAtomic: string
  /** Of all money. */
  readonly share: number
  /** Among those of the role. */
  readonly gini: number
  readonly topDecile: number
}

/** A row for each role, and one for everybody. */
export const rows = (held: ReadonlyMap<string, readonly bigint[]>): Row[] => {
  const everybody = [...held.values()].flat()
  const sum = (list: readonly bigint[]) => list.reduce((all, each) => all + each, 0n)
  const row = (role: string, own: readonly bigint[]): Row => ({
    role,
    participants: own.length,
    heldAtomic: sum(own).toString(),
    share: share(sum(own), sum(everybody)),
    gini: gini(own),
    topDecile: topDecile(own),
  })
  return [...[...held].map(([role, own]) => row(role, own)), row('all', everybody)]
}
