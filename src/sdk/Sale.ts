/** Terms of a sale of energy credits against dollars, from what people write. */
import { randomBytes } from 'node:crypto'
import type { Hex, SaleTerms } from '../core/Payment.ts'
import * as AddressText from './Address.ts'
import * as Deployment from './Deployment.ts'

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

export const terms = ({ dollar, energyCredit }: Deployment.Deployment, sale: Sale): SaleTerms => ({
  seller: AddressText.parse(sale.seller),
  buyer: AddressText.parse(sale.buyer),
  creditAsset: energyCredit.asset,
  credits: Deployment.amount(energyCredit, sale.credits),
  dollarAsset: dollar.asset,
  price: Deployment.amount(dollar, sale.price),
  salt: sale.salt ?? `0x${randomBytes(32).toString('hex')}`,
})
