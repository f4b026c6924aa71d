/**
 * A receipt as JSON, written from bytes: the same text as `Wire.formatReceipt` makes of the same receipt (a test holds both against each other),
 * in a third of the time. It is written once for every payment.
 */
import { at, type Packed, readAmount } from './Packed.ts'
import type { Hex } from './Payment.ts'

/** @param branch from the payment's credit up to the root that `seal` signs */
export const from = ({ bytes, view, start, size }: Packed, seal: Hex, branch: readonly Hex[]): string => {
  const digits = bytes.toString('hex', start, start + size)
  const hex = (place: number, length: number): string => digits.slice(2 * place, 2 * (place + length))
  const [asset, payee, id] = [hex(at.asset, 20), hex(at.payee, 20), hex(at.id, 32)]
  const [amount, total] = [readAmount(view, start + at.amount), readAmount(view, start + at.total)]
  const nodes = branch.length === 0 ? '' : `"${branch.join('","')}"`
  return (
    `{"payment":{"asset":"0x${asset}","payee":"0x${payee}","amount":"${amount}","reference":"0x${hex(at.reference, 32)}",` +
    `"validUntil":"${view.getBigUint64(start + at.validUntil)}","total":"${total}","history":"0x${hex(at.history, 32)}",` +
    `"signature":"0x${digits.slice(2 * at.signature)}","id":"0x${id}","payer":"0x${hex(at.payer, 20)}"},` +
    `"credit":{"asset":"0x${asset}","account":"0x${payee}","total":"${readAmount(view, start + at.creditTotal)}",` +
    `"history":"0x${hex(at.creditHistory, 32)}","debit":"0x${id}"},"before":"0x${hex(at.creditBefore, 32)}",` +
    `"proof":{"signature":"${seal}","branch":[${nodes}]}}`
  )
}
