/** The command line. */
import * as Loopback from '../sdk/Loopback.ts'
import * as Entry from './Entry.ts'
import * as Program from './Program.ts'

// Chain, service and page are on this machine: no proxy is asked for them, here and in the processes that are started from here.
Loopback.keepDirect(new URL('http://127.0.0.1'))
await Entry.run(() => Program.run(process.argv.slice(2)))
