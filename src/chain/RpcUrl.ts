/**
 * The URL of the chain's node. A provider's key is part of it, mostly in its path, so it is a secret but for its origin: viem is told the origin
 * alone and cannot quote more, what a provider quotes is taken out of errors and logs (`Secrets`), and where it was given as an argument the
 * process list shows the origin in its place. Better: `--rpc-file`, or the variable SUNLEDGER_RPC_URL, which children get too.
 */
import { readFileSync } from 'node:fs'
import { SunledgerError } from '../core/Errors.ts'
import * as Secrets from '../core/Secrets.ts'

export const variable = 'SUNLEDGER_RPC_URL'

export interface RpcUrl {
  /** What may be shown. */
  readonly origin: string
  /** Where requests go, without name and password. */
  readonly target: string
  /** Name and password, where the URL had them. */
  readonly authorization: string | undefined
}

/** A part of a path that is no more than a word or a version says nothing by itself. */
const isTelling = (part: string): boolean => part.length >= 8

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @throws {RpcUrlInvalidError} */
const parse = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new RpcUrlInvalidError(url?.protocol ?? 'no URL')
  return url
}

/** Whether there is anything in it that must not be seen. */
const hasSecret = ({ pathname, search, hash, username, password }: URL): boolean =>
  pathname.length > 1 || search + hash + username + password !== ''

/** Takes a URL apart, and registers as secrets what must not be seen of it. @throws {RpcUrlInvalidError} */
export const conceal = (text: string): RpcUrl => {
  const url = parse(text.trim())
  const { origin, username, password, pathname, search, searchParams, hash } = url
  if (hasSecret(url)) {
    const parts = [...pathname.split('/'), ...searchParams.values(), hash.slice(1)].filter(isTelling)
    const named = [username, password, ...parts]
    Secrets.hide(text.trim(), url.href, `${pathname}${search}`, ...named, ...named.map(decoded))
  }
  url.username = ''
  url.password = ''
  const user = `${decoded(username)}:${decoded(password)}`
  return {
    origin,
    target: url.href,
    authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
  }
}

export interface Flags {
  readonly rpc?: string
  readonly rpcFile?: string
}

const fromFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw new RpcUrlInvalidError(`${path}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`)
  }
}

/**
 * The URL from `--rpc`, else `--rpc-file`, else the variable; registered as a secret, and taken out of what the process list shows.
 * @throws {RpcUrlInvalidError}
 */
export const from = ({ rpc, rpcFile }: Flags): string => {
  const text = rpc ?? (rpcFile === undefined ? process.env[variable] : fromFile(rpcFile))
  if (text === undefined) throw new RpcUrlInvalidError('none')
  conceal(text)
  if (rpc !== undefined) hideFromProcessList(rpc)
  return text
}

/** Others see the arguments of every process. What starts a process is seen until it has read this. */
export const hideFromProcessList = (text: string): void => {
  if (!hasSecret(parse(text.trim()))) return
  const [name = 'node', ...args] = [process.argv0, ...process.execArgv, ...process.argv.slice(1)]
  process.title = [name, ...args.map(Secrets.scrub)].join(' ')
}

/** There is no URL of a node, or none that can be used. It is not shown. */
export class RpcUrlInvalidError extends SunledgerError {
  override readonly name = 'RpcUrlInvalidError'
  constructor(actual: string) {
    super('SL625', 'The URL of the chain’s node is missing, or is none.', {
      expected: `an http or https URL in --rpc-file FILE, in the variable ${variable}, or after --rpc`,
      actual,
      hint: 'A URL that holds a provider’s key belongs into the file or the variable: arguments are seen by all users of the machine.',
    })
  }
}
