/**
 * Every operation that has a target, done for real and in steady state: slots are not zero before, totals have four bytes ($16 and more),
 * a batch has a hundred entries. The committed snapshot and the tests that guard it measure the same.
 */
import * as Books from './Books.ts'
import * as Entry from './Entry.ts'
import * as Lab from './Lab.ts'
import * as Readings from './Readings.ts'

/** How many entries a batch has, unless said. */
export const batchSize = 100

/** An operation as it was measured: `transactions` did it `times` times. */
export interface Operation {
  readonly name: string
  readonly transactions: readonly Lab.Mined[]
  readonly times: number
}

export const gasOf = ({ transactions, times }: Pick<Operation, 'transactions' | 'times'>): number =>
  Math.round((Number(transactions.reduce((sum, { gas }) => sum + gas, 0n)) / times) * 100) / 100

const dollars = 1_000_000n
/** What everybody begins with, and pays and earns in one step: totals of four bytes. */
const purse = 100n * dollars
const step = 20n * dollars

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** Pays in for many, which is no part of what is measured. */
export const fund = (lab: Lab.Lab, members: readonly Lab.Member[], amount: bigint): Promise<unknown> =>
  Promise.all(members.map(({ address }) => lab.give(address, amount)))

/** Settles a first round, so that no slot is new, and then the one that is measured. */
const secondRound = async (
  lab: Lab.Lab,
  members: readonly Lab.Member[],
  pay: (books: Books.Books) => void,
  measured: (books: Books.Books) => void = pay,
): Promise<readonly Lab.Mined[]> => {
  await fund(lab, members, purse)
  const books = Books.open(lab, members)
  pay(books)
  await books.settle()
  measured(books)
  return books.settle()
}

/** A hundred pay one, who stays out of the batch: its credit would be an entry of its own. */
const settlePayer = async (lab: Lab.Lab): Promise<Operation> => {
  const payers = Lab.members(batchSize, 'payer')
  const transactions = await secondRound(lab, payers, (books) => {
    for (const i of indices(batchSize)) books.spend(i, step)
  })
  return { name: 'settle.payer', transactions, times: batchSize }
}

const settlePayee = async (lab: Lab.Lab): Promise<Operation> => {
  const payees = Lab.members(batchSize, 'payee')
  const transactions = await secondRound(lab, payees, (books) => {
    for (const i of indices(batchSize)) books.earn(i, step)
  })
  return { name: 'settle.payee', transactions, times: batchSize }
}

const settleBoth = async (lab: Lab.Lab): Promise<Operation> => {
  const traders = Lab.members(batchSize, 'trader')
  const transactions = await secondRound(lab, traders, (books) => {
    for (const i of indices(batchSize)) books.pay(i, (i + 1) % batchSize, step)
  })
  return { name: 'settle.both', transactions, times: batchSize }
}

const settleSingle = async (lab: Lab.Lab): Promise<Operation> => {
  const pair = Lab.members(2, 'single')
  const transactions = await secondRound(lab, pair, (books) => books.pay(0, 1, step))
  return { name: 'settle.single', transactions, times: 1 }
}

/** W2: a hundred payers, ten payees, every pair ten times: ten thousand payments of a few thousandths of a dollar. */
export const payW2 = (books: Books.Books, payments: number, amount: bigint): void => {
  for (const i of indices(payments)) books.pay(i % 100, 100 + (Math.floor(i / 100) % 10), amount)
}

/** W3: everybody pays ten others once, who seem random and are the same each time; `most` payments in all. */
export const payW3 = (books: Books.Books, accounts: number, amount: bigint, most = 10 * accounts): void => {
  let left = most
  let state = 12345
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 8
  }
  for (const payer of indices(accounts)) {
    const payees = new Set<number>()
    while (payees.size < Math.min(10, accounts - 1, left))
      payees.add((payer + 1 + (next() % (accounts - 1))) % accounts)
    for (const payee of payees) books.pay(payer, payee, amount)
    left -= payees.size
  }
}

const settleW2 = async (lab: Lab.Lab): Promise<Operation> => {
  const transactions = await secondRound(
    lab,
    Lab.members(110, 'w2'),
    (books) => payW2(books, 1_000, 200_000n),
    (books) => payW2(books, 10_000, 2_000n),
  )
  return { name: 'settle.W2', transactions, times: 10_000 }
}

