/**
 * What has been read of the chain lately: blocks with their hashes, and what they did. A chain may replace its newest blocks by others
 * (a reorganisation); this is what is needed to notice it, to find the last block that both have in common, and to say what is undone.
 */
import type { Address, Hex } from '../core/Payment.ts'
import type { ChainEvent, ChainRecord } from '../core/Record.ts'

/** A block up to which the chain has been read, and what happened since the one before it. */
interface Point {
  readonly block: bigint
  readonly hash: Hex
  readonly touched: readonly { readonly asset: Address; readonly account: Address }[]
  readonly events: readonly ChainEvent[]
  readonly settlements: readonly Hex[]
}

/** What blocks did that are no longer part of the chain. */
export interface Gone {
  /** The last block that is still what it was. */
  readonly after: bigint
  readonly touched: Point['touched']
  readonly events: readonly ChainEvent[]
  readonly settlements: readonly Hex[]
}

export interface Past {
  /** Takes note of a record that has been read, now or in an earlier life. */
  remember(record: ChainRecord): void
  /** The hash that a block had when it was read; undefined for a block that is no point. */
  hashOf(block: bigint): Hex | undefined
  /**
   * What is gone, as the chain is now. Undefined: more than is remembered.
   * @param hashAt the hash of a block today; undefined where there is no such block
   */
  gone(hashAt: (block: bigint) => Promise<Hex | undefined>): Promise<Gone | undefined>
}

/** How many points are remembered: at least as many blocks. */
const usualMost = 512

/** @param origin a block that no reorganisation replaces, and how far nothing of ours happened after it */
export const create = (origin: { hash: Hex; quietTo: bigint }, most = usualMost): Past => {
  const nothing = { touched: [], events: [], settlements: [] }
  let points: Point[] = [{ block: 0n, hash: origin.hash, ...nothing }]
  /** Blocks between the first point and the second are known. */
  let isWhole = true

  const at = (index: number): Point => points[index] as Point

  return {
    remember({ block, hash, slots, events, settlements, undone }) {
      if (undone !== null) points = points.filter((point) => point.block === 0n || point.block <= undone.after)
      const last = points.at(-1) as Point
      if (block <= last.block) {
        // Nothing new but what is undone: what the point did stays as it was.
        return
      }
      const touched = slots.map(({ asset, account }) => ({ asset, account }))
      points.push({ block, hash, touched, events, settlements: settlements.map(({ transaction }) => transaction) })
      if (points.length > most) {
        points.splice(1, points.length - most)
        isWhole = false
      }
    },
    hashOf: (block) => points.findLast((point) => point.block === block)?.hash,
    async gone(hashAt) {
      // If a block is still what it was, so are all before it.
      let [same, differs] = [0, points.length]
      if ((await hashAt(0n)) !== origin.hash) return undefined
      while (differs - same > 1) {
        const middle = (same + differs) >> 1
        if ((await hashAt(at(middle).block)) === at(middle).hash) same = middle
        else differs = middle
      }
      if (same === 0 && !isWhole) return undefined
      const lost = points.slice(same + 1)
      return {
        after: same === 0 ? origin.quietTo : at(same).block,
        touched: lost.flatMap(({ touched }) => touched),
        events: lost.flatMap(({ events }) => events),
        settlements: lost.flatMap(({ settlements }) => settlements),
      }
    },
  }
}
