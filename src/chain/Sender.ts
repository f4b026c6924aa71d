/**
 * Sends transactions from one key, in order, keeping their nonces: many may be under way at once, and they reach the chain in the order in
 * which `send` was called. A transaction's fate is known when its receipt is; a revert is an error that carries the contract's own reason.
 * What gets lost on its way is the `Outbox`'s to see to; what is overtaken by another transaction with its nonce is sent under a new one.
 */
import { type Abi, type ContractFunctionArgs, encodeFunctionData, type TransactionReceipt } from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Signature from '../crypto/Signature.ts'
import { answered, assertReachable, type Client } from './Client.ts'
import type { Call } from './Outbox.ts'
import * as Outbox from './Outbox.ts'
import * as Revert from './Revert.ts'
import * as Submit from './Submit.ts'

export type { Call } from './Outbox.ts'
export type { Fence } from './Submit.ts'

/** A transaction that was mined and did not revert. */
export interface Sent {
  readonly transaction: Hex
  readonly block: bigint
  readonly gasUsed: bigint
  /** The signed transaction as it went out. */
  readonly serialized: Hex
  readonly receipt: TransactionReceipt
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
  /** Tries a call on the newest block, and sends nothing. @throws {RevertedError} @throws {ChainUnreachableError} */
  attempt(call: Call): Promise<void>
  /** What a unit of gas costs now, without a tip. */
  baseFeeWei(): Promise<bigint>
  /** Sends again what has got lost, such as with blocks that were replaced; to be called now and then. */
  tend(): Promise<void>
  /** Whether a call with this data may still be mined, or one from before this sender's time, of which nothing is known. */
  isOpen(data: Hex): Promise<boolean>
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

/** When what is waited for is looked after. */
export interface Timing {
  /** How long to wait for a transaction to be mined. */
  readonly mostWaitMs: number
  /** How often what is not mined is looked after. */
  readonly lookAfterMs: number
  /** How long a transaction waits at the head of the line before it is offered more. */
  readonly bumpAfterMs: number
  /** No more is ever offered for a unit of gas. */
  readonly mostFeeWei: bigint
}

export const defaultTiming: Timing = {
  mostWaitMs: 180_000,
  lookAfterMs: 3_000,
  bumpAfterMs: 20_000,
  mostFeeWei: 1_000_000_000_000n,
}

/** A node may know a nonce to be used before it knows by which transaction. */
const mostLostLooks = 2

const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for the receipt of any form: at once on a chain that mines at once, else by asking again, slower each time. */
const follower = (
  client: Client,
  outbox: Outbox.Outbox,
  submit: (flight: Outbox.Flight) => Promise<void>,
  timing: Timing,
  fence: Submit.Fence | undefined,
) => {
  const receiptOf = async ({ forms }: Outbox.Flight): Promise<TransactionReceipt | undefined> => {
    const asked = await Promise.allSettled(
      forms.map(({ transaction }) => client.getTransactionReceipt({ hash: transaction })),
    )
    const found = asked.find((answer) => answer.status === 'fulfilled')
    if (found?.status === 'fulfilled') return found.value
    for (const answer of asked) if (answer.status === 'rejected') assertReachable(client, answer.reason)
    return undefined
  }

  /** Looks after what is not mined. Returns whether its nonce was used by another. */
  const look = async (flight: Outbox.Flight): Promise<boolean> => {
    try {
      return flight.nonce < (await outbox.tend())
    } catch (error) {
      assertReachable(client, error)
      return false
    }
  }

  return async (flight: Outbox.Flight): Promise<TransactionReceipt> => {
    const deadline = performance.now() + timing.mostWaitMs
    let [lookedMs, lost] = [performance.now(), 0]
    for (let waitMs = 10; ; waitMs = Math.min(2 * waitMs, 2000, timing.lookAfterMs)) {
      const receipt = await receiptOf(flight)
      if (receipt !== undefined) return receipt
      if (performance.now() > deadline)
        throw new TransactionPendingError((flight.forms.at(-1) as Outbox.Form).transaction, timing.mostWaitMs)
      if (performance.now() - lookedMs >= timing.lookAfterMs) {
        lost = (await look(flight)) ? lost + 1 : 0
        lookedMs = performance.now()
        if (lost > mostLostLooks && (await receiptOf(flight)) === undefined) {
          fence?.overtaken(flight.nonce)
          outbox.drop(flight)
          await submit(flight)
          lost = 0
        }
      }
      await soon(waitMs)
    }
  }
}

/**
 * @param errors the ABI whose errors are decoded
 * @param fence asked before each nonce is used; left out: the key may be used by others too
 */
export const create = (
  client: Client,
  chainId: number,
  privateKey: Hex,
  errors: Abi,
  timing: Partial<Timing> = {},
  fence?: Submit.Fence,
): Sender => {
  const address = Signature.addressOf(privateKey)
  const times = { ...defaultTiming, ...timing }
  const options: Outbox.OutboxOptions = {
    ...{ client, address, ...times },
    sign: (nonce, fees, request) => Outbox.sign(privateKey, chainId, nonce, fees, request),
  }
  const outbox = Outbox.create(options)
  const { submit, baseFeeWei, isHaunted } = Submit.create(options, outbox, fence)
  const follow = follower(client, outbox, submit, times, fence)
  let tendedMs = Number.NEGATIVE_INFINITY

  const reasonOfRevert = async (request: Call, block: bigint): Promise<string> => {
    try {
      const at = { account: address, gas: request.gas, blockNumber: block - 1n }
      await client.call({ ...at, ...(request.to === undefined ? {} : { to: request.to }), data: request.data })
      return 'it reverted without a reason, or ran out of gas'
    } catch (error) {
      return Revert.reasonOf(error, errors)
    }
  }

  const attempt = ({ to, data, gas }: Call) => client.call({ account: address, to: to as Address, data, gas })

  const send = async (request: Call): Promise<Sent> => {
    if (request.tryFirst === true) await attempt(request)
    const flight = { call: request, nonce: 0, forms: [], sentMs: 0, block: undefined, isFollowed: true }
    await submit(flight)
    try {
      const receipt = await follow(flight)
      outbox.mined(flight, receipt.blockNumber)
      if (receipt.status === 'reverted')
        throw new RevertedError(await reasonOfRevert(request, receipt.blockNumber), undefined)
      const form = (flight.forms as Outbox.Form[]).find(({ transaction }) => transaction === receipt.transactionHash)
      const { transaction, serialized } = form as Outbox.Form
      return { transaction, block: receipt.blockNumber, gasUsed: receipt.gasUsed, serialized, receipt }
    } finally {
      flight.isFollowed = false
    }
  }

  /** The result, or what went wrong by its name. */
  const named = async <T>(result: Promise<T>): Promise<T> => {
    try {
      return await answered(client, result)
    } catch (error) {
      if (error instanceof SunledgerError) throw error
      const reason = Revert.reasonOf(error, errors)
      throw Revert.isRevert(error) ? new RevertedError(reason, error) : new TransactionRefusedError(reason, error)
    }
  }

  return {
    address,
    send: (request) => named(send(request)),
    attempt: async (request) => void (await named(attempt(request))),
    baseFeeWei: () => answered(client, baseFeeWei()),
    async tend() {
      if (outbox.isEmpty || performance.now() - tendedMs < times.lookAfterMs) return
      tendedMs = performance.now()
      await answered(client, outbox.tend())
    },
    async isOpen(data) {
      const used = await answered(client, client.getTransactionCount({ address, blockTag: 'latest' }))
      return outbox.isOpen(data, used) || (await answered(client, isHaunted(used)))
    },
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
  constructor(transaction: Hex, waitedMs: number) {
    super('SL508', 'The transaction has not been mined yet.', {
      expected: `a receipt within ${waitedMs / 1000} s`,
      actual: transaction,
      hint: 'It may still be. Look the transaction up before you repeat what it was for.',
      status: 504,
    })
  }
}
