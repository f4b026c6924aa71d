/** The floor of each operation: which parts of the gas schedule it cannot do without, and how often. */
import * as Floor from './Floor.ts'
import type { Mined } from './Lab.ts'
import type { Operation } from './Operations.ts'

/** What transactions pay before anything is done. */
const carried = (transactions: readonly Mined[]): Floor.Part[] => [
  ['transactions', transactions.length * Floor.transaction],
  ['calldata', transactions.reduce((sum, { data }) => sum + Floor.calldata(data), 0)],
]

const times = (count: number, parts: readonly Floor.Part[]): Floor.Part[] =>
  parts.map(([what, gas]) => [what, count * gas])

const transferEvent: Floor.Part = ['Transfer event', Floor.log(3, 32)]
const signature = (words: number): Floor.Part => ['signature', Floor.recover + Floor.digest(words)]

/** Each section reads and writes its pool, and says what moved. */
const section: Floor.Part[] = [
  ['pool slot', Floor.update],
  ['Settled event', Floor.log(2, 96)],
]
const debit: Floor.Part[] = [['account slot', Floor.slotOf + Floor.update], signature(4)]
const credit: Floor.Part[] = [['account slot', Floor.slotOf + Floor.update]]

const settlement = (transactions: readonly Mined[], signed: number, credits: number): Floor.Part[] => [
  ...carried(transactions),
  ...times(transactions.length, section),
  ...times(signed, debit),
  ...times(credits, credit),
]

/** What a transaction with any number of deposits pays once: what the house holds is read before them, and written by the first. */
const entering: Floor.Part[] = [
  ['token called', Floor.coldCall],
  ['house in the token', Floor.update - Floor.warmUpdate],
]

const deposit = (accountSlot: number): Floor.Part[] => [
  ['owner slot', Floor.coldRead],
  ['account slot', accountSlot],
  ['token called', Floor.warmCall],
  ['authorization slot', Floor.create],
  ['sender in the token', Floor.update],
  ['house in the token', Floor.warmUpdate],
  signature(7),
  ['AuthorizationUsed event', Floor.log(3, 0)],
  transferEvent,
  ['Deposited event', Floor.log(4, 32)],
]

const withdrawal: Floor.Part[] = [
  ['settlement key', Floor.coldRead],
  ['owner slot', Floor.coldRead],
  ['account slot', Floor.update],
  signature(7),
  ['Withdrawn event', Floor.log(4, 64)],
  ['token called', Floor.coldCall],
  ['house and receiver in the token', 2 * Floor.update],
  transferEvent,
]

const readings = (count: number, owners: number, check: number): Floor.Part[] => [
  ['totals', Floor.update],
  ['Submitted event', Floor.log(1, 128)],
  ['token called', Floor.coldCall],
  ['supply', Floor.update],
  ...times(count, [
    ['device slot', Floor.slotOf + Floor.update],
    ['signature', check + Floor.digest(6)],
  ]),
  ...times(owners, [['owner slot', Floor.coldRead], ['wallet', Floor.update], transferEvent]),
]

const partsOf = ({ name, transactions, times: count }: Operation): Floor.Part[] => {
  switch (name) {
    case 'settle.payer':
    case 'settle.both':
      return settlement(transactions, count, 0)
    case 'settle.payee':
      return settlement(transactions, 0, count)
    case 'settle.W2':
      return settlement(transactions, 100, 10)
    case 'settle.W3':
      return settlement(transactions, 1_000, 0)
    case 'settle.single':
      return settlement(transactions, 1, 1)
    case 'deposit.new':
    case 'deposit.single.new':
      return [...carried(transactions), ...entering, ...times(count, deposit(Floor.create))]
    case 'deposit.known':
    case 'deposit.single.known':
      return [...carried(transactions), ...entering, ...times(count, deposit(Floor.update))]
    case 'withdraw':
      return [...carried(transactions), ...withdrawal]
    case 'reading.fleet':
      return [...carried(transactions), ...readings(count, 1, Floor.recover)]
    case 'reading.fleet.p256':
      return [...carried(transactions), ...readings(count, 1, Floor.verifyP256 + Floor.keccak(64))]
    case 'reading.owners':
      return [...carried(transactions), ...readings(count, count, Floor.recover)]
    case 'life.W2':
    case 'life.W2.single':
      return [
        ...carried(transactions),
        ...times(transactions.length - 11, entering),
        ...times(100, deposit(Floor.create)),
        ...section,
        ...times(100, debit),
        ...times(10, [['new account slot', Floor.slotOf + Floor.create]]),
        ...times(10, withdrawal),
      ]
    default:
      throw new Error(`No floor is known for ${name}`)
  }
}

export interface FloorOf {
  readonly gas: number
  /** What it is made of, each part's gas for one operation. */
  readonly parts: readonly { readonly what: string; readonly gas: number }[]
}

const rounded = (gas: number): number => Math.round(gas * 100) / 100

export const of = (operation: Operation): FloorOf => {
  const parts = partsOf(operation)
  return {
    gas: rounded(Floor.sum(parts) / operation.times),
    parts: parts.map(([what, gas]) => ({ what, gas: rounded(gas / operation.times) })),
  }
}
