/**
 * What a line of payments needs of its robot: who signs, how payments get to the service, what to believe of its answers, the clock, and
 * where signed payments are kept.
 */

import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, PaymentRequest, Receipt as ReceiptType, SaleTerms } from '../core/Payment.ts'
import type { AccountView } from '../core/Wire.ts'
import * as Deployment from './Deployment.ts'
import type { Purse } from './Funds.ts'
import type { Debit, Keep, Kept } from './Keep.ts'
import * as Option from './Option.ts'
import * as Receipt from './Receipt.ts'
import { isBehind, type ReceiptKeeper } from './ReceiptKeeper.ts'
import type { Signer } from './Signer.ts'
import * as State from './State.ts'
import type * as TypedData from './TypedData.ts'

export interface Desk {
  readonly signer: Signer
  readonly domain: TypedData.Domain
  /** Sends payments in order; each one's receipt or refusal. */
  pay(requests: readonly PaymentRequest[]): Promise<readonly (ReceiptType | Error)[]>
  /** Sends one leg of a sale. */
  order(terms: SaleTerms, request: PaymentRequest): Promise<ReceiptType>
  /** Checks a receipt of this account's own. `same`: it is over the very request that was sent. */
  verify(receipt: ReceiptType, request: PaymentRequest, same: boolean): void
  /** The last accepted debit as the service has it: the known one, or one that a receipt proves. */
  lastDebit(asset: Address, known: Debit, view?: AccountView): Promise<Debit>
  /** A validUntil for a payment that names none. */
  validUntil(): bigint
  /** A payment of this account that was refused has been accepted after all. */
  charged(payment: PaymentRequest): void
  /** Reads the service's clock anew: it has said that a payment came late. */
  readClock(): Promise<void>
  /** Awaited before anything that it holds is sent. */
  readonly save: ((kept: Kept) => Promise<void> | void) | undefined
}

/** A payment may wait for ten years: chain time still fits what is signed. */
const mostSeconds = 10 * 366 * 86_400

/** @param view reads the account anew */
export const make = (
  { client, signer, deployment, clock }: Purse,
  { keep, validForSeconds = 120 }: { readonly keep?: Keep | undefined; readonly validForSeconds?: number | undefined },
  view: () => Promise<AccountView>,
  receipts: ReceiptKeeper,
): Desk => {
  const domain = deployment.clearing
  Option.number('validForSeconds', validForSeconds, 1, mostSeconds)
  const holder = { deployment: domain.separator, account: signer.address }
  return {
    signer,
    domain,
    async pay(requests) {
      const results = await client.pay(requests)
      if (results.some(isBehind)) void receipts.look()
      return results
    },
    order: (terms, request) => client.order(terms, request),
    verify(receipt, request, same) {
      const check = same ? verifySame : verifyEarlier
      check(receipt, request, signer.address, domain.separator, deployment.trust)
      receipts.add(receipt)
    },
    lastDebit: async (asset, known, seen) => {
      const { trust } = deployment
      const receipt = async (id: Hex): Promise<ReceiptType> => {
        const found = await client.payment(id)
        Receipt.verify(found, { ...trust, payer: signer.address, asset })
        return found
      }
      const read = async (of?: AccountView): Promise<Debit> => {
        const claimed = State.debitOf(of ?? (await view()), asset, domain.separator)
        return State.proved(claimed, { asset, domain: domain.separator, known, receipt })
      }
      try {
        return await read(seen)
      } catch (error) {
        if (!State.isLost(error)) throw error
        // Our receipts prove what the service has lost: it stops (SL409), or takes it back where it is being recovered.
        await receipts.bring().catch(() => undefined)
        return read()
      }
    },
    charged: (payment) => void process.emitWarning(new ChargedAfterAllError(payment)),
    validUntil: () => clock.now() + BigInt(Math.ceil(validForSeconds)),
    readClock: async () => clock.set(Deployment.checkClock(await client.status())),
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

/** A payment ended with an error, and a receipt shows that it was charged. It is a warning, since nobody waits for it any more. */
export class ChargedAfterAllError extends SunledgerError {
  override readonly name = 'ChargedAfterAllError'
  constructor({ payee, amount, reference }: PaymentRequest) {
    super('SL689', 'A payment that had ended with an error has been charged after all.', {
      expected: 'what the service refuses, or has no receipt for, not to be charged',
      actual: `${amount} atomic units to ${payee}, reference ${reference}`,
      hint: 'Paying again with the same `for` and `key` charges nothing, and returns its receipt.',
    })
  }
}
