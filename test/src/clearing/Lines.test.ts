/** Who waits where, and for how long. */
import { describe, expect, test } from 'vitest'
import * as Lines from '../../../src/clearing/Lines.ts'

const at = (line: string, start: bigint, amount = 1n): Lines.Place => ({ line, start, total: start + amount })

const item = (legs: readonly Lines.Place[], waitMs = 60_000): Lines.Item => ({ legs, waitMs })

describe('a line', () => {
  test('behavior: has places by totals, with as many at one as come, and another line for each payer', () => {
    const lines = Lines.create<Lines.Item>(10, () => {})
    const [a, b, beside] = [item([at('a', 1n)]), item([at('b', 1n)]), item([at('a', 1n, 2n)])]
    expect([a, b, beside].map(lines.park)).toEqual(['parked', 'parked', 'parked'])
    expect([lines.at(at('a', 0n), 1n), lines.at(at('b', 0n), 1n), lines.at(at('a', 0n), 2n)]).toEqual([
      [a, beside],
      [b],
      [],
    ])
    lines.leave(a)
    expect([lines.at(at('a', 0n), 1n), lines.has(a), lines.has(beside)]).toEqual([[beside], false, true])
    for (const left of [b, beside]) lines.leave(left)
    expect(lines.size()).toBe(0)
  })

  test('behavior: parking again changes nothing; who has left is not taken out twice', () => {
    const lines = Lines.create<Lines.Item>(10, () => {})
    const [first, second] = [item([at('a', 1n)]), item([at('a', 1n)])]
    expect([lines.park(first), lines.park(first)]).toEqual(['parked', 'parked'])
    lines.leave(first)
    lines.park(second)
    lines.leave(first)
    expect(lines.at(at('a', 0n), 1n)).toEqual([second])
    lines.leave(second)
  })

  test('error: is full at its limit', () => {
    const lines = Lines.create<Lines.Item>(2, () => {})
    const items = [1n, 2n, 3n].map((before) => item([at('a', before)]))
    expect(items.map(lines.park)).toEqual(['parked', 'parked', 'full'])
    expect(lines.park(item([at('b', 1n)]))).toBe('parked')
  })

  test('error: is full for what leads to one total much sooner, from whatever places', () => {
    const lines = Lines.create<Lines.Item>(64, () => {})
    const copies = [1n, 2n, 3n, 4n, 5n].map((start) => item([at('a', start, 10n - start)]))
    expect(copies.map(lines.park)).toEqual(['parked', 'parked', 'parked', 'parked', 'full'])
    expect(lines.park(item([at('a', 5n)]))).toBe('parked')
    lines.leave(copies[0] as Lines.Item)
    expect(lines.park(copies[4] as Lines.Item)).toBe('parked')
  })

  test('behavior: whoever has waited its time is told of, once, and has left', async () => {
    const waited = item([at('a', 1n)], 5)
    const told = await new Promise<[Lines.Item, unknown]>((resolve) => {
      const lines = Lines.create<Lines.Item>(10, (found) => resolve([found, lines.at(at('a', 0n), 1n)]))
      lines.park(waited)
    })
    expect(told).toEqual([waited, []])
  })
})

describe('a sale', () => {
  test('behavior: stands in both lines or in neither, and leaves both', () => {
    const lines = Lines.create<Lines.Item>(1, () => {})
    const sale = item([at('a', 1n), at('b', 5n)])
    expect(lines.park(sale)).toBe('parked')
    expect([lines.at(at('a', 0n), 1n), lines.at(at('b', 0n), 5n)]).toEqual([[sale], [sale]])
    expect(lines.park(item([at('c', 1n), at('b', 6n)]))).toBe('full')
    expect(lines.at(at('c', 0n), 1n)).toEqual([])
    lines.leave(sale)
    expect([lines.at(at('a', 0n), 1n), lines.at(at('b', 0n), 5n)]).toEqual([[], []])
  })
})
