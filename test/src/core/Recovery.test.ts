/** I19 I12: what a journal has lost comes back by receipts, in whatever order; whoever brings them loses nothing, and nobody gains. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Kept from '../../../src/core/Kept.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as Ranges from '../../../src/core/Ranges.ts'
import * as Record from '../../../src/core/Record.ts'
import * as Recovery from '../../../src/core/Recovery.ts'
import { dollar } from '../support/Member.ts'
import { round } from './RecoveryRounds.ts'

const rounds = (runs: number, wantsAll: boolean): void =>
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (stream) => {
      round({ below: (n) => (stream.next().value as number) % n }, wantsAll)
    }),
    { numRuns: runs },
  )

describe('a lost end of a journal', () => {
  test('behavior: with every receipt brought in time, everything is as it was', () => rounds(150, true))

  test('behavior: whatever is brought, early, late or never, agrees with a count by the unit, and is backed but for the loss', () =>
    rounds(300, false))
})

describe('what is kept of it', () => {
  test('behavior: a snapshot and a journal in JSON give the same ledger, byte for byte', () => {
    const ledger = Ledger.create([dollar])
    const [payer, payee] = [`0x${'01'.repeat(20)}`, `0x${'02'.repeat(20)}`] as const
    const digest = `0x${'33'.repeat(32)}` as const
    const records: Record.Record[] = [
      { type: 'recovery', since: 5n, until: 10n, nextNonce: 3, term: 2 },
      {
        ...{ type: 'recovered', asset: dollar, payer, payee, amount: 3n as never, reference: digest, validUntil: 9n },
        ...{ total: 8n as never, history: digest, id: digest, signature: `0x${'11'.repeat(64)}` },
        ...{ creditBefore: digest, creditTotal: 7n as never, creditHistory: digest, atMs: 1 },
      },
      { type: 'recoveryEnded' },
      { type: 'nonce', nonce: 3, term: 2, start: true },
    ]
    for (const record of records) Ledger.apply(ledger, Record.parse(Record.format(record)))
    expect(Ledger.account(ledger, dollar, payee)).toMatchObject({ creditTotal: 7n, setAside: 4n })
    expect([ledger.nextNonce, Recovery.lossOf(ledger.recovery, dollar)]).toEqual([4, 0n])
    const again = Ledger.create([dollar])
    Kept.restore(again, JSON.parse(JSON.stringify(Kept.restOf(ledger))), ledger.accounts)
    expect(Ledger.serialize(again)).toBe(Ledger.serialize(ledger))
    expect([again.nextNonce, [...again.owed], [...again.turnover]]).toEqual([4, [...ledger.owed], [...ledger.turnover]])
  })
})

describe('stretches', () => {
  test('behavior: what is taken out of them is what was in them', () => {
    const stretch = fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), stretch)), (steps) => {
        const ranges: Ranges.Range[] = []
        const units = new Set<number>()
        for (const [isTaking, [from, to]] of steps) {
          const inside = [...Array(to - from).keys()].map((i) => from + i)
          if (isTaking)
            expect(Ranges.take(ranges, BigInt(from), BigInt(to))).toBe(
              BigInt(inside.filter((u) => units.delete(u)).length),
            )
          else if (inside.every((u) => !units.has(u))) {
            Ranges.add(ranges, BigInt(from), BigInt(to))
            for (const u of inside) units.add(u)
          }
          expect(Ranges.length(ranges)).toBe(BigInt(units.size))
        }
      }),
    )
  })
})
