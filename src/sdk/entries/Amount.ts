/** `Amount` as programs get it: what each part does is said where it is defined; here odd input becomes an error with a code. */
import * as Amount from '../../core/Amount.ts'
import * as Guard from '../Guard.ts'

export type * from '../../core/Amount.ts'
export { AmountInvalidError, AmountTooPreciseError } from '../../core/Amount.ts'
export const { decimals, maxTotal, zero, from, parse, format, add } = Guard.all('Amount', Amount)
