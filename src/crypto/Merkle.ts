/**
 * The tree over the credits of one group commit, so that one signature serves them all. Nodes are commutative (sorted pairs), as
 * OpenZeppelin's MerkleProof checks them; an odd node goes up unchanged.
 */
import type { Hex } from '../core/Payment.ts'
import * as Digest from './Digest.ts'

/** All levels, leaves first, root last. */
export type Tree = readonly (readonly Hex[])[]

/** @param leaves at least one digest, in the order of the journal */
export const build = (leaves: readonly Hex[]): Tree => {
  if (leaves.length === 0) throw new RangeError('a tree needs a leaf')
  const levels: Hex[][] = [[...leaves]]
  for (let level = levels[0] as Hex[]; level.length > 1; level = levels.at(-1) as Hex[]) {
    const above: Hex[] = []
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Hex, level[i + 1]]
      above.push(right === undefined ? left : Digest.node(left, right))
    }
    levels.push(above)
  }
  return levels
}

export const root = (tree: Tree): Hex => tree.at(-1)?.[0] as Hex

/** The siblings from a leaf up to the root. */
export const branch = (tree: Tree, leaf: number): Hex[] => {
  const path: Hex[] = []
  let index = leaf
  for (const level of tree.slice(0, -1)) {
    const sibling = level[index ^ 1]
    if (sibling !== undefined) path.push(sibling)
    index >>= 1
  }
  return path
}

/** The root that a leaf and its branch lead to. */
export const climb = (leaf: Hex, path: readonly Hex[]): Hex =>
  path.reduce<Hex>((node, next) => Digest.node(node, next), leaf)
