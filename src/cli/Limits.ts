/** The limits of the service as flags: the same for `serve`, which passes them on, and for the service's own process. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import * as Hosts from '../core/Hosts.ts'
import type { Rate } from '../core/Rate.ts'
import { defaults, type Limits } from '../http/Limits.ts'
import * as Proxies from '../http/Proxies.ts'

export interface Flags {
  readonly maxBody: number
  readonly maxConnections: number
  readonly maxStreams: number
  readonly maxPending: number
  readonly mostWait: number
  readonly requestTimeout: number
  readonly requestsPerAddress: number
  readonly paymentsPerAccount: number
  readonly trustProxy?: string[]
  readonly logLevel: string
}

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** A whole number between two bounds, as a flag. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}, got ${JSON.stringify(text)}.`)
    return value
  }

/** The origin of a page, as a flag that may be given several times. */
export const origin = (text: string, before: readonly string[] = []): string[] => {
  const found = Hosts.parseOrigin(text)
  if (found === undefined)
    throw new InvalidArgumentError(
      `Expected the origin of a page such as https://app.example or http://localhost:5173, without a path; got ${JSON.stringify(text)}.`,
    )
  return [...before, found]
}

/** A proxy's address or network, as a flag that may be given several times. */
const proxy = (text: string, before: readonly string[] = []): string[] => {
  if (Proxies.parse(text) === undefined)
    throw new InvalidArgumentError(`Expected an address or a network such as 10.0.0.0/8, got ${JSON.stringify(text)}.`)
  return [...before, text]
}

const million = wholeNumber(1, 1_000_000)
const rate = wholeNumber(0, 1_000_000)

/** @param paymentsPerAccount by default; 0: any number */
export const add = (command: Command, paymentsPerAccount: number): Command =>
  command
    .option('--max-body <bytes>', 'largest body of a request', wholeNumber(1024, 2 ** 30), defaults.bodyBytes)
    .option('--max-connections <number>', 'connections open at once', million, defaults.connections)
    .option('--max-streams <number>', 'event streams open at once', million, defaults.streams)
    .option('--max-pending <number>', 'requests for payments worked on at once', million, defaults.pendingRequests)
    .option(
      '--most-wait <ms>',
      'payments that would wait longer are told to come back',
      wholeNumber(1, 60_000),
      defaults.mostWaitMs,
    )
    .option('--request-timeout <seconds>', 'for a request to arrive', wholeNumber(1, 3600), defaults.requestMs / 1000)
    .option(
      '--requests-per-address <rate>',
      'requests a second of one address, loopback excepted (0: any number)',
      rate,
      defaults.perAddress.requests?.perSecond ?? 0,
    )
    .option(
      '--payments-per-account <rate>',
      'payments a second of one account (0: any number)',
      rate,
      paymentsPerAccount,
    )
    .option(
      '--trust-proxy <address>',
      'a proxy, or a network of them, whose X-Forwarded-For counts (may be repeated)',
      proxy,
    )
    .addOption(
      new Option('--log-level <level>', 'what goes to stderr; debug has every request')
        .env('SUNLEDGER_LOG')
        .choices(levels)
        .default('warn'),
    )

/** Two seconds' worth may come at once. */
const rateOf = (perSecond: number): Rate | undefined =>
  perSecond === 0 ? undefined : { perSecond, burst: 2 * perSecond }

export const accountRate = (flags: Flags): Rate | undefined => rateOf(flags.paymentsPerAccount)

export const limits = (flags: Flags): Partial<Limits> => ({
  trustedProxies: flags.trustProxy ?? [],
  bodyBytes: flags.maxBody,
  connections: flags.maxConnections,
  streams: flags.maxStreams,
  pendingRequests: flags.maxPending,
  mostWaitMs: flags.mostWait,
  requestMs: flags.requestTimeout * 1000,
  perAddress: { ...defaults.perAddress, requests: rateOf(flags.requestsPerAddress) },
})

/** As arguments of the service's own process. */
export const args = (flags: Flags): string[] => [
  ...['--max-body', String(flags.maxBody)],
  ...['--max-connections', String(flags.maxConnections)],
  ...['--max-streams', String(flags.maxStreams)],
  ...['--max-pending', String(flags.maxPending)],
  ...['--most-wait', String(flags.mostWait)],
  ...['--request-timeout', String(flags.requestTimeout)],
  ...['--requests-per-address', String(flags.requestsPerAddress)],
  ...['--payments-per-account', String(flags.paymentsPerAccount)],
  ...(flags.trustProxy ?? []).flatMap((address) => ['--trust-proxy', address]),
  ...['--log-level', flags.logLevel],
]
