/** What a program wants paid, checked: from here on it is what the caller has asked, and all that is signed for it. */
import { randomUUID } from 'node:crypto'
import * as Amount from '../core/Amount.ts'
import type { Address } from '../core/Payment.ts'
import { PaymentRefusedError } from '../core/Payment.ts'
import * as Digest from '../crypto/Digest.ts'
import * as AddressText from './Address.ts'
import * as Deployment from './Deployment.ts'
import type { Purpose } from './Entry.ts'
import * as Option from './Option.ts'
import type { PayOptions } from './RobotOptions.ts'

/**
 * @param usualAsset where the payment names none
 * @throws {OptionInvalidError} @throws {AddressInvalidError} @throws {AmountInvalidError} @throws {PaymentRefusedError}
 */
export const of = (
  options: PayOptions,
  usualAsset: Address,
  deployment: Deployment.Deployment,
): Purpose & { readonly asset: Address } => {
  const { to, amount: wanted, validUntil, for: what = '', key } = Option.object('the payment', options)
  const asset = options.asset === undefined ? usualAsset : Option.asset(options.asset)
  const isAtomic = typeof wanted === 'bigint'
  const amount = isAtomic ? Amount.from(wanted) : Deployment.amount(Deployment.token(deployment, asset), wanted)
  if (amount === 0n) throw new PaymentRefusedError('zeroAmount')
  const reference =
    options.reference === undefined
      ? Digest.reference(Option.text('for', what), Option.text('key', key ?? randomUUID()))
      : Option.bytes32('reference', options.reference)
  if (validUntil !== undefined) Option.seconds('validUntil', validUntil)
  return { asset, payee: AddressText.parse(to), amount, reference, validUntil }
}
