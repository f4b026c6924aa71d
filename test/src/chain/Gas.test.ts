/** Gas is held to what is committed: measured again from real transactions, as `bench gas` measures it. */
import { describe, expect, test } from 'vitest'
import * as Floor from '../../../scripts/bench/gas/Floor.ts'
import * as Floors from '../../../scripts/bench/gas/Floors.ts'
import * as Lab from '../../../scripts/bench/gas/Lab.ts'
import * as Operations from '../../../scripts/bench/gas/Operations.ts'
import * as Snapshot from '../../../scripts/bench/gas/Snapshot.ts'

describe('gas', () => {
  test('behavior: every operation costs what test/fixtures/gas.json says, and no less than its floor', async () => {
    const lab = await Lab.open()
    try {
      const operations = await Operations.measure(lab, () => {})
      const hint = 'npm run -s bench -- gas --snapshot writes it anew'
      expect(Snapshot.differences(Snapshot.read(), Snapshot.from(operations)), hint).toEqual([])
      for (const operation of operations)
        expect(Floors.of(operation).gas, operation.name).toBeLessThan(Operations.gasOf(operation))
    } finally {
      await lab.close()
    }
  }, 120_000)

  test('behavior: a hundredth is allowed, more is told, and so is what appears or goes', () => {
    expect(Snapshot.differences({ a: 1000, b: 1000 }, { a: 1010, b: 990 })).toEqual([])
    expect(Snapshot.differences({ a: 1000, gone: 1 }, { a: 1011, made: 2 })).toEqual([
      'a was 1000 and is 1011',
      'gone is gone; it was 1',
      'made is new: 2',
    ])
  })

  test('behavior: the arithmetic of the gas schedule', () => {
    expect(Floor.calldata('0x00ff00')).toBe(4 + 16 + 4)
    expect(Floor.log(3, 32)).toBe(1756)
    expect(Floor.keccak(66)).toBe(48)
    expect(Floor.exceedsCalldataFloor('0x00ff', 21_050n)).toBe(false)
    expect(Floor.exceedsCalldataFloor('0x00ff', 21_051n)).toBe(true)
  })
})
