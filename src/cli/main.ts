/** The command line. */
import * as Entry from './Entry.ts'
import * as Program from './Program.ts'

await Entry.run(() => Program.run(process.argv.slice(2)))
