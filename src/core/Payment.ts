/**
 * A payment and what it turns into: the payer's debit, the payee's credit, the receipt. Field names are the protocol's (PROTOCOL 3.3
 * and 4). Everything here is a plain value; hashing and signatures live in `crypto`, acceptance in `Ledger`.
 */
import type { AmountAtomic } from './Amount.ts'
import { SunledgerError } from './Errors.ts'

/** 20 bytes, lower-case hex. */
export type Address = `0x${string}`
/** Any bytes, lower-case hex. */
export type Hex = `0x${string}`

/** What a payer sends: one payment, and the debit that it makes. */
export interface PaymentRequest {
  readonly asset: Address
  readonly payee: Address
  /** Atomic units of the asset. */
  readonly amount: AmountAtomic
  /** Hash of what is paid for (PROTOCOL 3.3). */
  readonly reference: Hex
  /** Chain time in seconds after which the payment is refused for good. */
  readonly validUntil: bigint
  /** All the payer has ever paid in this asset, this payment included. */
  readonly total: AmountAtomic
  /** keccak256(abi.encode(history before, payee, amount, reference, validUntil)). */
  readonly history: Hex
  /** Over Debit(asset, total, history): 64 bytes (EIP-2098) or 128 (P-256). */
  readonly signature: Hex
}

/** A payment whose signature has been checked: payer and name are known. */
export interface Payment extends PaymentRequest {
  /** The EIP-712 digest of its debit; the payment's name. */
  readonly id: Hex
  readonly payer: Address
}

/** A payee's total, as the credit key signs it (under a Merkle root). */
export interface Credit {
  readonly asset: Address
  readonly account: Address
  /** All the account has ever earned in this asset. */
  readonly total: AmountAtomic
  /** keccak256(abi.encode(history before, payer, amount, reference)). */
  readonly history: Hex
  /** Digest of the payer's debit that this credit passes on. */
  readonly debit: Hex
}

/** The credit key's signature over a root, and the way from a credit's digest to it. */
export interface Proof {
  readonly signature: Hex
  readonly branch: readonly Hex[]
}

/** What a payer gets and hands to the payee. It is verified without the service. */
export interface Receipt {
  readonly payment: Payment
  readonly credit: Credit
  /**
   * The credit's history before this payment: hashed with payer, amount and reference it gives `credit.history`. Without it nothing
   * that is signed would bind the amount, and a receipt over 1 could be shown as one over 1 000.
   */
  readonly before: Hex
  readonly proof: Proof
}

/** Where a credit's history starts. */
export const genesisHistory: Hex = `0x${'0'.repeat(64)}`

/**
 * Where the history of an account's debits starts: its own address as a word. A debit does not name its payer, so if all started alike, two
 * payers' first payments on the same terms would be one message with one digest, and a payment is named by that digest.
 */
export const debitGenesis = (account: Address): Hex => `0x${account.slice(2).padStart(64, '0')}`

/** The total before this payment: its place in its payer's order. */
export const start = (payment: PaymentRequest): bigint => payment.total - payment.amount

/** Sale of energy credits against dollars: two payments, accepted or refused together. */
export interface SaleTerms {
  /** Gives `credits`, gets `price`. */
  readonly seller: Address
  readonly buyer: Address
  readonly creditAsset: Address
  /** mWh of energy credits. */
  readonly credits: AmountAtomic
  readonly dollarAsset: Address
  readonly price: AmountAtomic
  /** Makes two sales on the same terms distinct. */
  readonly salt: Hex
}

/** A payment was refused; the code says why. The payer's total has not moved. */
export class PaymentRefusedError extends SunledgerError {
  override readonly name = 'PaymentRefusedError'
  constructor(reason: Refusal, details: { expected?: string; actual?: string } = {}) {
    const { code, message, hint, status } = refusals[reason]
    super(code, message, { ...details, hint, status })
  }
}

/** Why a payment is refused (PROTOCOL 4). */
export type Refusal = keyof typeof refusals

/** Every refusal with its code; all are documented in `src/ERRORS.md`. */
export const refusals = {
  zeroAmount: { code: 'SL301', status: 400, message: 'A payment of nothing.', hint: 'Pay at least one atomic unit.' },
  selfPayment: { code: 'SL302', status: 400, message: 'An account cannot pay itself.', hint: 'Name another payee.' },
  unlistedAsset: {
    code: 'SL303',
    status: 400,
    message: 'The asset is not listed.',
    hint: 'GET /v1/status names the listed assets.',
  },
  wrongHistory: {
    code: 'SL304',
    status: 409,
    message: 'The history does not continue from the last accepted debit.',
    hint: 'Continue from your own last accepted debit: GET /v1/accounts/:address has it, with your signature.',
  },
  badSignature: {
    code: 'SL305',
    status: 400,
    message: 'The signature is no valid signature over this debit.',
    hint: 'Sign Debit(asset, total, history) in the EIP-712 domain that GET /v1/status names.',
  },
  overAvailable: {
    code: 'SL306',
    status: 402,
    message: 'The payer has less available than it pays.',
    hint: 'Deposit more, or wait for money to come in. A wrong signature recovers to an empty account and ends here too.',
  },
  expired: {
    code: 'SL307',
    status: 410,
    message: 'The payment is past its validUntil.',
    hint: 'Sign it again with a later validUntil (chain time).',
  },
  leaving: {
    code: 'SL308',
    status: 409,
    message: 'The account is leaving: an exit is running.',
    hint: 'It can pay again when the exit is final and money is deposited anew.',
  },
  conflict: {
    code: 'SL309',
    status: 409,
    message: 'Another payment already stands at this total.',
    hint: 'Continue from your own last accepted debit; never sign two histories for one total.',
  },
  outOfOrder: {
    code: 'SL310',
    status: 409,
    message: 'The payment came early and its predecessor did not come in time.',
    hint: 'Send the payments before it first, or again from your last accepted debit.',
  },
  predecessorRefused: {
    code: 'SL311',
    status: 409,
    message: 'A payment before this one in the payer’s order was refused.',
    hint: 'Sign it again from your last accepted debit.',
  },
  tooManyWaiting: {
    code: 'SL312',
    status: 429,
    message: 'Too many payments of this account wait for a predecessor.',
    hint: 'Wait for answers before sending more.',
  },
  referenceReused: {
    code: 'SL313',
    status: 409,
    message: 'The same reference was paid before with another payee or amount.',
    hint: 'Use a new idempotency key for a new purchase.',
  },
  saleUnpaired: {
    code: 'SL314',
    status: 409,
    message: 'The other leg of the sale did not come in time.',
    hint: 'Both parties send their leg within the pairing time.',
  },
  saleMismatch: {
    code: 'SL315',
    status: 400,
    message: 'The payment is not the leg that the sale’s terms describe.',
    hint: 'Asset, payee, amount and reference follow from the terms.',
  },
  otherLegRefused: {
    code: 'SL316',
    status: 409,
    message: 'The other leg of the sale was refused, so this one is too.',
    hint: 'See the other leg’s error; nothing moved.',
  },
  overBudget: {
    code: 'SL628',
    status: 402,
    message: 'The payment goes beyond the budget that the account’s owner has set.',
    hint: 'Ask the owner for another budget: owner.setBudget(…), POST /v1/budgets. The account view has the present one.',
  },
  totalTooLarge: {
    code: 'SL317',
    status: 400,
    message: 'The total would pass 80 bits.',
    hint: 'Use another account.',
  },
} as const
