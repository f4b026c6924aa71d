/**
 * The listening server: binds to loopback unless told, and closes gracefully: no new connections, what was accepted is answered, streams
 * are ended.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PortInUseError } from '../chain/LocalNode.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as App from './App.ts'

export interface Server {
  readonly url: string
  close(): Promise<void>
}

export interface ServerOptions extends App.AppOptions {
  /** 0: any free one. */
  readonly port: number
}

/** How long a request under way may hold up the end. Payments wait 250 ms at most; whoever is cut off asks again. */
const patienceMs = 500

/** @throws {PortInUseError} @throws {AddressUnusableError} */
export const listen = async (options: ServerOptions): Promise<Server> => {
  const { app, closeStreams } = App.create(options)
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 60_000, headersTimeout: 10_000 }, app)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new PortInUseError(options.port, error)
          : new AddressUnusableError(`${options.host}:${options.port}`, error),
      ),
    )
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      closeStreams()
      server.closeIdleConnections()
      const impatient = setTimeout(() => server.closeAllConnections(), patienceMs)
      await closed
      clearTimeout(impatient)
    },
  }
}

/** The service cannot listen where it was told to. */
export class AddressUnusableError extends SunledgerError {
  override readonly name = 'AddressUnusableError'
  constructor(address: string, cause: Error) {
    super('SL613', `The service cannot listen on ${address}.`, {
      actual: cause.message,
      hint: 'Name an address of this machine with --host, and a port that you may use with --port.',
      status: 503,
      cause,
    })
  }
}
