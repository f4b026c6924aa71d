/** Opens an embedded journal in whatever process: see `appendUntilKilled`. */
import * as Embedded from '../../../src/store/Embedded.ts'
import { identity } from './Book.ts'

export const open = (folder: string) => Embedded.open(folder, identity)
