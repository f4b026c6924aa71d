/** `Digest` as programs get it: what each part does is said where it is defined; here odd input becomes an error with a code. */
import * as Digest from '../../crypto/Digest.ts'
import * as Guard from '../Guard.ts'

export type * from '../../crypto/Digest.ts'
export const {
  types,
  domain,
  debit,
  credit,
  credits,
  debitHistory,
  creditHistory,
  withdraw,
  exit,
  owner,
  budget,
  order,
  reading,
  approval,
  delivery,
  receiveAuthorization,
  transferAuthorization,
  depositNonce,
  reference,
  sale,
  node,
  addressOf,
} = Guard.all('Digest', Digest)
