/** `sunledger chain`: the local chain as a process of its own. Started by `demo` and `serve`; not meant to be called by hand. */
import type { Command } from 'commander'
import * as LocalNode from '../chain/LocalNode.ts'
import * as Processes from './Processes.ts'

export const register = (program: Command): void => {
  program
    .command('chain', { hidden: true })
    .option('--port <number>', 'port of its JSON-RPC', '0')
    .option('--initial-date <iso>', 'chain time at the start')
    .action((flags: { port: string; initialDate?: string }) =>
      Processes.live(async () => {
        const { url } = await LocalNode.start({
          port: Number(flags.port),
          ...(flags.initialDate === undefined ? {} : { initialDate: new Date(flags.initialDate) }),
        })
        // The chain lives in memory: there is nothing to finish.
        return { url, close: async () => {} }
      }),
    )
}
