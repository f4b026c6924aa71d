/** `Energy` as programs get it: what each part does is said where it is defined; here odd input becomes an error with a code. */
import * as Energy from '../../core/Energy.ts'
import * as Guard from '../Guard.ts'

export type * from '../../core/Energy.ts'
export const { zero, perKwh, from, toCredits, price, charge, formatKwh } = Guard.all('Energy', Energy)
