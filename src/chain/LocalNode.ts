/**
 * The local chain: a Hardhat node in this process with a JSON-RPC server. Hardhat is no dependency of the package (it is large and needs
 * a newer Node than the SDK): the launcher says in SUNLEDGER_HARDHAT in which folder's node_modules it lies.
 */
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { SunledgerError } from '../core/Errors.ts'
import * as Hosts from '../core/Hosts.ts'
import * as Client from './Client.ts'
import * as RpcServer from './RpcServer.ts'

export interface LocalNode {
  readonly url: string
  close(): Promise<void>
}

export interface LocalNodeOptions {
  readonly host?: string
  /** 0: any free one. */
  readonly port?: number
  /** Chain time at the start; left out: the wall clock. */
  readonly initialDate?: Date
  /** Other names under which it may be called, and origins of pages that may. */
  readonly allowedHosts?: readonly string[]
  readonly allowedOrigins?: readonly string[]
}

/** The chain id of every local chain. */
export const localChainId = 31337

const loadHardhat = async (): Promise<typeof import('hardhat/hre')> => {
  const folder = process.env['SUNLEDGER_HARDHAT']
  try {
    if (folder === undefined) return await import('hardhat/hre')
    const path = createRequire(join(folder, 'package.json')).resolve('hardhat/hre')
    return (await import(pathToFileURL(path).href)) as typeof import('hardhat/hre')
  } catch (cause) {
    throw new HardhatMissingError(cause)
  }
}

/** Before Hardhat is loaded, which takes a second. @throws {PortInUseError} */
export const assertFree = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortInUseError(port, error) : error),
    )
    server.listen(port, host, () => server.close(() => resolve()))
  })

/** The chain's clock starts when its first block is made, and would lag behind by as long as starting took from then on. */
const followWallClock = async (url: string): Promise<void> => {
  const client = Client.create(url)
  const { timestamp } = await client.getBlock({ blockTag: 'pending' })
  const lagSeconds = Math.floor(Date.now() / 1000) - Number(timestamp)
  if (lagSeconds > 0) await Client.raw(client, 'evm_increaseTime', [lagSeconds])
}

/** A Hardhat with one network, `local`: every transaction is mined at once. */
const environment = async (initialDate: Date | undefined) => {
  const { createHardhatRuntimeEnvironment } = await loadHardhat()
  const config = {
    // What was compiled would only decorate stack traces, and reading it takes a third of a second for each chain.
    paths: { artifacts: 'node_modules/.cache/sunledger-no-artifacts' },
    networks: {
      local: {
        type: 'edr-simulated' as const,
        chainType: 'l1' as const,
        chainId: localChainId,
        hardfork: 'osaka',
        accounts: [],
        allowBlocksWithSameTimestamp: true,
        throwOnTransactionFailures: false,
        loggingEnabled: false,
        ...(initialDate === undefined ? {} : { initialDate }),
      },
    },
  }
  // Hardhat wants a project; ours will do wherever the command was called.
  const project = fileURLToPath(new URL('../..', import.meta.url))
  return createHardhatRuntimeEnvironment(config, {}, project)
}

/**
 * Starts a chain. Every transaction is mined at once, several blocks may share a timestamp (else each would push the chain a second
 * ahead), and a transaction that reverts is mined and has its receipt, as on a real chain.
 * @throws {HardhatMissingError}
 * @throws {PortInUseError}
 */
export const start = async (options: LocalNodeOptions = {}): Promise<LocalNode> => {
  const { host = '127.0.0.1' } = options
  await assertFree(host, options.port ?? 0)
  const hardhat = await environment(options.initialDate)
  const chain = await hardhat.network.create('local')
  const ask: RpcServer.Ask = (method, params) => chain.provider.request({ method, params: [...params] })
  const hosts = Hosts.create(host, options.allowedHosts, options.allowedOrigins)
  const server = await RpcServer.listen(ask, { host, port: options.port ?? 0, hosts })
  const url = `http://${host}:${server.port}`
  if (options.initialDate === undefined) await followWallClock(url)
  return {
    url,
    async close() {
      await server.close()
      await chain.close()
    },
  }
}

/** The same chain without a server, for whoever sends it tens of thousands of transactions from this process. */
export interface InProcess {
  request(method: string, params?: readonly unknown[]): Promise<unknown>
  close(): Promise<void>
}

/** @throws {HardhatMissingError} */
export const inProcess = async (initialDate: Date): Promise<InProcess> => {
  const hardhat = await environment(initialDate)
  const connection = await hardhat.network.create('local')
  return {
    request: (method, params = []) => connection.provider.request({ method, params: [...params] }),
    close: () => connection.close(),
  }
}

/** Hardhat could not be loaded. */
export class HardhatMissingError extends SunledgerError {
  override readonly name = 'HardhatMissingError'
  constructor(cause: unknown) {
    super('SL501', 'The local chain (Hardhat) could not be loaded.', {
      actual: cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      hint: 'Start through `npm start`, `npm run sunledger -- …` or `npx sunledger …`: they install what is missing.',
      status: 503,
      cause,
    })
  }
}

/** Another program listens on the port. */
export class PortInUseError extends SunledgerError {
  override readonly name = 'PortInUseError'
  constructor(port: number, cause: unknown) {
    super('SL502', `Port ${port} is in use by another program.`, {
      hint: 'Choose another with --port, or --port 0 for any free one.',
      status: 503,
      cause,
    })
  }
}
