/**
 * Sends transactions from one key, in order, keeping their nonces: many may be under way at once, and they reach the chain in the order in
 * which `send` was called. A transaction's fate is known when its receipt is; a revert is an error that carries the contract's own reason.
 */
import {
  type Abi,
  BaseError,
  type ContractFunctionArgs,
  decodeErrorResult,
  ExecutionRevertedError,
  encodeFunctionData,
  serializeTransaction,
  type TransactionReceipt,
} from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Turns from '../core/Turns.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import { answered, ChainUnreachableError, type Client } from './Client.ts'

/** A transaction that was mined and did not revert. */
export interface Sent {
  readonly transaction: Hex
  readonly block: bigint
  readonly gasUsed: bigint
  /** The signed transaction as it went out. */
  readonly serialized: Hex
  readonly receipt: TransactionReceipt
}

export interface Call {
  /** undefined: deploys a contract. */
  readonly to: Address | undefined
  readonly data: Hex
  /** Limit; far above what is used costs nothing. */
  readonly gas: bigint
  /** Tried first without sending, so that nobody can make the sender pay for what reverts. */
  readonly tryFirst?: boolean
}

export interface Sender {
  readonly address: Address
  /**
   * @throws {RevertedError} the contract refused: nothing has moved
   * @throws {TransactionRefusedError} the node did not take it
   * @throws {TransactionPendingError} it has not been mined for long, and may still be
   * @throws {ChainUnreachableError} whether it arrived is open
   */
  send(call: Call): Promise<Sent>
}

/** Builds a call of a contract's function. */
export const call = <const abi extends Abi, name extends string>(
  to: Address,
  abi: abi,
  functionName: name,
  args: ContractFunctionArgs<abi, 'nonpayable' | 'payable', name & never> | readonly unknown[],
  gas: bigint,
  tryFirst = false,
): Call => ({ to, data: encodeFunctionData({ abi, functionName, args } as never), gas, tryFirst })

const gwei = 1_000_000_000n
/** What is offered to the block's producer. */
const tipWei = gwei / 10n

const signed = (privateKey: Hex, chainId: number, nonce: number, baseFeeWei: bigint, { to, data, gas }: Call): Hex => {
  const transaction = {
    type: 'eip1559' as const,
    chainId,
    nonce,
    to: to ?? null,
    data,
    gas,
    maxFeePerGas: 2n * baseFeeWei + tipWei,
    maxPriorityFeePerGas: tipWei,
  }
  const signature = Signature.sign(Keccak.ofDigits(serializeTransaction(transaction).slice(2)), privateKey)
  const full = Signature.expand(signature)
  return serializeTransaction(transaction, {
    r: full.slice(0, 66) as Hex,
    s: `0x${full.slice(66, 130)}`,
    yParity: full.endsWith('1c') ? 1 : 0,
  })
}

/** The data that a revert carries, where the node tells it. */
const revertData = (error: BaseError): Hex | undefined => {
  const found = error.walk((cause) => typeof (cause as { data?: unknown }).data === 'string') as { data?: Hex } | null
  return found?.data
}

const reasonOf = (error: unknown, abi: Abi): string => {
  if (!(error instanceof BaseError)) return error instanceof Error ? error.message : String(error)
  const data = revertData(error)
  if (data === undefined || data.length < 10) return error.details || error.shortMessage
  try {
    const { errorName, args } = decodeErrorResult({ abi, data })
    return `${errorName}(${(args ?? []).join(', ')})`
  } catch {
    return `error data ${data.slice(0, 74)}`
  }
}

const isRevert = (error: unknown): boolean =>
  error instanceof BaseError &&
  (revertData(error) !== undefined ||
    error.walk((cause) => cause instanceof ExecutionRevertedError) !== null ||
    /\brevert/i.test(error.message))

/** How long to wait for a transaction to be mined. */
const mostWaitMs = 180_000
/** How often another nonce is tried: more than one process must have used the key meanwhile. */
const mostNonces = 3
/** How long a base fee is good; twice of it is offered. */
const feeGoodMs = 2000

