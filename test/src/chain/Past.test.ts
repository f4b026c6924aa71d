/** What is remembered of the chain's newest blocks, and what a replacement of them undoes. */
import { describe, expect, test } from 'vitest'
import * as Past from '../../../src/chain/Past.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import type { ChainRecord } from '../../../src/core/Record.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Book from '../support/Book.ts'
import { create } from '../support/Member.ts'

const hashOf = (branch: string, block: bigint): Hex => Keccak.ofText(`${branch} ${block}`)
const account = create('somebody').address

/** A record of one block, in which somebody deposits. */
const record = (branch: string, block: bigint, rest: Partial<ChainRecord> = {}): ChainRecord =>
  Book.chain(block, [Book.slot(account, block)], {
    hash: hashOf(branch, block),
    events: [
      { type: 'deposited', asset: `0x${'d0'.repeat(20)}`, account, amount: block, transaction: hashOf('t', block) },
    ],
    ...rest,
  })

/** A chain that is `a` up to a block, and `b` from then on, up to a head. */
const forked = (at: bigint, head: bigint) => async (block: bigint) =>
  block > head ? undefined : block === 0n ? hashOf('origin', 0n) : hashOf(block <= at ? 'a' : 'b', block)

const past = (blocks: number, most?: number) => {
  const made = Past.create({ hash: hashOf('origin', 0n), quietTo: 4n }, most)
  for (let block = 5n; block < 5n + BigInt(blocks); block++) made.remember(record('a', block))
  return made
}

const amounts = (gone: Past.Gone | undefined) => [gone?.after, gone?.events.map(({ amount }) => amount)]

describe('what is gone', () => {
  test.each([
    [14n, 20n, [14n, []]],
    [13n, 20n, [13n, [14n]]],
    [9n, 20n, [9n, [10n, 11n, 12n, 13n, 14n]]],
    [9n, 11n, [9n, [10n, 11n, 12n, 13n, 14n]]],
    [20n, 11n, [11n, [12n, 13n, 14n]]],
    [1n, 20n, [4n, [5n, 6n, 7n, 8n, 9n, 10n, 11n, 12n, 13n, 14n]]],
  ])('behavior: of ten blocks, on a chain that is another one after block %i, up to %i', async (at, head, expected) => {
    expect(amounts(await past(10).gone(forked(at, head)))).toEqual(expected)
  })

  test('behavior: after one replacement, what the next one undoes is of the new blocks', async () => {
    const made = past(10)
    const undone = { after: 11n, events: [], settlements: [] }
    made.remember(record('b', 13n, { undone, events: [] }))
    made.remember(record('b', 14n))
    expect([made.hashOf(12n), made.hashOf(13n), made.hashOf(14n)]).toEqual([
      undefined,
      hashOf('b', 13n),
      hashOf('b', 14n),
    ])
    expect(amounts(await made.gone(forked(11n, 20n)))).toEqual([14n, []])
    expect(amounts(await made.gone(forked(20n, 20n)))).toEqual([11n, [14n]])
  })

  test('error: undefined where it is more than is remembered, or another chain altogether', async () => {
    expect(await past(10, 5).gone(forked(5n, 20n))).toBeUndefined()
    expect(amounts(await past(10, 5).gone(forked(12n, 20n)))).toEqual([12n, [13n, 14n]])
    expect(await past(10).gone(async () => hashOf('elsewhere', 0n))).toBeUndefined()
  })
})
