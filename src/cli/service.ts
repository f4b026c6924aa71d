/** `sunledger service`: the clearing service as a process of its own. Started by `demo` and `serve`; not meant to be called by hand. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import * as Deployment from '../chain/Deployment.ts'
import * as Keys from '../chain/Keys.ts'
import * as RpcUrl from '../chain/RpcUrl.ts'
import { defaultPolicy } from '../clearing/Policy.ts'
import * as Service from '../clearing/Service.ts'
import * as FastLz from '../cost/FastLz.ts'
import * as Server from '../http/Server.ts'
import * as Embedded from '../store/Embedded.ts'
import * as Fence from '../store/Fence.ts'
import * as Gas from './Gas.ts'
import * as Limits from './Limits.ts'
import { wholeNumber } from './Limits.ts'
import * as Log from './Log.ts'
import * as Prices from './Prices.ts'
import * as Processes from './Processes.ts'
import * as Tuning from './Tuning.ts'

/** The files of a data folder besides the journal. */
export const files = (folder: string) => ({
  keys: join(folder, 'keys.json'),
  deployment: join(folder, 'deployment.json'),
})

interface Flags extends Limits.Flags, Tuning.Flags, Gas.Flags, RpcUrl.Flags {
  readonly data: string
  readonly host: string
  readonly port: number
  readonly allowHost?: string[]
  readonly allowOrigin?: string[]
  readonly settleEvery: number
  readonly manualSettlement?: boolean
  readonly settlementOrigin: boolean
  readonly confirmations: number
  readonly threads?: number
  readonly fence?: string
}

/** Both, or neither: what came up beside something that did not is closed again. */
const both = async (
  starting: Promise<Service.Service>,
  listening: Promise<Server.Server>,
): Promise<[Service.Service, Server.Server]> => {
  try {
    return await Promise.all([starting, listening])
  } catch (error) {
    for (const opened of await Promise.allSettled([starting, listening]))
      if (opened.status === 'fulfilled') await opened.value.close()
    throw error
  }
}

/** The service's own thread checks signatures too, so on one core another would only take turns with it. */
const threadsOf = ({ threads }: Flags): number => threads ?? availableParallelism() - 1

const bringUp = async (flags: Flags): Promise<Processes.Running> => {
  const rpcUrl = RpcUrl.from(flags)
  const paths = files(flags.data)
  const deployment = Deployment.read(paths.deployment)
  const keys = Keys.read(paths.keys)
  const log = Log.create(flags.logLevel, Object.values(keys))
  const { chainId, genesisHash, clearingHouse, startBlock } = deployment
  const journal = Embedded.open(
    flags.data,
    { chainId, genesisHash, clearingHouse, startBlock },
    {
      warn: (what) => log.warn({ data: flags.data }, what),
      fence: flags.fence === undefined ? Fence.usual() : { file: flags.fence },
      ...(flags.snapshotEvery === undefined ? {} : { snapshotEvery: flags.snapshotEvery }),
    },
  )
  const starting = Service.start({
    rpcUrl,
    deployment,
    keys,
    journal,
    fastLz: FastLz.size,
    log,
    confirmations: BigInt(flags.confirmations),
    threads: threadsOf(flags),
    perAccount: Limits.accountRate(flags),
    gas: Gas.limits(flags),
    policy: {
      ...defaultPolicy,
      manual: flags.manualSettlement === true,
      everyMs: flags.settleEvery * 1000,
      dearWei: flags.dearGas,
      mostDelayMs: flags.mostDelay * 1000,
    },
    rpcTimeoutMs: flags.rpcTimeout,
    withOrigin: flags.settlementOrigin,
  })
  // While the journal is replayed, whoever asks is told so.
  const listening = Server.listen({
    service: starting,
    host: flags.host,
    port: flags.port,
    allowedHosts: flags.allowHost ?? [],
    allowedOrigins: flags.allowOrigin ?? [],
    operatorToken: keys.operatorToken,
    limits: Limits.limits(flags),
    fees: Prices.fees,
    log: (err, requestId) => log.error({ err, requestId }, 'a request failed through our own fault'),
    onAnswered: log.isLevelEnabled('debug') ? (answered) => log.debug(answered, 'answered') : undefined,
  })
  const [service, server] = await both(starting, listening)
  return {
    url: server.url,
    async close() {
      await server.close()
      await service.close()
    },
  }
}

export const register = (program: Command): void => {
  Gas.add(Tuning.add(Limits.add(program.command('service', { hidden: true }), 0)), 'service')
    .option(
      '--rpc <url>',
      'JSON-RPC of the chain; one that holds a key belongs into a file or the variable SUNLEDGER_RPC_URL',
    )
    .option('--rpc-file <file>', 'file with the URL of the chain’s JSON-RPC')
    .requiredOption('--data <dir>', 'folder with journal, keys and deployment')
    .option('--host <address>', 'address to bind to', '127.0.0.1')
    .option('--port <number>', 'port', wholeNumber(0, 65_535), 0)
    .option('--allow-host <name...>', 'further names under which it may be called')
    .option('--allow-origin <origin...>', 'pages of other origins that may call it', Limits.origin)
    .option('--settle-every <seconds>', 'settle at most this long after the last time', wholeNumber(1, 86_400), 5)
    .option('--manual-settlement', 'settle only when the operator says so')
    .option(
      '--no-settlement-origin',
      'settle without the journal’s position and term behind the calldata, so that a simulation of one seed has one calldata',
    )
    .option(
      '--threads <number>',
      'threads that check signatures beside the service’s own; left out: one a core but one',
      wholeNumber(0, 1024),
    )
    .option('--fence <file>', 'fence file of this journal; left out: one in $XDG_STATE_HOME/sunledger')
    .option('--confirmations <blocks>', 'blocks that must follow before something counts', wholeNumber(0, 1_000_000), 0)
    .action(async (flags: Flags) => {
      process.exitCode = await Processes.live(() => bringUp(flags))
    })
}
