/**
 * How gas a payment falls as payments become more: W1 (one pair), W2 (100 × 10) and W3 (strangers), whole life and settlement only. Up to
 * ten thousand payments are executed; beyond, what is added is known: in W1 and W2 nothing, because members and batch stay as they
 * are, in W3 accounts as many as before.
 */
import type { Basis } from '../Output.ts'
import * as Books from './Books.ts'
import * as Entry from './Entry.ts'
import * as Lab from './Lab.ts'
import { payW2, payW3 } from './Operations.ts'

export interface Row {
  readonly workload: 'W1' | 'W2' | 'W3'
  readonly payments: number
  /** Deposits (a hundred in a transaction), the first settlement and withdrawals. */
  readonly lifeGasPerPayment: number
  /** The same payments again, of members whose slots exist. */
  readonly settlementGasPerPayment: number
  readonly basis: Basis
}

/** What a reader has to know to compare a whole life with others. */
export const note = 'deposits are made together, up to a hundred in a transaction'

const amount = 2_000n
const purse = 100_000_000n
const executed = [1, 10, 100, 1_000, 10_000]
const computed = [100_000, 1_000_000]

interface Plan {
  readonly members: number
  readonly payers: number
  /** The indices of those who take out what they earned. */
  readonly payees: readonly number[]
  pay(books: Books.Books): void
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

const plans: { readonly [workload in Row['workload']]: (payments: number) => Plan } = {
  W1: (payments) => ({
    members: 2,
    payers: 1,
    payees: [1],
    pay: (books) => {
      for (let i = 0; i < payments; i++) books.pay(0, 1, amount)
    },
  }),
  W2: (payments) => ({
    members: 110,
    payers: Math.min(100, payments),
    payees: range(100, 100 + Math.min(10, Math.ceil(payments / 100))),
    pay: (books) => payW2(books, payments, amount),
  }),
  W3: (payments) => {
    const payers = Math.max(1, Math.ceil(payments / 10))
    const members = Math.max(payers, Math.min(10, payments) + 1)
    return {
      members,
      payers: members,
      payees: range(0, members),
      pay: (books) => payW3(books, members, amount, payments),
    }
  },
}

const gas = (mined: readonly Lab.Mined[]): number => Number(mined.reduce((sum, one) => sum + one.gas, 0n))

const execute = async (lab: Lab.Lab, workload: Row['workload'], payments: number): Promise<Row> => {
  const plan = plans[workload](payments)
  const members = Lab.members(plan.members, `${workload} ${payments}`)
  await Promise.all(members.map(({ address }) => lab.mint(address, purse)))
  const entering = members.slice(0, plan.payers)
  const deposits = await Entry.enter(lab, entering, purse / 2n, 'growth')
  const books = Books.open(lab, members)
  plan.pay(books)
  const first = await books.settle()
  plan.pay(books)
  const again = await books.settle()
  const withdrawals = await Promise.all(
    plan.payees.map((index) => {
      const payee = members[index] as Lab.Member
      return lab.operator('withdraw', Entry.withdrawal(lab, payee, payee.address, amount, 0n))
    }),
  )
  return {
    workload,
    payments,
    lifeGasPerPayment: rounded((gas(deposits) + gas(first) + gas(withdrawals)) / payments),
    settlementGasPerPayment: rounded(gas(again) / payments),
    basis: 'measured',
  }
}

const rounded = (value: number): number => Number(value.toPrecision(6))

const compute = (last: Row, payments: number): Row => {
  const share = last.workload === 'W3' ? 1 : last.payments / payments
  return {
    workload: last.workload,
    payments,
    lifeGasPerPayment: rounded(last.lifeGasPerPayment * share),
    settlementGasPerPayment: rounded(last.settlementGasPerPayment * share),
    basis: 'computed',
  }
}

export const measure = async (lab: Lab.Lab, say: (text: string) => void): Promise<Row[]> => {
  const rows: Row[] = []
  for (const workload of ['W1', 'W2', 'W3'] as const) {
    for (const payments of executed) rows.push(await execute(lab, workload, payments))
    const last = rows.at(-1) as Row
    rows.push(...computed.map((payments) => compute(last, payments)))
    say(`measured the growth of ${workload}`)
  }
  return rows
}
