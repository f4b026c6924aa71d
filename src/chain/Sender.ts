/**
 * Sends transactions from one key, in order, keeping their nonces: many may be under way at once. A transaction's fate is known when its
 * receipt is; a revert is an error that carries the contract's own reason.
 */
import {
  type Abi,
  BaseError,
  type ContractFunctionArgs,
  ContractFunctionRevertedError,
  decodeErrorResult,
  encodeFunctionData,
  serializeTransaction,
  type TransactionReceipt,
} from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import { ChainUnreachableError, type Client, isUnreachable } from './Client.ts'

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
  /** @throws {RevertedError} @throws {ChainUnreachableError} */
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

const reasonOf = (error: unknown, abi: Abi): string => {
  if (!(error instanceof BaseError)) return error instanceof Error ? error.message : String(error)
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError)
  if (reverted instanceof ContractFunctionRevertedError && reverted.data)
    return `${reverted.data.errorName}(${(reverted.data.args ?? []).join(', ')})`
  const withData = error.walk((cause) => typeof (cause as { data?: unknown }).data === 'string') as {
    data?: Hex
  } | null
  if (withData?.data !== undefined && withData.data.length >= 10) {
    try {
      const { errorName, args } = decodeErrorResult({ abi, data: withData.data })
      return `${errorName}(${(args ?? []).join(', ')})`
    } catch {
      return `error data ${withData.data.slice(0, 74)}`
    }
  }
  return error.shortMessage
}

/** @param errors the ABI whose errors are decoded */
export const create = (client: Client, chainId: number, privateKey: Hex, errors: Abi): Sender => {
  const address = Signature.addressOf(privateKey)
  let nonce: Promise<number> | undefined
  let baseFee: { wei: bigint; atMs: number } | undefined

  const nextNonce = (): Promise<number> => {
    const own = (nonce ?? client.getTransactionCount({ address, blockTag: 'pending' })).then((value) => value)
    nonce = own.then((value) => value + 1)
    // A failed count is asked again by the next send.
    nonce.catch(() => {
      nonce = undefined
    })
    return own
  }

  const feeWei = async (): Promise<bigint> => {
    if (baseFee === undefined || Date.now() - baseFee.atMs > 2000) {
      const block = await client.getBlock()
      baseFee = { wei: block.baseFeePerGas ?? gwei, atMs: Date.now() }
    }
    return baseFee.wei
  }

  const attempt = async (request: Call): Promise<void> => {
    await client.call({ account: address, to: request.to as Address, data: request.data, gas: request.gas })
  }

  const send = async (request: Call): Promise<Sent> => {
    if (request.tryFirst === true) await attempt(request)
    const fee = await feeWei()
    const number = await nextNonce()
    const serialized = signed(privateKey, chainId, number, fee, request)
    const transaction = Keccak.ofDigits(serialized.slice(2))
    try {
      await client.sendRawTransaction({ serializedTransaction: serialized })
    } catch (error) {
      // Whether it arrived is open: the next transaction asks the chain which nonce it has reached.
      nonce = undefined
      throw error
    }
    const receipt = await receiptOf(client, transaction)
    if (receipt.status === 'reverted') {
      await client.call({
        account: address,
        to: request.to as Address,
        data: request.data,
        blockNumber: receipt.blockNumber,
      })
      throw new RevertedError('the transaction ran out of gas or reverted without a reason', undefined)
    }
    return { transaction, block: receipt.blockNumber, gasUsed: receipt.gasUsed, serialized, receipt }
  }

  return {
    address,
    async send(request) {
      try {
        return await send(request)
      } catch (error) {
        if (error instanceof SunledgerError) throw error
        if (isUnreachable(error)) throw new ChainUnreachableError('the configured chain', error)
        throw new RevertedError(reasonOf(error, errors), error)
      }
    },
  }
}

/** Waits for a receipt: at once on a chain that mines at once, else by asking again, slower each time. */
const receiptOf = async (client: Client, hash: Hex): Promise<TransactionReceipt> => {
  for (let waitMs = 10; ; waitMs = Math.min(2 * waitMs, 2000)) {
    try {
      return await client.getTransactionReceipt({ hash })
    } catch (error) {
      if (isUnreachable(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}

/** The chain refused a transaction. */
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
