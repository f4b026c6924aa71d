/**
 * The listening server: binds to loopback unless told, answers from the first moment (that the service is starting, while it is), and
 * closes gracefully: no new connections, what was accepted is answered, streams are ended with a word.
 */
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PortInUseError } from '../chain/LocalNode.ts'
import type { Service } from '../clearing/Service.ts'
import { SunledgerError } from '../core/Errors.ts'
import * as Hosts from '../core/Hosts.ts'
import * as App from './App.ts'
import * as Connections from './Connections.ts'
import * as Cors from './Cors.ts'
import * as Doorstep from './Doorstep.ts'
import * as Front from './Front.ts'
import { defaults, type Limits } from './Limits.ts'

export interface Server {
  readonly url: string
  close(): Promise<void>
}

export interface ServerOptions extends App.AppOptions {
  /** While it is still coming up, whoever asks is told so. */
  readonly service: Service | Promise<Service>
  /** 0: any free one. */
  readonly port: number
  /** Left out: the defaults. */
  readonly limits?: Partial<Limits>
  /** Told of every answer. */
  readonly onAnswered?: ((answered: Front.Answered) => void) | undefined
}

/** How long a request under way may hold up the end. Payments wait 250 ms at most; whoever is cut off is told so, and asks again. */
const patienceMs = 500
/** For the last words to leave. */
const farewellMs = 100

const bind = (server: Pick<HttpServer, 'once' | 'listen'>, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new PortInUseError(port, error)
          : new AddressUnusableError(`${host}:${port}`, error),
      ),
    )
    server.listen(port, host, resolve)
  })

const close = async (server: HttpServer, front: Front.Front): Promise<void> => {
  const closed = new Promise((resolve) => server.close(resolve))
  front.close()
  server.closeIdleConnections()
  const impatient = setTimeout(() => front.cutOff(), patienceMs)
  const last = setTimeout(() => server.closeAllConnections(), patienceMs + farewellMs)
  await closed
  clearTimeout(impatient)
  clearTimeout(last)
}

/**
 * Whether it could listen there, found out before anything that takes time.
 * @throws {PortInUseError} @throws {AddressUnusableError}
 */
export const assertUsable = async (host: string, port: number): Promise<void> => {
  const server = createServer()
  await bind(server, host, port)
  await new Promise((resolve) => server.close(resolve))
}

/** @throws {PortInUseError} @throws {AddressUnusableError} */
export const listen = async (options: ServerOptions): Promise<Server> => {
  const limits = { ...defaults, ...options.limits }
  const server = createServer({
    keepAliveTimeout: Front.keepAliveMs,
    requestTimeout: limits.requestMs,
    headersTimeout: Math.min(limits.headersMs, limits.requestMs),
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: limits.headerBytes,
    // Refused by us, with a problem.
    requireHostHeader: false,
  })
  // A client may say that it will ask no more and wait for its answer; Node would close its connection.
  Object.assign(server, { httpAllowHalfOpen: true })
  const { allowedOrigins = [] } = options
  const hosts = Hosts.create(options.host, options.allowedHosts, allowedOrigins)
  const cors = Cors.create(hosts, allowedOrigins.length > 0)
  const front = Front.create(Connections.watch(server, limits), limits, cors, options.onAnswered)
  const starting = (service: Service) =>
    front.open(App.create(service, options, limits, front.connections, hosts, cors))
  Doorstep.watch(server, front.refuse)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => front.serve(request, response))
  server.on('checkExpectation', front.expectation)
  server.on('clientError', front.unreadable)
  if (!(options.service instanceof Promise)) starting(options.service)
  // Whoever gave the promise learns of its failure there.
  else options.service.then(starting, () => {})
  await bind(server, options.host, options.port)
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return { url: `http://${host}:${port}`, close: () => close(server, front) }
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
