/**
 * What a line of payments needs of its robot: who signs, how payments get to the service, what to believe of its answers, the clock, and
 * where signed payments are kept.
 */
import type { Address, PaymentRequest, Receipt as ReceiptType, SaleTerms } from '../core/Payment.ts'
import type { AccountView } from '../core/Wire.ts'
import type { ServiceError } from './Client.ts'
import type { Purse } from './Funds.ts'
import type { Debit, Keep, Kept } from './Keep.ts'
import * as Receipt from './Receipt.ts'
import type { Signer } from './Signer.ts'
import * as State from './State.ts'
import type * as TypedData from './TypedData.ts'

export interface Desk {
  readonly signer: Signer
  readonly domain: TypedData.Domain
  /** Sends payments in order; each one's receipt or refusal. */
  pay(requests: readonly PaymentRequest[]): Promise<readonly (ReceiptType | ServiceError)[]>
  /** Sends one leg of a sale. */
  order(terms: SaleTerms, request: PaymentRequest): Promise<ReceiptType>
  /** Checks a receipt of this account's own. `same`: it is over the very request that was sent. */
  verify(receipt: ReceiptType, request: PaymentRequest, same: boolean): void
  /** The last accepted debit as the service has it, checked to be the account's own. */
  lastDebit(asset: Address): Promise<Debit>
  /** A validUntil for a payment that names none. */
  validUntil(): bigint
  /** Reads the service's clock anew: it has said that a payment came late. */
  readClock(): Promise<void>
  /** Awaited before anything that it holds is sent. */
  readonly save: ((kept: Kept) => Promise<void> | void) | undefined
}

/** @param view reads the account anew */
export const make = (
  { client, signer, deployment, clock }: Purse,
  { keep, validForSeconds = 120 }: { readonly keep?: Keep | undefined; readonly validForSeconds?: number | undefined },
  view: () => Promise<AccountView>,
): Desk => {
  const domain = deployment.clearing
  const holder = { deployment: domain.separator, account: signer.address }
  return {
    signer,
    domain,
    pay: (requests) => client.pay(requests),
    order: (terms, request) => client.order(terms, request),
    verify: (receipt, request, same) =>
      (same ? verifySame : verifyEarlier)(receipt, request, signer.address, domain.separator, deployment.trust),
    lastDebit: async (asset) => State.debitOf(await view(), asset, domain.separator),
    validUntil: () => clock.now() + BigInt(validForSeconds),
    readClock: async () => clock.set((await client.status()).nowSeconds),
    save: keep === undefined ? undefined : (line) => keep.save(holder, line),
  }
}

type Verify = (
  receipt: ReceiptType,
  request: PaymentRequest,
  payer: Address,
  domain: TypedData.Domain['separator'],
  trust: Receipt.Trust,
) => void

/** The id is that of what we signed, so the payer's signature needs no second look; the operator's does. */
const verifySame: Verify = (receipt, request, payer, domain, { creditKey }) => {
  const { payment } = receipt
  for (const field of ['asset', 'payee', 'amount', 'reference', 'total', 'history'] as const)
    if (payment[field] !== request[field])
      throw new Receipt.ReceiptMismatchError(field, `${request[field]}`, `${payment[field]}`)
  if (payment.payer !== payer) throw new Receipt.ReceiptMismatchError('payer', payer, payment.payer)
  Receipt.verifyCredit(receipt, domain, creditKey)
}

/** Paid before, under another total: it has to be this very purchase, paid by us. */
const verifyEarlier: Verify = (receipt, { payee, asset, reference, amount }, payer, _, trust) => {
  Receipt.verify(receipt, { ...trust, payer, payee, asset, reference })
  const paid = receipt.payment.amount
  if (paid !== amount) throw new Receipt.ReceiptMismatchError('amount', `${amount}`, `${paid}`)
}
