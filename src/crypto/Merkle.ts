/**
 * The tree over the credits of one group commit, so that one signature serves them all. Nodes are commutative (sorted pairs), as
 * OpenZeppelin's MerkleProof checks them; an odd node goes up unchanged.
 */
import { viewOf } from '../core/Packed.ts'
import type { Hex } from '../core/Payment.ts'
import * as Digest from './Digest.ts'
import * as Keccak from './Keccak.ts'

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

/** A tree as bytes: its levels, each node 32 bytes, leaves first. The same tree as `build` makes of the same leaves. */
export type ByteTree = readonly Buffer[]

const pair = Keccak.reserve(64)
const above = Keccak.reserve(32)

const isOrdered = (level: DataView, left: number, right: number): boolean => {
  for (let i = 0; i < 32; i += 4) {
    const difference = level.getUint32(left + i) - level.getUint32(right + i)
    if (difference !== 0) return difference < 0
  }
  return true
}

const levelAbove = (level: Buffer): Buffer => {
  const [made, view] = [Buffer.allocUnsafe(32 * Math.ceil(level.length / 64)), viewOf(level)]
  const madeView = viewOf(made)
  for (let i = 0; i < level.length; i += 64) {
    if (i + 32 === level.length) level.copy(made, i / 2, i)
    else {
      const swap = isOrdered(view, i, i + 32) ? 0 : 32
      Keccak.put(pair + swap, view, i, 32)
      Keccak.put(pair + 32 - swap, view, i + 32, 32)
      Keccak.hash(pair, 64, above)
      Keccak.take(above, madeView, i / 2, 32)
    }
  }
  return made
}

/** @param leaves digests one behind the other, at least one */
export const buildBytes = (leaves: Buffer): ByteTree => {
  const levels = [leaves]
  for (let level = leaves; level.length > 32; level = levels.at(-1) as Buffer) levels.push(levelAbove(level))
  return levels
}

const nodeAt = (level: Buffer, index: number): Hex => `0x${level.toString('hex', 32 * index, 32 * index + 32)}`

export const rootOf = (tree: ByteTree): Hex => nodeAt(tree.at(-1) as Buffer, 0)

/** The siblings from a leaf up to the root. */
export const branchOf = (tree: ByteTree, leaf: number): Hex[] => {
  const path: Hex[] = []
  let index = leaf
  for (let i = 0; i < tree.length - 1; i++) {
    const level = tree[i] as Buffer
    const sibling = index ^ 1
    if (32 * sibling < level.length) path.push(nodeAt(level, sibling))
    index >>= 1
  }
  return path
}
