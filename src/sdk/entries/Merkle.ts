/** `Merkle` as programs get it: what each part does is said where it is defined; here odd input becomes an error with a code. */
import * as Merkle from '../../crypto/Merkle.ts'
import * as Guard from '../Guard.ts'

export type * from '../../crypto/Merkle.ts'
export const { build, root, branch, climb, buildBytes, rootOf, branchOf } = Guard.all('Merkle', Merkle)
