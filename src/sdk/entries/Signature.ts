/** `Signature` as programs get it: what each part does is said where it is defined; here odd input becomes an error with a code. */
import * as Signature from '../../crypto/Signature.ts'
import * as Guard from '../Guard.ts'

export type * from '../../crypto/Signature.ts'
export { KeyInvalidError, SignatureInvalidError } from '../../crypto/Signature.ts'
export const { native, pure, backend, addressOf, sign, compact, expand, recover, recoverInto } = Guard.all(
  'Signature',
  Signature,
)
