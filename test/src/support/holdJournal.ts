/** A process that opens a folder's journal, says so, and holds it until it is killed. Argument: the folder. */
import * as Embedded from '../../../src/store/Embedded.ts'
import { identity } from './Book.ts'

Embedded.open(process.argv[2] as string, identity)
process.stdout.write('open\n')
process.stdin.resume()
