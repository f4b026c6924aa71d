/**
 * What the journal holds: facts, in the order in which they became facts. `format` and `parse` give each record one line of JSON with
 * amounts as decimal strings, so that a journal can be read with any SQLite and JSON tool.
 */
import type { AmountAtomic } from './Amount.ts'
import type { Budget } from './Budget.ts'
import type { Address, Hex, Payment } from './Payment.ts'

/** An accepted payment with the credit that it made. */
export interface PaymentRecord extends Payment {
  readonly type: 'payment'
  /** The payee's credit history before this payment, and total and history after it. */
  readonly creditBefore: Hex
  readonly creditTotal: AmountAtomic
  readonly creditHistory: Hex
  /** Wall clock, for latency figures only; no state depends on it. */
  readonly atMs: number
}

/** Delivery versus payment: the seller's leg in energy credits, the buyer's in dollars. */
export interface SaleRecord {
  readonly type: 'sale'
  readonly legs: readonly [PaymentRecord, PaymentRecord]
}

/** An account's slot as of a block. */
export interface Slot {
  readonly asset: Address
  readonly account: Address
  readonly balance: bigint
  readonly debited: bigint
  readonly credited: bigint
  readonly leaving: boolean
}

/** What happened to clearing-house accounts on chain, besides settling. */
export interface ChainEvent {
  readonly type:
    | 'deposited'
    | 'withdrawn'
    | 'redeemed'
    | 'collected'
    | 'exitRequested'
    | 'exitFinalized'
    | 'ownerBound'
    | 'funded'
    | 'drained'
    | 'reserved'
    | 'released'
  readonly asset: Address
  readonly account: Address
  readonly amount: bigint
  readonly transaction: Hex
}

/** A confirmed settlement transaction. */
export interface Settlement {
  readonly transaction: Hex
  readonly block: bigint
  readonly gasUsed: bigint
  /** Accounts in the batch; one that appears in two assets counts twice. */
  readonly members: number
  /** Bytes of the signed transaction, and after FastLZ: what a rollup charges for. */
  readonly bytes: number
  readonly fastLzBytes: number
  /** Which journal had sent it, as its calldata says; left out where it says nothing. */
  readonly origin?: Origin | undefined
}

/** How far a journal was when a settlement was sent from it: the position of its last record, and its writer's term. */
export interface Origin {
  readonly position: number
  readonly term: number
}

/** What blocks had done that the chain has replaced by others. */
export interface Undone {
  /** The last block that was not replaced. */
  readonly after: bigint
  readonly events: readonly ChainEvent[]
  /** Transactions of settlements. */
  readonly settlements: readonly Hex[]
}

/** What the chain did up to a block, and the slots that it changed. */
export interface ChainRecord {
  readonly type: 'chain'
  readonly block: bigint
  readonly hash: Hex
  readonly timestamp: bigint
  /** null: the blocks follow those of the record before. Else they replace some, and the slots that those had changed are read anew. */
  readonly undone: Undone | null
  readonly slots: readonly Slot[]
  readonly events: readonly ChainEvent[]
  readonly settlements: readonly Settlement[]
  /** Debits that settlements carried and the ledger did not have; only while it is being recovered. */
  readonly debits?: readonly SignedDebit[] | undefined
  readonly atMs: number
}

/** A debit with its payer's signature. */
export interface SignedDebit {
  readonly asset: Address
  readonly account: Address
  readonly total: bigint
  readonly history: Hex
  readonly signature: Hex
}

/** A withdrawal that the owner signed and the service will send. */
export interface WithdrawalRecord {
  readonly type: 'withdrawal'
  readonly asset: Address
  readonly account: Address
  readonly to: Address
  readonly amount: AmountAtomic
  readonly nonce: bigint
  readonly deadline: bigint
  readonly signature: Hex
}

/** The chain refused it: what was set aside is free again. */
export interface WithdrawalFailedRecord {
  readonly type: 'withdrawalFailed'
  readonly asset: Address
  readonly account: Address
  readonly amount: AmountAtomic
  readonly nonce: bigint
}

/** A budget that an account's owner has signed. */
export interface BudgetRecord extends Budget {
  readonly type: 'budget'
  readonly owner: Address
  readonly signature: Hex
}

