/** The tree of a group commit, against the fixture and against OpenZeppelin's rule for checking a branch, written anew. */
import fc from 'fast-check'
import { concat, keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import * as Merkle from '../../../src/crypto/Merkle.ts'
import fixture from '../../fixtures/digests.json' with { type: 'json' }
import { word } from '../Arbitrary.ts'

/** MerkleProof.processProof of OpenZeppelin 5 with its commutative hash. */
const processProof = (proof: readonly Hex[], leaf: Hex): Hex =>
  proof.reduce((a, b) => keccak256(BigInt(a) < BigInt(b) ? concat([a, b]) : concat([b, a])), leaf)

describe('Merkle', () => {
  test('behavior: roots of the fixture', () => {
    const leaves = fixture.merkle.leaves as Hex[]
    const root = (count: number) => Merkle.root(Merkle.build(leaves.slice(0, count)))
    const { rootOf1, rootOf2, rootOf3, rootOf5, rootOf7 } = fixture.merkle
    expect([1, 2, 3, 5, 7].map(root)).toEqual([rootOf1, rootOf2, rootOf3, rootOf5, rootOf7])
  })

  test('behavior: every leaf’s branch leads to the root, as OpenZeppelin checks it', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 70 }), (leaves) => {
        const tree = Merkle.build(leaves)
        for (const [i, leaf] of leaves.entries()) {
          const branch = Merkle.branch(tree, i)
          expect(branch.length).toBeLessThanOrEqual(Math.ceil(Math.log2(leaves.length)))
          expect(processProof(branch, leaf)).toBe(Merkle.root(tree))
          expect(Merkle.climb(leaf, branch)).toBe(Merkle.root(tree))
        }
      }),
    )
  })

  test('behavior: another leaf does not get to the root', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 2, maxLength: 20 }), (leaves) => {
        const [other, ...rest] = leaves as [Hex, ...Hex[]]
        const tree = Merkle.build(rest)
        expect(Merkle.climb(other, Merkle.branch(tree, 0))).not.toBe(Merkle.root(tree))
      }),
    )
  })

  test('behavior: a node does not depend on the order of its children', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(Digest.node(a, b)).toBe(Digest.node(b, a))
        expect(Digest.node(a, b)).toBe(processProof([b], a))
      }),
    )
  })

  test('error: no leaves', () => {
    expect(() => Merkle.build([])).toThrow(RangeError)
  })
})
