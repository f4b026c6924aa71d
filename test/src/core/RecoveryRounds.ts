/** Random rounds of losing a journal's end and recovering it from receipts, on the ledger alone, held against `RecoveryModel`. */
import { expect } from 'vitest'
import * as Account from '../../../src/core/Account.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import type { Address, Hex } from '../../../src/core/Payment.ts'
import type { ChainRecord, PaymentRecord, Record, Slot } from '../../../src/core/Record.ts'
import * as Recovery from '../../../src/core/Recovery.ts'
import { dollar } from '../support/Member.ts'
import * as Model from './RecoveryModel.ts'

export interface Dice {
  /** A whole number below. */
  below(n: number): number
}

const accountOf = (i: number): Address => `0x${(i + 1).toString(16).padStart(40, '0')}`
const names = [0, 1, 2, 3].map(accountOf)
const deposits = 60n
let digests = 0
const digest = (): Hex => `0x${(++digests).toString(16).padStart(64, '0')}`

const chainRecord = (block: bigint, slots: readonly Slot[]): ChainRecord => ({
  ...{ type: 'chain', block, hash: digest(), timestamp: 0n, undone: null, events: [], settlements: [], atMs: 0 },
  slots,
})

/** A payment that the ledger would accept; undefined: the payer has nothing to spend. */
const payment = (ledger: Ledger.Ledger, dice: Dice): PaymentRecord | undefined => {
  const payer = names[dice.below(names.length)] as Address
  const payee = names.filter((name) => name !== payer)[dice.below(names.length - 1)] as Address
  const from = Ledger.account(ledger, dollar, payer)
  const to = Ledger.account(ledger, dollar, payee)
  const most = Number(Account.available(from))
  if (most <= 0) return undefined
  const amount = BigInt(1 + dice.below(Math.min(most, 6))) as never
  return {
    ...{ type: 'payment', asset: dollar, payee, payer, amount, reference: digest(), validUntil: 0n, atMs: 0 },
    ...{ total: ((from.debitTotal as bigint) + (amount as bigint)) as never, history: digest(), id: digest() },
    ...{ signature: `0x${'11'.repeat(64)}`, creditBefore: to.creditHistory, creditHistory: digest() },
    creditTotal: ((to.creditTotal as bigint) + (amount as bigint)) as never,
  }
}

/** Settles some accounts, net payers first, as far as the pool goes; on a chain that two ledgers may share. */
const settle = (ledger: Ledger.Ledger, chain: Map<Address, Slot>, dice: Dice): void => {
  const chosen = names.filter(() => dice.below(3) > 0)
  for (const name of chosen) {
    const { debitTotal } = Ledger.account(ledger, dollar, name)
    const slot = chain.get(name) as Slot
    const moved = debitTotal - slot.debited < slot.balance ? debitTotal - slot.debited : slot.balance
    if (moved > 0n) chain.set(name, { ...slot, balance: slot.balance - moved, debited: slot.debited + moved })
  }
  for (const name of chosen) {
    const due = Account.payable(Ledger.account(ledger, dollar, name))
    const slot = chain.get(name) as Slot
    const rest = due - slot.credited
    const moved = rest < poolOf(chain) ? rest : poolOf(chain)
    if (moved > 0n) chain.set(name, { ...slot, balance: slot.balance + moved, credited: slot.credited + moved })
  }
}

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((a, b) => a + b, 0n)
const poolOf = (chain: Map<Address, Slot>): bigint =>
  sum([...chain.values()].map(({ debited, credited }) => debited - credited))

/** One ledger and its model, and the chain. */
const world = () => {
  const ledger = Ledger.create([dollar])
  const model = Model.create()
  const chain = new Map(
    names.map((account) => [
      account,
      { asset: dollar, account, balance: deposits, debited: 0n, credited: 0n, leaving: false },
    ]),
  )
  const journal: Record[] = []
  const add = (record: Record): void => {
    Ledger.apply(ledger, record)
    journal.push(record)
    if (record.type === 'payment') model.pay(record.payer, record.payee, Number(record.amount))
    if (record.type === 'recovered') model.recover(record)
    if (record.type !== 'chain') return
    for (const { account, balance, debited, credited } of record.slots)
      model.chain(account, { balance: Number(balance), debited: Number(debited), credited: Number(credited) })
  }
  return { ledger, model, chain, journal, add }
}

type World = ReturnType<typeof world>

const read = ({ add, chain, ledger }: World): void => add(chainRecord(ledger.block + 1n, [...chain.values()]))