const settleW3 = async (lab: Lab.Lab): Promise<Operation> => {
  const transactions = await secondRound(
    lab,
    Lab.members(1_000, 'w3'),
    (books) => payW3(books, 1_000, 2_000_000n),
    (books) => payW3(books, 1_000, 2_000n),
  )
  return { name: 'settle.W3', transactions, times: 10_000 }
}

/** A hundred in one transaction, and one by itself. */
const deposits = async (lab: Lab.Lab): Promise<Operation[]> => {
  const robots = Lab.members(batchSize, 'depositor')
  const alone = Lab.member('depositor')
  await Promise.all([...robots, alone].map(({ address }) => lab.mint(address, purse)))
  const operations: Operation[] = []
  for (const mark of ['new', 'known']) {
    const transactions = await Entry.enter(lab, robots, step, mark)
    operations.push({ name: `deposit.${mark}`, transactions, times: batchSize })
  }
  for (const mark of ['new', 'known']) {
    const transactions = [await lab.anyone.send(Entry.deposit(lab, alone, step, mark))]
    operations.push({ name: `deposit.single.${mark}`, transactions, times: 1 })
  }
  return operations
}

/** The second one: the account's count and the receiver's balance are not zero. */
const withdrawal = async (lab: Lab.Lab): Promise<Operation> => {
  const [robot, receiver] = [Lab.member('leaver'), Lab.member('receiver')]
  await fund(lab, [robot], purse)
  await lab.operator('withdraw', Entry.withdrawal(lab, robot, receiver.address, step, 0n))
  const mined = await lab.operator('withdraw', Entry.withdrawal(lab, robot, receiver.address, step, 1n))
  return { name: 'withdraw', transactions: [mined], times: 1 }
}

/** A whole life of W2: everybody's first deposit, one settlement, and what the ten payees take out. */
export const lifeW2 = async (
  lab: Lab.Lab,
  name: string,
  payments: number,
  enter: (payers: readonly Lab.Member[]) => Promise<readonly Lab.Mined[]>,
): Promise<readonly Lab.Mined[]> => {
  const members = Lab.members(110, name)
  const payers = members.slice(0, Math.min(100, payments))
  const payees = members.slice(100, 100 + Math.min(10, Math.ceil(payments / 100)))
  const amount = 2_000n
  await Promise.all([...payers, ...payees].map(({ address }) => lab.mint(address, purse)))
  const entered = await enter(payers)
  const books = Books.open(lab, members)
  payW2(books, payments, amount)
  const settled = await books.settle()
  const each = (amount * BigInt(payments)) / BigInt(payees.length)
  const left = await Promise.all(
    payees.map((payee) => lab.operator('withdraw', Entry.withdrawal(lab, payee, payee.address, each, 0n))),
  )
  return [...entered, ...settled, ...left]
}

/** All of them, in the order of the report. */
export const measure = async (lab: Lab.Lab, say: (text: string) => void): Promise<Operation[]> => {
  // Somebody's money is in the pool and in the house before, as it is in any but the first hour.
  await lab.token('transfer', [Lab.member('receiver').address, 1n])
  await lab.anyone.send(Entry.fund(lab, 10n ** 12n))
  const operations: Operation[] = []
  for (const one of [settlePayer, settlePayee, settleBoth, settleW2, settleW3, settleSingle]) {
    const operation = await one(lab)
    say(`measured ${operation.name}`)
    operations.push(operation)
  }
  operations.push(...(await deposits(lab)), await withdrawal(lab))
  say('measured deposits and withdrawals')
  operations.push(...(await Readings.measure(lab, batchSize)))
  say('measured readings')
  const together = (payers: readonly Lab.Member[]) => Entry.enter(lab, payers, step, 'life')
  const apart = (payers: readonly Lab.Member[]) =>
    Promise.all(payers.map((payer, i) => lab.anyone.send(Entry.deposit(lab, payer, step, i))))
  const life = await lifeW2(lab, 'life', 10_000, together)
  operations.push({ name: 'life.W2', transactions: life, times: 10_000 })
  const lone = await lifeW2(lab, 'lone life', 10_000, apart)
  operations.push({ name: 'life.W2.single', transactions: lone, times: 10_000 })
  say('measured life.W2')
  return operations
}
