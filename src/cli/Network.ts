/**
 * Brings up what `serve` and `demo` stand on: a local chain with the contracts on it, and the service, in a data folder of their own.
 */
import * as Client from '../chain/Client.ts'
import * as Deployment from '../chain/Deployment.ts'
import * as Ignition from '../chain/Ignition.ts'
import * as Keys from '../chain/Keys.ts'
import * as LocalNode from '../chain/LocalNode.ts'
import * as RpcUrl from '../chain/RpcUrl.ts'
import * as Server from '../http/Server.ts'
import * as Embedded from '../store/Embedded.ts'
import * as Fence from '../store/Fence.ts'
import * as Gas from './Gas.ts'
import * as OutFolder from './OutFolder.ts'
import * as Processes from './Processes.ts'
import * as RunFolder from './RunFolder.ts'
import { files } from './service.ts'

export interface NetworkOptions {
  /** Folder for journal, keys and deployment; what an earlier run of the same kind left in it is deleted. */
  readonly data: string
  /** Left out: neither `serve` nor `demo`, but somebody's own. */
  readonly kind?: RunFolder.Kind
  /** Fence file of the journal; left out: one for this folder, which goes with the run. */
  readonly fence?: string | undefined
  readonly keys: Keys.Keys
  readonly host: string
  readonly port: number
  readonly chainPort?: number
  /** Chain time at the start; left out: the wall clock. */
  readonly initialDate?: Date
  readonly allowHosts?: readonly string[]
  /** Pages of other origins that may call the service; and the chain. */
  readonly allowOrigins?: readonly string[]
  readonly chainAllowOrigins?: readonly string[]
  /** Flags of the service's process that bound what it takes from whom and say when it does what; left out: its defaults. */
  readonly limits?: readonly string[]
  readonly settleEverySeconds: number
  readonly manualSettlement: boolean
  /** Settlements without the journal's position and term, which one seed does not fix. */
  readonly isSimulation?: boolean
  /** Told of each step. */
  readonly progress: (text: string) => void
  /** The chain has died, or the service could not be started again. */
  readonly onFailure: (error: Error) => void
}

export interface Network {
  readonly url: string
  readonly rpcUrl: string
  readonly servicePid: () => number
  readonly chainPid: number
  readonly deployment: Deployment.Deployment
  /** Ends the service, then the chain. */
  stop(): Promise<void>
  /** Ends the service alone, so that its journal is closed and the chain can still be read. */
  stopService(): Promise<void>
}

const exitWindowSeconds = 3600n
const noticePeriodSeconds = 7200n

const serviceArgs = (options: NetworkOptions, fence: string, port: string): string[] => [
  'service',
  ...['--data', options.data, '--host', options.host, '--port', port],
  ...['--settle-every', String(options.settleEverySeconds)],
  ...(options.allowHosts ?? []).flatMap((name) => ['--allow-host', name]),
  ...(options.allowOrigins ?? []).flatMap((origin) => ['--allow-origin', origin]),
  ...['--fence', fence],
  // The chain lives in memory, so its coin is worth nothing; what is given counts instead, since no option may be given twice.
  ...(options.limits?.includes('--minimum-amount') ? [] : Gas.local),
  ...(options.limits ?? []),
  ...(options.manualSettlement ? ['--manual-settlement'] : []),
  ...(options.isSimulation === true ? ['--no-settlement-origin'] : []),
]

/**
 * What can be found wrong at once is, before anything is deleted or started.
 *
 * @throws {PortInUseError} @throws {AddressUnusableError} @throws {FolderUnwritableError}
 * @throws {JournalLockedError} another run has the data folder
 * @throws {DataFolderForeignError} it has files that no run of this kind made
 * @throws {ProcessRefusedError} a process says why it cannot come up, such as a port that is in use
 * @throws {ProcessFailedError}
 */
export const start = async (options: NetworkOptions): Promise<Network> => {
  await Server.assertUsable(options.host, options.port)
  await LocalNode.assertFree('127.0.0.1', options.chainPort ?? 0)
  OutFolder.ensure(options.data)
  const release = Embedded.claim(options.data)
  try {
    const network = await bringUp(options)
    return {
      ...network,
      async stop() {
        await network.stop()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

const bringUp = async (options: NetworkOptions): Promise<Network> => {
  const { data, progress, kind = 'run' } = options
  RunFolder.clear(data, kind)
  // Read now: the folder may be gone at the end.
  const fence = RunFolder.fenceOf(data)
  const began = performance.now()
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`
  const date = options.initialDate === undefined ? [] : ['--initial-date', options.initialDate.toISOString()]
  // Loads while the chain starts; where it cannot, deploying says so.
  Ignition.load().catch(() => {})
  const pages = (options.chainAllowOrigins ?? []).flatMap((origin) => ['--allow-origin', origin])
  const chain = await Processes.start(['chain', '--port', String(options.chainPort ?? 0), ...date, ...pages])
  const rpcUrl = chain.ready.url
  progress(`local chain on ${rpcUrl} (${seconds()})`)
  let stopping = false
  void chain.ended.then((how) => {
    if (!stopping) options.onFailure(new Processes.ProcessFailedError('chain', how, ''))
  })
  try {
    const client = Client.create(rpcUrl)
    const deployment = await Deployment.deployLocal(client, options.keys, {
      exitWindowSeconds,
      noticePeriodSeconds,
    })
    RunFolder.begin(data, kind, deployment, () => {
      Deployment.write(files(data).deployment, deployment)
      Keys.write(files(data).keys, options.keys)
    })
    progress(`contracts deployed: clearing house ${deployment.clearingHouse} (${seconds()})`)
    const service = await Processes.supervise(
      (url) =>
        serviceArgs(options, options.fence ?? fence, url === undefined ? String(options.port) : new URL(url).port),
      (how) => progress(`the service ended (${how}); starting it again from its journal`),
      options.onFailure,
      { [RpcUrl.variable]: rpcUrl },
    )
    progress(`clearing service on ${service.ready.url} (${seconds()})`)
    return {
      url: service.ready.url,
      rpcUrl,
      servicePid: () => service.pid,
      chainPid: chain.pid,
      deployment,
      stopService: () => service.stop(),
      async stop() {
        stopping = true
        await service.stop()
        await chain.stop()
        // Without its chain the journal is of no use any more, and neither is what guards it.
        Fence.remove(options.fence ?? fence)
      },
    }
  } catch (error) {
    stopping = true
    await chain.stop()
    throw error
  }
}
