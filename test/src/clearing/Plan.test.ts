/** What goes on chain together: within gas and bytes, payers first, and the same each time. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Plan from '../../../src/clearing/Plan.ts'
import * as Account from '../../../src/core/Account.ts'
import type { AmountAtomic } from '../../../src/core/Amount.ts'
import * as Batch from '../../../src/core/Batch.ts'
import { address, word } from '../Arbitrary.ts'
import { dollar, energy } from '../support/Member.ts'

const of = (account: `0x${string}`, paid: bigint, earned: bigint, p256 = false, asset = dollar): Account.Account => ({
  ...Account.empty(asset, account),
  settled: { balance: 1n, debited: 0n, credited: 0n },
  debitTotal: paid as AmountAtomic,
  debitHistory: `0x${'12'.repeat(32)}`,
  debitSignature: paid === 0n ? '0x' : `0x${'34'.repeat(p256 ? 128 : 64)}`,
  creditTotal: earned as AmountAtomic,
})

const named = (n: number): `0x${string}` => `0x${n.toString(16).padStart(40, '0')}`

const total = fc.bigInt({ min: 0n, max: 1_000_000n })
const accounts: fc.Arbitrary<Account.Account[]> = fc.uniqueArray(
  fc
    .record({ account: address, paid: total, earned: total, p256: fc.boolean(), isEnergy: fc.boolean(), history: word })
    .map(({ account, paid, earned, p256, isEnergy }) => of(account, paid, earned, p256, isEnergy ? energy : dollar)),
  { maxLength: 40, selector: (account) => account.account },
)

const membersOf = (plan: readonly Plan.Transaction[]) => plan.flatMap(({ members }) => members)

describe('a plan', () => {
  test('behavior: holds every account with something unsettled once, and no other', () => {
    fc.assert(
      fc.property(accounts, fc.integer({ min: 200_000, max: 14_000_000 }), (list, gas) => {
        const plan = Plan.plan(list, { gas, bytes: 90_000 })
        const due = list.filter(Account.isUnsettled).map(({ asset, account }) => asset + account)
        const planned = membersOf(plan).map(({ asset, account }) => asset + account)
        expect(planned.toSorted()).toEqual(due.toSorted())
      }),
    )
  })

  test('behavior: its batches say exactly what the ledger says', () => {
    fc.assert(
      fc.property(accounts, (list) => {
        const sections = Plan.plan(list).flatMap(({ batch }) => Batch.decode(batch))
        const entries = sections.flatMap(({ asset, debits, boths, credits }) => [
          ...debits.map((entry) => [asset, entry.total, 0n]),
          ...boths.map((entry) => [asset, entry.debitTotal, entry.creditTotal]),
          ...credits.map((entry) => [asset, 0n, entry.total]),
        ])
        const expected = list.filter(Account.isUnsettled).map((a) => [a.asset, a.debitTotal, a.creditTotal])
        expect(entries.map(String).toSorted()).toEqual(expected.map(String).toSorted())
      }),
    )
  })

  test('behavior: splits by bytes and by gas, each batch within both', () => {
    const limits = { gas: 400_000, bytes: 3000 }
    fc.assert(
      fc.property(accounts, (list) => {
        for (const { batch, gas } of Plan.plan(list, limits)) {
          expect((batch.length - 2) / 2).toBeLessThanOrEqual(limits.bytes)
          expect(Number(gas)).toBeLessThanOrEqual(1.25 * limits.gas + 1)
        }
      }),
    )
    const many = Array.from({ length: 2000 }, (_, i) => of(named(i + 1), 5n, 7n))
    const plan = Plan.plan(many)
    expect(plan.length).toBeGreaterThan(1)
    for (const { gas } of plan) expect(gas).toBeLessThanOrEqual(16_777_216n)
  })

  test('behavior: nothing to settle is no transaction', () => {
    expect(Plan.plan([])).toEqual([])
    expect(Plan.plan([of(named(1), 0n, 0n)])).toEqual([])
  })

  test('behavior: the same accounts give the same bytes', () => {
    fc.assert(
      fc.property(accounts, (list) => {
        const sorted = list.toSorted((a, b) => (a.asset + a.account < b.asset + b.account ? -1 : 1))
        expect(Plan.plan(sorted)).toEqual(Plan.plan([...sorted]))
      }),
    )
  })
})

describe('I2 the pool holds what is drawn from it', () => {
  test('behavior: whoever pays more than it earns comes before whoever earns more, in the whole plan', () => {
    fc.assert(
      fc.property(accounts, (list) => {
        const byName = new Map(list.map((account) => [account.asset + account.account, account]))
        for (const asset of [dollar, energy]) {
          const nets = membersOf(Plan.plan(list, { gas: 250_000, bytes: 90_000 }))
            .filter((member) => member.asset === asset)
            .map((member) => byName.get(member.asset + member.account) as Account.Account)
            .map((a) => Account.unsettledDebit(a) - Account.unsettledCredit(a))
          const firstEarner = nets.findIndex((net) => net <= 0n)
          if (firstEarner >= 0) expect(nets.slice(firstEarner).filter((net) => net > 0n)).toEqual([])
        }
      }),
    )
  })

  test('behavior: also within a batch, where signatures of two kinds stand in sections of their own', () => {
    const list = [of(named(1), 3n, 8n, true), of(named(2), 9n, 2n), of(named(3), 9n, 2n, true), of(named(4), 0n, 8n)]
    const [plan] = Plan.plan(list)
    const sections = Batch.decode((plan as Plan.Transaction).batch)
    expect(
      sections.map(({ p256, debits, boths, credits }) => [
        p256,
        debits.length,
        boths.map((b) => b.debitTotal),
        credits.length,
      ]),
    ).toEqual([
      [true, 0, [9n], 0],
      [false, 0, [9n], 0],
      [true, 0, [3n], 0],
      [false, 0, [], 1],
    ])
  })

  test('behavior: members of one kind make one section', () => {
    const [plan] = Plan.plan([of(named(1), 9n, 2n), of(named(2), 3n, 8n), of(named(3), 5n, 0n), of(named(4), 0n, 7n)])
    const sections = Batch.decode((plan as Plan.Transaction).batch)
    expect(sections).toHaveLength(1)
    expect(sections[0]?.boths.map((both) => both.debitTotal)).toEqual([9n, 3n])
  })
})
