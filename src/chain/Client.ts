/**
 * The one JSON-RPC client. Requests that are made in the same moment travel in one HTTP request; what the chain answers is checked by
 * viem. Everything that reads the chain goes through here.
 */
import {
  BaseError,
  createPublicClient,
  HttpRequestError,
  http,
  LimitExceededRpcError,
  type PublicClient,
  TimeoutError,
} from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Hex } from '../core/Payment.ts'
import * as RpcUrl from './RpcUrl.ts'

export interface Client extends PublicClient {}

const usualTimeoutMs = 30_000

/**
 * @param url a secret but for its origin (`RpcUrl`): viem is not told the rest, so its errors cannot quote it
 * @param timeoutMs how long an answer may take; a question is asked three times
 * @throws {RpcUrlInvalidError}
 */
export const create = (url: string, timeoutMs = usualTimeoutMs): Client => {
  const { origin, target, authorization } = RpcUrl.conceal(url)
  const fetchFn: typeof fetch = (_, init) => {
    const headers = new Headers(init?.headers)
    if (authorization !== undefined) headers.set('authorization', authorization)
    return fetch(target, { ...init, headers })
  }
  const options = { batch: { batchSize: 500, wait: 0 }, timeout: timeoutMs, retryCount: 2, retryDelay: 100 }
  return createPublicClient({
    transport: http(origin, { ...options, fetchFn }),
    cacheTime: 0,
    pollingInterval: 100,
  })
}

/** A chain's name: its id and the hash of its first block. @throws {ChainUnreachableError} */
export const identify = async (client: Client): Promise<{ chainId: number; genesisHash: Hex }> => {
  const [chainId, genesis] = await answered(
    client,
    Promise.all([client.getChainId(), client.getBlock({ blockNumber: 0n })]),
  )
  return { chainId, genesisHash: genesis.hash }
}

/** Calls a method that viem does not name, such as the local chain's own. */
export const raw = (client: Client, method: string, params: readonly unknown[]): Promise<unknown> =>
  client.request({ method, params } as never)

/** HTTP: what was sent is too large. That is an answer: no. */
const tooLarge = 413

/** Whether an error means that the chain did not answer, as against: it answered no. */
const isUnreachable = (error: unknown): boolean => {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof TimeoutError || (at instanceof HttpRequestError && at.status !== tooLarge)) return true
  return false
}

/** Whether asking again may help: the chain did not answer, or only to say that it has too much to do. */
export const isBusy = (error: unknown): boolean =>
  isUnreachable(error) ||
  (error instanceof BaseError && error.walk((at) => at instanceof LimitExceededRpcError) !== null)

/** Turns an error that means that the chain did not answer into its own kind; takes every other as it is. @throws {ChainUnreachableError} */
export const assertReachable = (client: Client, error: unknown): void => {
  if (error instanceof ChainUnreachableError) throw error
  if (isUnreachable(error)) throw new ChainUnreachableError(String(client.transport['url']), error)
}

/** Waits for what a chain was asked. @throws {ChainUnreachableError} where it does not answer; what it refuses stays as it is */
export const answered = async <T>(client: Client, asked: Promise<T>): Promise<T> => {
  try {
    return await asked
  } catch (error) {
    assertReachable(client, error)
    throw error
  }
}

/** The chain does not answer. */
export class ChainUnreachableError extends SunledgerError {
  override readonly name = 'ChainUnreachableError'
  /** @param url only its host is shown: the rest often holds a provider's key */
  constructor(url: string, cause: unknown) {
    super('SL503', 'The chain does not answer.', {
      actual: URL.canParse(url) ? new URL(url).origin : 'no address',
      hint: 'Check that its node runs and that the URL is right. What was accepted is safe and will be settled later.',
      status: 503,
      cause,
    })
  }
}
