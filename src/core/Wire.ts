/**
 * The JSON that crosses HTTP, once for both sides: schemas that check and turn text into values, and `format…` functions back. Amounts
 * are decimal strings of atomic units; hex is lower case; unknown fields are refused so that a misspelt one is never ignored.
 */
import { z } from 'zod'
import { address, amount, bytes32, signature, uint, uint64, uint128 } from './Fields.ts'
import type { Hex, Receipt } from './Payment.ts'
import type { status } from './StatusWire.ts'

export { address, amount, bytes32, signature, uint64, uint128 } from './Fields.ts'
export { MessageInvalidError, parse } from './Message.ts'
export { type MeterRequest, meter, type ReserveRequest, reserve } from './OperatorWire.ts'
export type { RecoveryView } from './RecoveryWire.ts'
export { settlementHealth, status } from './StatusWire.ts'

export const paymentRequest = z.strictObject({
  asset: address,
  payee: address,
  amount,
  reference: bytes32,
  validUntil: uint64,
  total: amount,
  history: bytes32,
  signature,
})

export const payment = paymentRequest.extend({ id: bytes32, payer: address })

export const credit = z.strictObject({
  asset: address,
  account: address,
  total: amount,
  history: bytes32,
  debit: bytes32,
})

export const proof = z.strictObject({ signature, branch: z.array(bytes32).max(40) })

export const receipt = z.strictObject({ payment, credit, before: bytes32, proof })

export const saleTerms = z.strictObject({
  seller: address,
  buyer: address,
  creditAsset: address,
  credits: amount,
  dollarAsset: address,
  price: amount,
  salt: bytes32,
})

/** POST /v1/payments: one payment or up to 1 000. */
export const payments = z.union([paymentRequest, z.array(paymentRequest).min(1).max(1000)])

/** POST /v1/orders: one party's leg of a sale. */
export const order = z.strictObject({ terms: saleTerms, payment: paymentRequest })

/** POST /v1/deposits: an EIP-3009 authorization for the clearing house, see IClearingHouse.depositWithAuthorization. */
export const deposit = z.strictObject({
  asset: address,
  from: address,
  account: address,
  /** The owner that the account is expected to have; zero address for none. */
  owner: address,
  amount,
  validAfter: uint64,
  validBefore: uint64,
  salt: bytes32,
  signature,
})

/** POST /v1/withdrawals: the owner's word. */
export const withdrawal = z.strictObject({
  asset: address,
  account: address,
  to: address,
  amount,
  nonce: uint64,
  deadline: uint64,
  signature,
})

/** POST /v1/exits: leave without the operator's word, after the window. */
export const exit = withdrawal.omit({ amount: true })

/** POST /v1/owners: bind an owner. */
export const owner = z.strictObject({ account: address, owner: address, signature })

/** POST /v1/budgets: what the account's bound owner lets it spend in an asset. */
export const budget = z.strictObject({
  account: address,
  asset: address,
  sequence: uint64,
  perPayment: amount,
  perDay: amount,
  total: amount,
  validUntil: uint64,
  signature,
})

export const reading = z.strictObject({
  meter: address,
  timestamp: uint(40),
  energyMilliWh: uint(72),
  computeUnits: uint(72),
  detail: bytes32,
  signature,
})

/** POST /v1/readings: one reading or up to 1 000. */
export const readings = z.union([reading, z.array(reading).min(1).max(1000)])

/** POST /v1/receipts: receipts that the service may have lost. */
export const receipts = z.strictObject({ receipts: z.array(receipt).min(1).max(100) })

/** Answer to receipts: what became of each one, or why it proves nothing, in order. */
export const broughtResults = z.array(
  z.union([z.object({ id: bytes32, state: z.enum(['known', 'recovered']) }), z.lazy(() => problem)]),
)

/** Answer to readings: how many wait for the chain. */
export const queued = z.object({ queued: z.int() })

/** POST /v1/faucet (local chain only). */
export const faucet = z.strictObject({ to: address, amount })

/** A budget as it stands. */
export const budgetView = z.object({
  sequence: uint64,
  perPayment: uint128,
  perDay: uint128,
  total: uint128,
  validUntil: uint64,
  /** Paid on the present day of chain time. */
  paidToday: uint128,
})

