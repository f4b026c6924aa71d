/**
 * EIP-3009 transfers that somebody else has signed: trying one, sending one, and finding out what became of its nonce. Tokens other than
 * ours emit the same two events in the same order, the authorization's and then the transfer's, so a transaction that carries several
 * transfers is told apart too.
 */
import { type Abi, BaseError, ContractFunctionRevertedError, parseEventLogs, type TransactionReceipt } from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import { testDollar } from './abi/TestDollar.ts'
import { answered, type Client } from './Client.ts'
import * as Sender from './Sender.ts'

export interface Terms {
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly nonce: Hex
}

export interface Signed {
  readonly authorization: Terms
  readonly signature: Hex
}

const argsOf = ({ authorization: a, signature }: Signed) =>
  [a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature] as const

const gasOfTransfer = 200_000n

/** Sends it, after it has been tried. */
export const call = (asset: Address, signed: Signed): Sender.Call =>
  Sender.call(asset, testDollar.abi as Abi, 'transferWithAuthorization', argsOf(signed), gasOfTransfer, true)

/** Tries it: undefined, or the name of the error with which the token refuses it. @throws {ChainUnreachableError} */
export const simulate = async (
  client: Client,
  sender: Address,
  asset: Address,
  signed: Signed,
): Promise<string | undefined> => {
  const at = { address: asset, abi: testDollar.abi, account: sender } as const
  try {
    await answered(
      client,
      client.simulateContract({ ...at, functionName: 'transferWithAuthorization', args: argsOf(signed) }),
    )
    return undefined
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError)
    if (!(revert instanceof ContractFunctionRevertedError)) throw error
    return revert.data?.errorName ?? revert.reason ?? 'reverted'
  }
}

/** A transfer that was made. */
export interface Made {
  readonly receipt: TransactionReceipt
  /** Where among the block's events the authorization's stands; the transfer's is the next. */
  readonly logIndex: number
}

/** What became of a nonce: undefined while it is unused; `otherwise` where it was cancelled, or used for other terms than these. */
export const used = async (
  client: Client,
  asset: Address,
  { from, to, value, nonce }: Terms,
  fromBlock: bigint,
): Promise<Made | 'otherwise' | undefined> => {
  const at = { address: asset, abi: testDollar.abi } as const
  const isUsed = await answered(
    client,
    client.readContract({ ...at, functionName: 'authorizationState', args: [from, nonce] }),
  )
  if (!isUsed) return undefined
  const [use] = await answered(
    client,
    client.getContractEvents({ ...at, eventName: 'AuthorizationUsed', args: { authorizer: from, nonce }, fromBlock }),
  )
  if (use === undefined) {
    const cancelled = {
      ...at,
      eventName: 'AuthorizationCanceled',
      args: { authorizer: from, nonce },
      fromBlock,
    } as const
    const [cancel] = await answered(client, client.getContractEvents(cancelled))
    // A node may know the state before it knows the events: that none is found does not mean that there is none.
    if (cancel === undefined) throw new AuthorizationUnclearError(nonce)
    return 'otherwise'
  }
  const receipt = await answered(client, client.getTransactionReceipt({ hash: use.transactionHash }))
  const [transfer] = parseEventLogs({
    abi: testDollar.abi,
    eventName: 'Transfer',
    logs: receipt.logs.filter((log) => log.logIndex === use.logIndex + 1 && log.address.toLowerCase() === asset),
  })
  const { args } = transfer ?? {}
  const isIt = args?.from.toLowerCase() === from && args.to.toLowerCase() === to && args.value === value
  return isIt ? { receipt, logIndex: use.logIndex } : 'otherwise'
}

/** A nonce is used, and by what is not known yet. */
export class AuthorizationUnclearError extends SunledgerError {
  override readonly name = 'AuthorizationUnclearError'
  constructor(nonce: Hex) {
    super('SL350', 'What became of the authorization is not known yet.', {
      expected: 'an event that used or cancelled it',
      actual: `none for the used nonce ${nonce}`,
      hint: 'Ask again after Retry-After. Nothing was decided.',
      status: 503,
      retryAfterSeconds: 2,
    })
  }
}
