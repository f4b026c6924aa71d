/**
 * The default day at its full size, as a user runs it: it is the day that the engine works out, to the last unit, and every check holds.
 *
 * @minutes 2
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Document } from '../../src/report/Document.ts'
import { clear, start } from '../e2e/Demo.ts'

afterEach(clear)

test('behavior: 1 000 robots, 96 slots: no slot and no balance differs from the engine, and money is conserved', async () => {
  const { ended, out } = start(['--exit', '--json'])
  const { code, stdout, stderr } = await ended
  expect([code, stderr.includes('does not hold')]).toEqual([0, false])
  const report = JSON.parse(stdout) as Document
  expect(report.economy?.agreement).toEqual({ slots: 96, differingSlots: 0, accounts: 1201, differingAccounts: 0 })
  expect(report.payments.rejected).toEqual({})
  expect(report.checks.every(({ ok }) => ok)).toBe(true)
  const [head = '', ...lines] = readFileSync(join(out, 'bills.csv'), 'utf8').trimEnd().split('\n')
  const columns = head.split(',')
  const bills = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i] ?? '', cell])))
  const sum = (bill: (typeof bills)[number] | undefined, prefix: string) =>
    columns.filter((column) => column.startsWith(prefix)).reduce((all, column) => all + BigInt(bill?.[column] ?? 0), 0n)
  for (const bill of bills)
    expect(BigInt(bill.depositedAtomic ?? 0) + sum(bill, 'earnedFrom.') - sum(bill, 'paidTo.')).toBe(
      BigInt(bill.heldAtomic ?? 0),
    )
  const total = (prefix: string) => bills.reduce((all, bill) => all + sum(bill, prefix), 0n)
  expect(total('earnedFrom.')).toBe(total('paidTo.'))
  expect(total('depositedAtomic')).toBe(total('heldAtomic'))
}, 600_000)