/** A day of chain time has begun; journaled before the first payment on it, once there are budgets. */
export interface DayRecord {
  readonly type: 'day'
  readonly day: number
}

/**
 * The settlement key is about to use a nonce: nothing is sent under a nonce that no record names. A nonce that the chain has counted and the
 * journal does not have was used by another copy of the journal.
 */
export interface NonceRecord {
  readonly type: 'nonce'
  readonly nonce: number
  /** Of the writer. */
  readonly term: number
  /** For the empty transaction that marks a start. */
  readonly start: boolean
}

/**
 * A recovery has begun: the journal may lack what was answered. Nothing is accepted until it is over, and what is missing comes back by receipts
 * (`recovered`) and from the chain.
 */
export interface RecoveryRecord {
  readonly type: 'recovery'
  /** Chain time in seconds: when it began, and an exit window later. */
  readonly since: bigint
  readonly until: bigint
  /** The settlement key's next nonce, by the chain. */
  readonly nextNonce: number
  readonly term: number
}

/** It is over: payments are accepted again. */
export interface RecoveryEndedRecord {
  readonly type: 'recoveryEnded'
}

/** A receipt has shown that the journal lacks what was answered, so it is not continued, also after a restart, until it is recovered. */
export interface ContradictedRecord {
  readonly type: 'contradicted'
  readonly expected: string
  readonly actual: string
}

/** A payment that the journal did not have, proved by a receipt. Its credit's totals are those that were signed. */
export interface RecoveredRecord extends Omit<PaymentRecord, 'type'> {
  readonly type: 'recovered'
}

export type Record =
  | PaymentRecord
  | SaleRecord
  | ChainRecord
  | WithdrawalRecord
  | WithdrawalFailedRecord
  | BudgetRecord
  | DayRecord
  | NonceRecord
  | RecoveryRecord
  | RecoveryEndedRecord
  | ContradictedRecord
  | RecoveredRecord

/** The payments in a record: one, also where it was recovered, two (a sale) or none. */
export const payments = (record: Record): readonly PaymentRecord[] =>
  record.type === 'payment'
    ? [record]
    : record.type === 'sale'
      ? record.legs
      : record.type === 'recovered'
        ? [{ ...record, type: 'payment' }]
        : []

const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

/** As one line of JSON; amounts are decimal strings. */
export const format = (record: Record): string => JSON.stringify(record, text)

type Json = { [field: string]: unknown }

/** Turns the named fields back into bigints, in place. */
const revive = (object: Json, fields: readonly string[]): Json => {
  for (const field of fields) object[field] = BigInt(object[field] as string)
  return object
}

const reviveAll = (list: unknown, fields: readonly string[]): void => {
  for (const object of list as Json[]) revive(object, fields)
}

const paymentFields = ['amount', 'validUntil', 'total', 'creditTotal']

const revivers: { [type in Record['type']]: (record: Json) => void } = {
  payment: (record) => revive(record, paymentFields),
  sale: (record) => reviveAll(record['legs'], paymentFields),
  withdrawal: (record) => revive(record, ['amount', 'nonce', 'deadline']),
  withdrawalFailed: (record) => revive(record, ['amount', 'nonce']),
  budget: (record) => revive(record, ['sequence', 'perPayment', 'perDay', 'total', 'validUntil']),
  day: () => {},
  nonce: () => {},
  recovery: (record) => revive(record, ['since', 'until']),
  recoveryEnded: () => {},
  contradicted: () => {},
  recovered: (record) => revive(record, paymentFields),
  chain: (record) => {
    revive(record, ['block', 'timestamp'])
    reviveAll(record['slots'], ['balance', 'debited', 'credited'])
    reviveAll(record['events'], ['amount'])
    reviveAll(record['settlements'], ['block', 'gasUsed'])
    reviveAll(record['debits'] ?? [], ['total'])
    if (record['undone'] !== null) {
      const undone = revive(record['undone'] as Json, ['after'])
      reviveAll(undone['events'], ['amount'])
    }
  },
}

/** Back from `format`. The text comes from our own journal, whose checksums have been checked. */
export const parse = (line: string): Record => {
  const record = JSON.parse(line) as Json & Record
  revivers[record.type](record)
  return record
}
