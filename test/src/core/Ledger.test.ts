/** What always holds of a ledger, over worlds that nobody planned (PROTOCOL 5: I2 off chain, I12). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Account from '../../../src/core/Account.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Address, Refusal } from '../../../src/core/Payment.ts'
import * as Record from '../../../src/core/Record.ts'
import fixture from '../../fixtures/digests.json' with { type: 'json' }
import { actions, assets, members, World } from './World.ts'

const live = (script: Parameters<World['run']>[0][]): World => {
  const world = new World()
  for (const action of script) world.run(action)
  return world
}

const replay = (lines: readonly string[]): Ledger.Ledger => {
  const ledger = Ledger.create(assets)
  for (const line of lines) Ledger.apply(ledger, Record.parse(line))
  return ledger
}

const accounts = (ledger: Ledger.Ledger) => [...ledger.accounts.values()]

describe('I2 paying moves money and makes none', () => {
  test('behavior: in each asset the debit totals add up to the credit totals', () => {
    fc.assert(
      fc.property(actions, (script) => {
        const { ledger } = live(script)
        for (const asset of assets) {
          const of = accounts(ledger).filter((account) => account.asset === asset)
          const debits = of.reduce((sum, account) => sum + account.debitTotal, 0n)
          const credits = of.reduce((sum, account) => sum + account.creditTotal, 0n)
          expect(debits).toBe(credits)
        }
      }),
    )
  })

  test('behavior: every account holds what came in less what went out, by the plainest count', () => {
    fc.assert(
      fc.property(actions, (script) => {
        const world = live(script)
        for (const account of accounts(world.ledger))
          expect(Account.position(account)).toBe(world.book.get(account.asset + account.account) ?? 0n)
      }),
    )
  })

  test('behavior: nobody ever has less than nothing, pending withdrawals included', () => {
    fc.assert(
      fc.property(actions, (script) => {
        const world = new World()
        for (const action of script) {
          world.run(action)
          for (const account of accounts(world.ledger)) {
            expect(Account.position(account)).toBeGreaterThanOrEqual(account.pendingWithdrawals)
            expect(Account.available(account)).toBe(
              account.leaving ? 0n : Account.position(account) - account.pendingWithdrawals,
            )
          }
        }
      }),
    )
  })

  test('behavior: the worlds meet the refusals that depend on the ledger', () => {
    const met = new Set<Refusal>()
    for (const script of fc.sample(actions, { numRuns: 300, seed: 1 }))
      for (const reason of live(script).refusals) met.add(reason)
    expect([...met].sort()).toEqual(['expired', 'leaving', 'overAvailable', 'selfPayment', 'zeroAmount'])
  })
})

describe('I12 the ledger is a function of the journal', () => {
  test('behavior: replay gives the same state, byte for byte', () => {
    fc.assert(
      fc.property(actions, (script) => {
        const { ledger, journal } = live(script)
        const again = replay(journal.map(Record.format))
        expect(Ledger.serialize(again)).toBe(Ledger.serialize(ledger))
        expect(again.unsettled).toEqual(ledger.unsettled)
        expect(again.payments).toBe(journal.flatMap(Record.payments).length)
      }),
    )
  })

  test('behavior: a record is one line of JSON and comes back as it was', () => {
    fc.assert(
      fc.property(actions, (script) => {
        for (const record of live(script).journal) {
          const line = Record.format(record)
          expect(line).not.toContain('\n')
          expect(Record.parse(line)).toEqual(record)
          expect(Record.format(Record.parse(line))).toBe(line)
        }
      }),
    )
  })

  test('behavior: what is to be settled is exactly what a settlement would move', () => {
    fc.assert(
      fc.property(actions, (script) => {
        const { ledger } = live(script)
        const due = Ledger.toSettle(ledger)
        expect(due).toEqual(
          accounts(ledger)
            .filter(Account.isUnsettled)
            .sort((a, b) => (a.asset + a.account < b.asset + b.account ? -1 : 1)),
        )
      }),
    )
  })

  test('behavior: debits start from their payer, so no two payers’ debits are one message', () => {
    const { payer, debitGenesis } = fixture.histories
    const { debitHistory } = Ledger.account(Ledger.create(assets), assets[0], payer as Address)
    expect(debitHistory).toBe(debitGenesis)
  })

  test('behavior: reading an account opens none', () => {
    const { ledger } = new World()
    expect(Ledger.account(ledger, assets[0], members[0] as never)).toEqual(
      Account.empty(assets[0], members[0] as never),
    )
    expect(ledger.accounts.size).toBe(0)
  })
})

describe('Ledger.check', () => {
  const world = live([
    { type: 'deposit', asset: 0, account: 0, amount: 50n },
    { type: 'pay', asset: 0, payer: 0, payee: 1, amount: 20n },
  ])
  const [paid] = world.journal.flatMap(Record.payments)
  const refuse = (change: object) => Ledger.check(world.ledger, { ...paid, ...change } as never, 1000n)

  test('error: a payment that stands already, or one beside it', () => {
    expect(refuse({})).toEqual({ reason: 'conflict', expected: 'total − amount = 20', actual: '0' })
    expect(refuse({ total: 50n })).toMatchObject({ reason: 'conflict', actual: '30' })
  })

  test('behavior: the next one may be accepted, up to what is available', () => {
    expect(refuse({ total: 50n, amount: 30n })).toBeUndefined()
    expect(refuse({ total: 51n, amount: 31n })).toEqual({
      reason: 'overAvailable',
      expected: 'at most 30 atomic units',
      actual: '31',
    })
  })

  test('error: an asset that is not listed', () => {
    const asset = members[0]
    expect(refuse({ asset })).toEqual({ reason: 'unlistedAsset', actual: asset })
  })

  test('behavior: validUntil is the last second', () => {
    const next = { total: 21n, amount: 1n }
    expect(refuse({ ...next, validUntil: 1000n })).toBeUndefined()
    expect(refuse({ ...next, validUntil: 999n })).toEqual({
      reason: 'expired',
      expected: 'at least 1000',
      actual: '999',
    })
  })

  test('error: a payee whose total would pass 80 bits', () => {
    const full = live([{ type: 'deposit', asset: 0, account: 0, amount: 50n }])
    const rich = Account.empty(assets[0], members[1] as never)
    rich.creditTotal = ((1n << 80n) - 2n) as never
    full.ledger.accounts.set(assets[0] + (members[1] as string).slice(2), rich)
    const payment = { ...paid, total: 2n, amount: 2n }
    expect(Ledger.check(full.ledger, payment as never, 1000n)).toEqual({ reason: 'totalTooLarge' })
    expect(Ledger.check(full.ledger, { ...payment, total: 1n, amount: 1n } as never, 1000n)).toBeUndefined()
  })
})
