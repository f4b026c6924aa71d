/** `sunledger chain`: the local chain as a process of its own. Started by `demo` and `serve`; not meant to be called by hand. */
import type { Command } from 'commander'
import * as LocalNode from '../chain/LocalNode.ts'
import * as Processes from './Processes.ts'

export const register = (program: Command): void => {
  program
    .command('chain', { hidden: true })
    .option('--port <number>', 'port of its JSON-RPC', '0')
    .option('--initial-date <iso>', 'chain time at the start')
    .action(async (flags: { port: string; initialDate?: string }) => {
      const node = await LocalNode.start({
        port: Number(flags.port),
        ...(flags.initialDate === undefined ? {} : { initialDate: new Date(flags.initialDate) }),
      })
      await Processes.untilParentEnds({ url: node.url })
      process.exit(0)
    })
}
