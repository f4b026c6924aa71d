/** Sales of energy credits against dollars: terms, from what people write, and the proof that both legs were paid. */
import { randomBytes } from 'node:crypto'
import * as Amount from '../core/Amount.ts'
import type { Address, Hex, Receipt as ReceiptType, SaleTerms } from '../core/Payment.ts'
import { PaymentRefusedError } from '../core/Payment.ts'
import * as Digest from '../crypto/Digest.ts'
import * as AddressText from './Address.ts'
import { AnswerInvalidError } from './Client.ts'
import * as Deployment from './Deployment.ts'
import { ReceiptWithheldError } from './Entry.ts'
import type { Purse } from './Funds.ts'
import * as Json from './Json.ts'
import * as Option from './Option.ts'
import * as Receipt from './Receipt.ts'

export interface Sale {
  readonly seller: string
  readonly buyer: string
  /** Decimal kWh, or mWh. */
  readonly credits: string | bigint
  /** Decimal dollars, or atomic units. */
  readonly price: string | bigint
  /** 32 bytes that make two sales on the same terms distinct; default: random. */
  readonly salt?: Hex | undefined
}

export interface LegOptions {
  /** Chain time in seconds after which the leg is refused for good. */
  readonly validUntil?: bigint | undefined
  /** false: takes the service's word that the other leg was paid too, which saves two requests. */
  readonly proof?: boolean | undefined
}

/** @throws {OptionInvalidError} @throws {AddressInvalidError} @throws {AmountInvalidError} */
export const terms = ({ dollar, energyCredit }: Deployment.Deployment, sale: Sale): SaleTerms =>
  Json.readable({
    seller: AddressText.parse(sale.seller),
    buyer: AddressText.parse(sale.buyer),
    creditAsset: energyCredit.asset,
    credits: Deployment.amount(energyCredit, sale.credits),
    dollarAsset: dollar.asset,
    price: Deployment.amount(dollar, sale.price),
    salt: Option.bytes32('salt', sale.salt ?? `0x${randomBytes(32).toString('hex')}`),
  })

/**
 * Terms as they came from the other party: about the two tokens of this deployment, and not the one in place of the other.
 * @throws {PaymentRefusedError} SL315
 */
export const check = (given: SaleTerms, { dollar, energyCredit }: Deployment.Deployment): SaleTerms => {
  Option.object('the terms', given)
  for (const [field, token] of [
    ['creditAsset', energyCredit],
    ['dollarAsset', dollar],
  ] as const)
    if (String(given[field]).toLowerCase() !== token.asset)
      throw new PaymentRefusedError('saleMismatch', { expected: `${field} ${token.asset}`, actual: `${given[field]}` })
  return {
    seller: AddressText.parse(given.seller),
    buyer: AddressText.parse(given.buyer),
    creditAsset: energyCredit.asset,
    credits: Amount.from(given.credits),
    dollarAsset: dollar.asset,
    price: Amount.from(given.price),
    salt: Option.bytes32('salt', given.salt),
  }
}

/** Pages of a statement that are looked through. */
const mostPages = 1_000

/**
 * Proves that the other party has paid its leg: a receipt for one's own would be there too if it had been paid alone.
 * @param after journal position from which the sale can have been made; looked for from the start where it was earlier
 * @returns where it stands in the journal
 * @throws {ReceiptWithheldError} there is no receipt of it
 */
export const prove = async (purse: Purse, sale: SaleTerms, own: ReceiptType, after: number): Promise<number> => {
  const found = (await find(purse, sale, after)) ?? (after > 0 ? await find(purse, sale, 0) : undefined)
  if (found === undefined) throw withheld(own, 'no such payment in the statement')
  const [id, position] = found
  const receipt = await purse.client.payment(id)
  try {
    Receipt.verify(receipt, { ...purse.deployment.trust, ...expected(sale, purse.signer.address), minimum: undefined })
  } catch (error) {
    throw withheld(own, (error as Error).message)
  }
  const { amount } = expected(sale, purse.signer.address)
  if (receipt.payment.amount !== amount) throw withheld(own, `one over ${receipt.payment.amount}`)
  return position
}

const withheld = (own: ReceiptType, actual: string): ReceiptWithheldError =>
  new ReceiptWithheldError(own.payment, new Error(actual), 'the receipt of the other leg of the sale')

/** What the other party pays. */
const expected = (sale: SaleTerms, self: Address) =>
  self === sale.buyer
    ? { payer: sale.seller, payee: self, asset: sale.creditAsset, amount: sale.credits, reference: Digest.sale(sale) }
    : { payer: sale.buyer, payee: self, asset: sale.dollarAsset, amount: sale.price, reference: Digest.sale(sale) }

/** Id and position of the other leg, by the statement. */
const find = async (
  { client, signer }: Purse,
  sale: SaleTerms,
  from: number,
): Promise<readonly [Hex, number] | undefined> => {
  const { reference, asset } = expected(sale, signer.address)
  let after: number | null = from
  for (let page = 0; after !== null && page < mostPages; page++) {
    const { lines, next } = await client.statement(signer.address, { after, limit: 1000 })
    const leg = lines.find((line) => line.direction === 'in' && line.reference === reference && line.asset === asset)
    if (leg !== undefined) return [leg.id, leg.position]
    if (next !== null && next <= after)
      throw new AnswerInvalidError('/v1/accounts', `a page after ${after}`, `one after ${next}`)
    after = next
  }
  return undefined
}
