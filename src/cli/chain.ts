/** `sunledger chain`: the local chain as a process of its own. Started by `demo` and `serve`; not meant to be called by hand. */
import type { Command } from 'commander'
import * as LocalNode from '../chain/LocalNode.ts'
import * as Limits from './Limits.ts'
import * as Processes from './Processes.ts'

interface Flags {
  readonly port: number
  readonly initialDate?: string
  readonly allowHost?: string[]
  readonly allowOrigin?: string[]
}

export const register = (program: Command): void => {
  program
    .command('chain', { hidden: true })
    .option('--port <number>', 'port of its JSON-RPC', Limits.wholeNumber(0, 65_535), 0)
    .option('--initial-date <iso>', 'chain time at the start')
    .option('--allow-host <name...>', 'further names under which it may be called')
    .option('--allow-origin <origin...>', 'pages that may call it', Limits.origin)
    .action(async (flags: Flags) => {
      process.exitCode = await Processes.live(async () => {
        const { url } = await LocalNode.start({
          port: flags.port,
          allowedHosts: flags.allowHost ?? [],
          allowedOrigins: flags.allowOrigin ?? [],
          ...(flags.initialDate === undefined ? {} : { initialDate: new Date(flags.initialDate) }),
        })
        // The chain lives in memory: there is nothing to finish.
        return { url, close: async () => {} }
      })
    })
}
