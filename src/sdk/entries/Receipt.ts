/** `Receipt` as programs get it: what each part does is said where it is defined; here odd input becomes an error with a code. */

import * as Guard from '../Guard.ts'
import * as Receipt from '../Receipt.ts'

export type * from '../Receipt.ts'
export { ReceiptInvalidError, ReceiptMismatchError } from '../Receipt.ts'
export const { verify, verifyCredit, parse, format } = Guard.all('Receipt', Receipt)
