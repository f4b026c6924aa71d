import { describe, expect, test } from 'vitest'
import * as Replay from '../../../src/cost/Replay.ts'
import * as Workload from '../../../src/cost/Workload.ts'

const header = 'payer,payee,amount,time'

describe('parseList', () => {
  test('behavior: reads names, exact dollars and times, in the order of time', () => {
    const text = `\uFEFF${header}\r\nann,bob,0.000125,2026-11-24T10:00:05Z\r\n"Bob, Jr.",ann,1,1795514400\r\nann,bob,2.50,1795514401.250\r\n`
    const workload = Replay.parseList(text, 'mine.csv', 100)
    expect(workload.payments).toEqual([
      { payer: 0, payee: 1, amountAtomic: 1_000_000n, atMs: 0 },
      { payer: 1, payee: 2, amountAtomic: 2_500_000n, atMs: 1250 },
      { payer: 1, payee: 2, amountAtomic: 125n, atMs: 5000 },
    ])
    expect(Workload.counts(workload, 3)).toEqual({
      payments: 3,
      pairs: 2,
      payers: 2,
      payees: 2,
      members: 3,
      onlyPayees: 1,
    })
    expect(workload.computed).toEqual([])
  })

  test('behavior: executes the first, and computes what is more', () => {
    const rows = Array.from({ length: 30 }, (_, i) => `a${i},b,1,${i}`)
    const workload = Replay.parseList([header, ...rows].join('\n'), 'mine.csv', 20)
    expect(Workload.sizes(workload)).toEqual([1, 10, 20])
    expect(workload.computed).toEqual([30])
    expect(Workload.counts(workload, 30).members).toBe(31)
  })

  test('error: names every bad line, and uses nothing of the list', () => {
    const text = [
      header,
      'ann,bob,0.0000001,2026-11-24T10:00:00Z',
      'ann,bob,1,2026-11-24T10:00:00Z',
      'ann,ann,1,2026-11-24T10:00:00Z',
      'ann,bob,-1,2026-11-24T10:00:00Z',
      'ann,bob,1,2026-02-30T10:00:00Z',
      'ann,bob,0,0',
      'ann,bob,1',
      ',bob,1,0',
    ].join('\n')
    expect(() => Replay.parseList(text, 'mine.csv', 100)).toThrowErrorMatchingInlineSnapshot(`
      [PaymentListInvalidError: SL727: mine.csv is no list of payments: 7 faults.
        Expected: a first line payer,payee,amount,time; then names, dollars with at most six decimals, and a time such as 2026-11-24T10:00:00Z
        Actual: 
          line 2: The amount has more decimals than its asset: "0.0000001"
          line 4: payer and payee are the same
          line 5: Not an amount: "-1"
          line 6: no time: "2026-02-30T10:00:00Z"
          line 7: an amount of nothing
          line 8: 3 cells, not 4
          line 9: no payer or no payee
        Mend the lines that are named. Nothing is rounded and no row is left out.]
    `)
  })

  test('error: at most twenty lines are named, and the rest counted', () => {
    const rows = Array.from({ length: 50 }, () => 'ann,bob,x,0')
    expect(() => Replay.parseList([header, ...rows].join('\n'), 'mine.csv', 100)).toThrow('… and 30 more')
  })

  test('error: another header, no rows, no file', () => {
    expect(() => Replay.parseList('from,to,amount,time\na,b,1,0\n', 'mine.csv', 100)).toThrow('SL727')
    expect(() => Replay.parseList(header, 'mine.csv', 100)).toThrow('a header without rows')
    expect(() => Replay.readList('/no/such.csv', 100)).toThrow('SL727')
  })
})
