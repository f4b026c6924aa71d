import { describe, expect, test } from 'vitest'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Audit from '../../../src/report/Audit.ts'

const id = (n: number): Hex => `0x${n.toString(16).padStart(64, '0')}`
const ids = (...list: number[]): ReadonlySet<Hex> => new Set(list.map(id))

describe('I11 durability', () => {
  const check = (journal: ReadonlySet<Hex>, acknowledged: ReadonlySet<Hex>) =>
    Audit.durability({ tally: { ids: journal }, acknowledged })

  test('behavior: holds where every receipt is in the journal', () => {
    expect(check(ids(1, 2), ids(1, 2))).toEqual({
      id: 'I11',
      ok: true,
      detail: 'payers hold 2 receipts, 2 of them in the journal; 0 payments in the journal whose answer did not arrive',
    })
  })

  test('behavior: an answer that was lost on its way is counted, and is no fault', () => {
    const { ok, detail } = check(ids(1, 2, 3), ids(1, 2))
    expect(ok).toBe(true)
    expect(detail).toContain('1 payments in the journal whose answer did not arrive')
  })

  test('behavior: one lost payment is found, however many answers were lost beside it', () => {
    // As many payments as receipts: a count alone would say that all is well.
    const { ok, detail } = check(ids(1, 2, 4), ids(1, 2, 3))
    expect(ok).toBe(false)
    expect(detail).toContain(`2 of them in the journal (first missing: ${id(3)})`)
  })
})
