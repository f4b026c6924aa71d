import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as PaymentList from '../../../src/cost/PaymentList.ts'
import * as Replay from '../../../src/cost/Replay.ts'
import * as Workload from '../../../src/cost/Workload.ts'
import { folder } from '../support/Folder.ts'

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
        Expected: a first line with payer,payee,amount,time, or an export of token transfers with From, To, TokenValue and UnixTimestamp; then names, dollars with at most six decimals, and a time such as 2026-11-24T10:00:00Z
        Actual: 
          line 2: column "amount": The amount has more decimals than its asset: "0.0000001"
          line 4: column "payee": payer and payee are the same
          line 5: column "amount": Not an amount: "-1"
          line 6: column "time": no time with a zone: "2026-02-30T10:00:00Z"
          line 7: column "amount": an amount of zero
          line 8: 3 cells, not 4
          line 9: column "payer": no payer
        Mend the lines that are named. Nothing is rounded and no row is left out.]
    `)
  })

  test('error: at most twenty lines are named, and the rest counted', () => {
    const rows = Array.from({ length: 50 }, () => 'ann,bob,x,0')
    expect(() => Replay.parseList([header, ...rows].join('\n'), 'mine.csv', 100)).toThrow('… and 30 more')
  })

  test('error: another header, no rows, no file', () => {
    expect(() => Replay.parseList('from,recipient,amount,time\na,b,1,0\n', 'mine.csv', 100)).toThrow('SL727')
    expect(() => Replay.parseList(header, 'mine.csv', 100)).toThrow('a header without rows')
    expect(() => Replay.readList('/no/such.csv', 100)).toThrow('SL727')
  })
})

describe('forms that people have', () => {
  const entries = (text: string) => PaymentList.parse(text, 'export.csv').entries
  const at = Date.parse('2026-11-24T10:00:00Z')

  test('behavior: an export of token transfers, its columns found by name, the others ignored', () => {
    const text = [
      '"Transaction Hash","Blockno","UnixTimestamp","DateTime (UTC)","From","To","TokenValue","USDValueDayOfTx"',
      `"0x01","21","${at / 1000}","2026-11-24 10:00:00","0xa","0xb","1,234.5","$1,234.50"`,
    ].join('\r\n')
    expect(entries(text)).toEqual([{ payer: '0xa', payee: '0xb', amountAtomic: 1_234_500_000n, atMs: at }])
    expect(PaymentList.parse(text, '').format).toBe('an export of token transfers')
  })

  test('behavior: semicolons with decimal commas, tabs, quoted headers, offsets of time', () => {
    const row = [{ payer: 'a', payee: 'b', amountAtomic: 500_000n, atMs: at }]
    expect(entries('"payer";"payee";"amount";"time"\na;b;0,50;2026-11-24T12:00:00+02:00\n')).toEqual(row)
    expect(entries('time\tpayee\tpayer\tamount\n2026-11-24 04:30:00 -0530\tb\ta\t0.5')).toEqual(row)
    expect(entries('from,to,value,DateTime (UTC)\na,b,0.5,2026-11-24 10:00:00')).toEqual(row)
  })

  test('behavior: UTF-16 with a byte order mark, either way round', () => {
    const path = join(folder(), 'list.csv')
    const little = Buffer.from(`\uFEFFpayer,payee,amount,time\r\nä,б,1,0\r\n`, 'utf16le')
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      writeFileSync(path, bytes)
      expect(Replay.readList(path, 10).payments).toHaveLength(1)
    }
  })

  test.each([
    ['a decimal comma that could group digits', 'payer;payee;amount;time\na;b;1,000;0', 'column "amount"'],
    ['a time without a zone', 'payer,payee,amount,time\na,b,1,2026-11-24 10:00:00', 'column "time"'],
    ['a zone that is none', 'payer,payee,amount,time\na,b,1,2026-11-24T10:00:00+23:00', 'column "time"'],
    ['two columns of one name', 'payer,payee,amount,amount,time\na,b,1,2,0', 'is there twice'],
    ['an unclosed quote', 'payer,payee,amount,time\n"a,b,1,0', 'Quote'],
  ])('error: %s', (_, text, said) => {
    expect(() => Replay.parseList(text, 'export.csv', 10)).toThrow(said)
    expect(() => Replay.parseList(text, 'export.csv', 10)).toThrow('SL727')
  })
})
