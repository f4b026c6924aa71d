/** `sunledger chain`: the local chain as a process of its own. Started by `demo` and `serve`; not meant to be called by hand. */
import type { Command } from 'commander'
import * as LocalNode from '../chain/LocalNode.ts'
import { wholeNumber } from './Limits.ts'
import * as Processes from './Processes.ts'

export const register = (program: Command): void => {
  program
    .command('chain', { hidden: true })
    .option('--port <number>', 'port of its JSON-RPC', wholeNumber(0, 65_535), 0)
    .option('--initial-date <iso>', 'chain time at the start')
    .action(async (flags: { port: number; initialDate?: string }) => {
      process.exitCode = await Processes.live(async () => {
        const { url } = await LocalNode.start({
          port: flags.port,
          ...(flags.initialDate === undefined ? {} : { initialDate: new Date(flags.initialDate) }),
        })
        // The chain lives in memory: there is nothing to finish.
        return { url, close: async () => {} }
      })
    })
}
