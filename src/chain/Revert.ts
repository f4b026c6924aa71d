/** Why a contract refused a call, in its own words: read from whatever form the node's error has. */
import { type Abi, BaseError, decodeErrorResult, ExecutionRevertedError } from 'viem'
import type { Hex } from '../core/Payment.ts'

/** The data that a revert carries, where the node tells it. */
const revertData = (error: BaseError): Hex | undefined => {
  const found = error.walk((cause) => typeof (cause as { data?: unknown }).data === 'string') as { data?: Hex } | null
  return found?.data
}

/** @param abi whose errors are decoded */
export const reasonOf = (error: unknown, abi: Abi): string => {
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

/** Whether an error is a contract's refusal, as against a node's. */
export const isRevert = (error: unknown): boolean =>
  error instanceof BaseError &&
  (revertData(error) !== undefined ||
    error.walk((cause) => cause instanceof ExecutionRevertedError) !== null ||
    /\brevert/i.test(error.message))