/** @param errors the ABI whose errors are decoded */
export const create = (client: Client, chainId: number, privateKey: Hex, errors: Abi): Sender => {
  const address = Signature.addressOf(privateKey)
  const inTurn = Turns.queue()
  /** The next one; unknown at the start and after a failure. */
  let nonce: number | undefined
  let baseFee: { wei: bigint; atMs: number } | undefined

  const feeWei = async (): Promise<bigint> => {
    if (baseFee === undefined || Date.now() - baseFee.atMs > feeGoodMs) {
      const block = await client.getBlock()
      baseFee = { wei: block.baseFeePerGas ?? gwei, atMs: Date.now() }
    }
    return baseFee.wei
  }

  /** A node may have taken a transaction although its answer was an error or got lost. */
  const isKnown = (hash: Hex): Promise<boolean> =>
    client.getTransaction({ hash }).then(
      () => true,
      () => false,
    )

  /** Hands a transaction to the node. Nobody else's turn comes before it is known whether the nonce is used. */
  const submit = async (request: Call): Promise<{ transaction: Hex; serialized: Hex }> => {
    const fee = await feeWei()
    for (let attempt = 1; ; attempt++) {
      nonce ??= await client.getTransactionCount({ address, blockTag: 'pending' })
      const serialized = signed(privateKey, chainId, nonce, fee, request)
      const transaction = Keccak.ofDigits(serialized.slice(2))
      try {
        await client.sendRawTransaction({ serializedTransaction: serialized })
      } catch (error) {
        if (!(await isKnown(transaction))) {
          nonce = undefined
          if (attempt < mostNonces && /nonce|already known|underpriced/i.test((error as Error).message)) continue
          throw error
        }
      }
      nonce++
      return { transaction, serialized }
    }
  }

  const reasonOfRevert = async (request: Call, block: bigint): Promise<string> => {
    try {
      const at = { account: address, gas: request.gas, blockNumber: block - 1n }
      await client.call({ ...at, ...(request.to === undefined ? {} : { to: request.to }), data: request.data })
      return 'it reverted without a reason, or ran out of gas'
    } catch (error) {
      return reasonOf(error, errors)
    }
  }

  const send = async (request: Call): Promise<Sent> => {
    if (request.tryFirst === true)
      await client.call({ account: address, to: request.to as Address, data: request.data, gas: request.gas })
    const { transaction, serialized } = await inTurn(() => submit(request))
    const receipt = await receiptOf(client, transaction)
    if (receipt.status === 'reverted')
      throw new RevertedError(await reasonOfRevert(request, receipt.blockNumber), undefined)
    return { transaction, block: receipt.blockNumber, gasUsed: receipt.gasUsed, serialized, receipt }
  }

  return {
    address,
    async send(request) {
      try {
        return await answered(client, send(request))
      } catch (error) {
        if (error instanceof SunledgerError) throw error
        const reason = reasonOf(error, errors)
        throw isRevert(error) ? new RevertedError(reason, error) : new TransactionRefusedError(reason, error)
      }
    },
  }
}

/** Waits for a receipt: at once on a chain that mines at once, else by asking again, slower each time. */
const receiptOf = async (client: Client, hash: Hex): Promise<TransactionReceipt> => {
  const deadline = performance.now() + mostWaitMs
  for (let waitMs = 10; ; waitMs = Math.min(2 * waitMs, 2000)) {
    try {
      return await answered(client, client.getTransactionReceipt({ hash }))
    } catch (error) {
      if (error instanceof ChainUnreachableError) throw error
      if (performance.now() > deadline) throw new TransactionPendingError(hash)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}

/** A contract refused a transaction. */
export class RevertedError extends SunledgerError {
  override readonly name = 'RevertedError'
  constructor(reason: string, cause: unknown) {
    super('SL504', 'The contract refused the transaction.', {
      actual: reason,
      hint: 'The contract’s interface says what each error means.',
      status: 422,
      cause,
    })
  }
}

/** The node did not take a transaction. */
export class TransactionRefusedError extends SunledgerError {
  override readonly name = 'TransactionRefusedError'
  constructor(reason: string, cause: unknown) {
    super('SL507', 'The chain’s node did not take the transaction.', {
      actual: reason.slice(0, 200),
      hint: 'Mostly the operator’s key has no coin for gas, or somebody else sends with it.',
      status: 503,
      cause,
    })
  }
}

/** A transaction was sent and has not been mined for long. */
export class TransactionPendingError extends SunledgerError {
  override readonly name = 'TransactionPendingError'
  constructor(transaction: Hex) {
    super('SL508', 'The transaction has not been mined yet.', {
      expected: `a receipt within ${mostWaitMs / 1000} s`,
      actual: transaction,
      hint: 'It may still be. Look the transaction up before you repeat what it was for.',
      status: 504,
    })
  }
}