/** GET /v1/accounts/:address: one asset's view. */
export const accountAsset = z.object({
  asset: address,
  symbol: z.string(),
  available: uint128,
  /** Settled balance on chain. */
  balance: uint128,
  unsettledDebit: uint128,
  unsettledCredit: uint128,
  pendingWithdrawals: uint128,
  /** Owed after a recovery, and neither spendable nor paid out as long as nobody knows who paid it; left out: nothing is. */
  setAside: uint128.optional(),
  leaving: z.boolean(),
  /** Numbers the next withdrawal or exit; null where `ownerBlock` is. */
  nonce: uint64.nullable(),
  /** The last accepted debit, with its payer's own signature; '0x' where there is none. */
  debit: z.object({ total: amount, history: bytes32, signature: z.string().transform((text) => text as Hex) }),
  credit: z.object({ total: amount, history: bytes32 }),
  /** Where the owner has set one. */
  budget: budgetView.optional(),
})

export const accountView = z.object({
  account: address,
  /** With `ownerNonce` and each `nonce`, as of `ownerBlock`. */
  owner: address.nullable(),
  ownerNonce: uint64.nullable(),
  /** The block at which the chain was asked for them; null: it does not answer, and they are not known. */
  ownerBlock: uint64.nullable().optional(),
  /** Whether the chain answers; where not, what it said is as old as these blocks. */
  chain: z.enum(['reachable', 'unreachable']).optional(),
  /** The last block whose effects the assets show. */
  block: uint64.optional(),
  /** Journal position that this view shows; GET /v1/events?after= goes on from it without a gap. */
  position: z.int(),
  assets: z.array(accountAsset),
})

/** GET /v1/accounts/:address/statement: one line a payment, oldest first. */
export const statementLine = z.object({
  position: z.int(),
  direction: z.enum(['out', 'in']),
  asset: address,
  amount,
  counterparty: address,
  reference: bytes32,
  id: bytes32,
  /** The account's own total after it. */
  total: amount,
  settled: z.boolean(),
  atMs: z.number(),
})

export const statement = z.object({ account: address, lines: z.array(statementLine), next: z.int().nullable() })

/** Answer to whatever ends in a transaction. */
export const transaction = z.object({ transaction: bytes32, block: uint64, gasUsed: uint64 })

/** POST /v1/settlements (operator's token): what was settled, once confirmed. */
export const settlements = z.object({
  transactions: z.array(z.object({ transaction: bytes32, gasUsed: uint64, members: z.int() })),
  readings: z.array(z.object({ transaction: bytes32, gasUsed: uint64, accepted: z.int(), refused: z.int() })),
  block: uint64,
})

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  expected: z.string().optional(),
  actual: z.string().optional(),
  hint: z.string().optional(),
  retryAfterSeconds: z.int().optional(),
  instance: z.string().optional(),
})

/** POST /v1/payments with several: each one's receipt or problem, in order. */
export const paymentResults = z.array(z.union([receipt, problem]))

export type BroughtResults = z.output<typeof broughtResults>
export type Status = z.output<typeof status>
export type AccountView = z.output<typeof accountView>
export type AccountAssetView = z.output<typeof accountAsset>
export type Statement = z.output<typeof statement>
export type StatementLine = z.output<typeof statementLine>
export type DepositRequest = z.output<typeof deposit>
export type WithdrawalRequest = z.output<typeof withdrawal>
export type ExitRequest = z.output<typeof exit>
export type OwnerRequest = z.output<typeof owner>
export type BudgetRequest = z.output<typeof budget>
export type BudgetView = z.output<typeof budgetView>
export type SignedReading = z.output<typeof reading>
export type OrderRequest = z.output<typeof order>
export type Transaction = z.output<typeof transaction>
export type Settlements = z.output<typeof settlements>

/** Values to JSON text: bigints as decimal strings. Everything that crosses HTTP is written by this one function. */
export const stringify = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))

/** A receipt as JSON, ten times faster than `stringify`: it is written once for every payment. */
export const formatReceipt = ({ payment: p, credit: c, before, proof: { signature, branch } }: Receipt): string =>
  JSON.stringify({
    payment: {
      ...p,
      amount: p.amount.toString(),
      validUntil: p.validUntil.toString(),
      total: p.total.toString(),
    },
    credit: { ...c, total: c.total.toString() },
    before,
    proof: { signature, branch },
  })
