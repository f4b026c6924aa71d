/** Who is settled: what is worth it, who must not wait, and nothing that the pool does not cover. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Select from '../../../src/clearing/Select.ts'
import * as Account from '../../../src/core/Account.ts'
import type { Address } from '../../../src/core/Payment.ts'

const assets = ['0xa', '0xb'] as unknown as readonly Address[]

const account = (
  name: string,
  debit: bigint,
  credit: bigint,
  more: Partial<Account.Account> = {},
): Account.Account => ({
  ...Account.empty(assets[0] as Address, name as Address),
  ...{ debitTotal: debit as never, creditTotal: credit as never },
  ...more,
})

const terms: Select.Terms = {
  minimumAtomic: 100n,
  most: 10,
  poolOf: () => 0n,
  isForced: () => false,
  isAged: () => false,
}

const names = (chosen: readonly Account.Account[]): string[] => chosen.map((each) => each.account)

describe('a settlement takes', () => {
  const payer = account('payer', 100n, 0n)
  const payee = account('payee', 0n, 100n)
  const dust = [account('dust payer', 99n, 0n), account('dust payee', 0n, 99n)]

  test('behavior: what is worth it, and leaves the rest', () => {
    expect(names(Select.select([payer, payee, ...dust], terms))).toEqual(['payer', 'payee'])
  })

  test('behavior: everybody where nothing has to be worth anything', () => {
    expect(Select.select([payer, payee, ...dust], { ...terms, minimumAtomic: 0n })).toHaveLength(4)
  })

  test('behavior: what has waited long enough', () => {
    const isAged = ({ account: name }: Account.Account) => name.startsWith('dust')
    expect(Select.select([payer, payee, ...dust], { ...terms, isAged })).toHaveLength(4)
  })

  test('behavior: I6 who leaves and owes, whatever it owes and however little is left of the share', () => {
    const leaver = account('leaver', 1n, 0n, { leaving: true })
    expect(names(Select.select([payer, payee, leaver], { ...terms, most: 0 }))).toEqual(['leaver'])
  })

  test('behavior: not who leaves and is owed a millionth: anybody could pay that, over and over', () => {
    expect(Select.select([account('leaver', 0n, 1n, { leaving: true })], { ...terms, poolOf: () => 10n })).toEqual([])
  })

  test('behavior: who withdraws, with as many payers as cover it, those first who owe most', () => {
    const payers = [1n, 30n, 20n].map((owes) => account(`owes ${owes}`, owes, 0n))
    const withdrawer = account('withdrawer', 0n, 40n)
    const isForced = (each: Account.Account) => each === withdrawer
    const chosen = Select.select([...payers, withdrawer], { ...terms, isForced })
    expect(names(chosen)).toEqual(['owes 30', 'owes 20', 'withdrawer'])
  })

  test('behavior: no credit that nothing covers; once the pool does, it is taken', () => {
    expect(names(Select.select([payee, ...dust], terms))).toEqual([])
    expect(names(Select.select([payee, ...dust], { ...terms, poolOf: () => 100n }))).toEqual(['payee'])
  })

  test('behavior: the most valuable first where not all may go', () => {
    const many = Array.from({ length: 5 }, (_, i) => account(`payer ${i}`, 100n + BigInt(i), 0n))
    expect(names(Select.select(many, { ...terms, most: 2 }))).toEqual(['payer 3', 'payer 4'])
  })
})

test('behavior: of any members: covered by pool and debits, nobody forced is missing, no more than may go, each once', () => {
  const member = fc.record({
    asset: fc.integer({ min: 0, max: 1 }),
    debit: fc.bigInt({ min: 0n, max: 300n }),
    credit: fc.bigInt({ min: 0n, max: 300n }),
    leaving: fc.boolean(),
    forced: fc.boolean(),
    aged: fc.boolean(),
  })
  const pool = fc.bigInt({ min: 0n, max: 500n })
  fc.assert(
    fc.property(fc.array(member, { maxLength: 40 }), pool, fc.integer({ min: 0, max: 40 }), (members, held, most) => {
      const all = members.map((each, i) => ({
        ...each,
        made: account(`${i}`, each.debit, each.credit, { leaving: each.leaving, asset: assets[each.asset] as Address }),
      }))
      const is = (flag: 'forced' | 'aged') => (a: Account.Account) =>
        all.find(({ made }) => made === a)?.[flag] === true
      const chosen = Select.select(
        all.map(({ made }) => made),
        { minimumAtomic: 100n, most, poolOf: () => held, isForced: is('forced'), isAged: is('aged') },
      )
      expect(new Set(chosen).size).toBe(chosen.length)
      for (const { made, forced, leaving, debit } of all)
        if (forced || (leaving && debit > 0n)) expect(chosen).toContain(made)
      const free = chosen.filter((a) => !is('forced')(a) && !a.leaving)
      for (const asset of assets) {
        const own = chosen.filter((a) => a.asset === asset)
        const net = own.reduce((sum, a) => sum + Account.unsettledDebit(a) - Account.unsettledCredit(a), held)
        const debtors = all.filter(
          ({ made }) => made.asset === asset && !chosen.includes(made) && made.debitTotal > made.creditTotal,
        )
        // Short only where everybody who could cover it is there already.
        if (net < 0n) expect(debtors).toEqual([])
      }
      // Beyond what may go there are only those that cover who must not wait.
      if (all.every(({ forced, leaving }) => !forced && !leaving)) expect(free.length).toBeLessThanOrEqual(most)
    }),
  )
})