/** The two implementations agree, and nobody has what is not there. */
const check = ({ ledger, model, chain }: World): void => {
  for (const name of names) {
    const account = Ledger.account(ledger, dollar, name)
    const one = model.of(name)
    expect([
      [account.debitTotal, account.creditTotal, account.setAside].map(Number),
      Number(Account.position(account)),
    ]).toEqual([[one.debits.length, one.credits.length, model.setAside(one)], model.spendable(one)])
  }
  const unbacked = ledger.recovery?.unbacked.get(dollar) ?? 0n
  expect(Number(unbacked)).toBe(model.unbacked())
  const onChain = sum([...chain.values()].map(({ balance }) => balance)) + poolOf(chain)
  const positions = sum(names.map((name) => Account.position(Ledger.account(ledger, dollar, name))))
  expect(positions <= onChain + Recovery.lossOf(ledger.recovery, dollar)).toBe(true)
}

const shuffled = <T>(values: readonly T[], dice: Dice): T[] =>
  values
    .map((value) => ({ value, at: dice.below(1_000_000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)

const payOn = (of: World, dice: Dice, most: number): PaymentRecord[] => {
  const made: PaymentRecord[] = []
  for (let i = dice.below(most); i > 0; i--) {
    const next = payment(of.ledger, dice)
    if (next !== undefined) {
      of.add(next)
      made.push(next)
    }
    if (dice.below(4) === 0) settle(of.ledger, of.chain, dice)
    if (dice.below(4) === 0) read(of)
  }
  return made
}

const earnedBy = (payee: Address, payments: readonly PaymentRecord[]): bigint =>
  sum(payments.map((each) => (each.payee === payee ? (each.amount as bigint) : 0n)))

/** A journal up to some record, on the chain as it is now: an older copy, or nothing. */
const restored = (first: World, until: number): World => {
  const again = world()
  for (const record of first.journal.slice(0, until)) again.add(record)
  for (const [name, slot] of first.chain) again.chain.set(name, slot)
  again.add({ type: 'recovery', since: 0n, until: 0n, nextNonce: 0, term: 2 })
  read(again)
  return again
}

const recovered = (record: PaymentRecord): Record => ({ ...record, type: 'recovered' })

/** One round; `wantsAll`: every receipt is brought before the recovery is over. */
export const round = (dice: Dice, wantsAll: boolean): void => {
  const first = world()
  read(first)
  const before = payOn(first, dice, 12)
  const backup = first.journal.length
  const lost = payOn(first, dice, 16)
  const isEmpty = dice.below(4) === 0
  const second = restored(first, isEmpty ? 0 : backup)
  check(second)
  const missing = shuffled(isEmpty ? [...before, ...lost] : lost, dice)
  const inTime = wantsAll ? missing.length : dice.below(missing.length + 1)
  for (const record of missing.slice(0, inTime)) {
    second.add(recovered(record))
    check(second)
  }
  if (wantsAll)
    for (const name of names) {
      const [now, then] = [second.ledger, first.ledger].map((ledger) => Ledger.account(ledger, dollar, name)) as [
        Account.Account,
        Account.Account,
      ]
      expect([now.debitTotal, now.creditTotal, now.setAside]).toEqual([then.debitTotal, then.creditTotal, 0n])
      expect(now.creditHistory).toBe(then.creditHistory)
      if (then.debitTotal > 0n) expect(now.debitHistory).toBe(then.debitHistory)
    }
  second.add({ type: 'recoveryEnded' })
  // What has come back is not lost to whoever brought it, whatever others have not brought.
  const known = [...(isEmpty ? [] : before), ...missing.slice(0, inTime)]
  for (const name of names) {
    const account = Ledger.account(second.ledger, dollar, name)
    expect(Account.payable(account) >= earnedBy(name, known)).toBe(true)
  }
  const later = payOn(second, dice, 10)
  check(second)
  for (const record of missing.slice(inTime)) {
    second.add(recovered(record))
    check(second)
    later.push(...payOn(second, dice, 3))
    check(second)
  }
  // Everything has been brought: every payee has what it was paid, once, less what it has spent twice itself.
  const all = [...(isEmpty ? [] : before), ...missing, ...later]
  for (const name of names) {
    const account = Ledger.account(second.ledger, dollar, name)
    expect(account.creditTotal >= earnedBy(name, all)).toBe(true)
    const { withheld } = second.model.of(name)
    expect(account.setAside).toBe(BigInt(withheld))
  }
  replayed(second)
}

/** The ledger is a function of the journal, also through JSON. */
const replayed = ({ ledger, journal }: World): void => {
  const again = Ledger.create([dollar])
  for (const record of journal) Ledger.apply(again, record)
  expect(Ledger.serialize(again)).toBe(Ledger.serialize(ledger))
  expect([...again.owed]).toEqual([...ledger.owed])
}
