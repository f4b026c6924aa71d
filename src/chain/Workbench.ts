/**
 * A chain to measure on: the local chain in this process, with senders that sign natively and keep their own nonces, and the receipt of
 * every transaction. Its clock starts on a fixed date and all keys are derived from names, so the same calls cost the same gas to the
 * last unit each time.
 */
import { type Abi, decodeFunctionResult, encodeDeployData, encodeFunctionData, serializeTransaction } from 'viem'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import * as LocalNode from './LocalNode.ts'

/** A transaction that was mined, and what it took. */
export interface Executed {
  readonly transaction: Hex
  /** As the receipt has it. */
  readonly gas: bigint
  /** The signed transaction, encoded as it was sent. */
  readonly bytes: Uint8Array
  /** Storage slots that it used for the first time, where somebody counted them. */
  readonly newSlots?: number
}

export interface Workbench {
  readonly chainId: number
  /** @throws {MeasurementFailedError} it reverted */
  send(key: Hex, to: Address, data: Hex, gasLimit: bigint): Promise<Executed>
  deploy(key: Hex, contract: Contract, args: readonly unknown[]): Promise<Address>
  /** A view function's answer. */
  read(to: Address, abi: Abi, functionName: string, args: readonly unknown[]): Promise<unknown>
  /** Native coin for gas. */
  fund(address: Address): Promise<void>
  request(method: string, params?: readonly unknown[]): Promise<unknown>
  close(): Promise<void>
}

export interface Contract {
  readonly abi: Abi
  readonly bytecode: Hex
}

/** Ahead of the wall clock for long; authorizations are valid until a year later. */
const date = new Date('2036-01-01T00:00:00Z')
export const validUntil = 2_114_380_800n

/** Above every base fee that this chain gets to; a wallet's usual offer has as many digits. */
const maxFeePerGas = 10_000_000_000n
const maxPriorityFeePerGas = 100_000_000n

const sign = (key: Hex, transaction: Parameters<typeof serializeTransaction>[0]): Hex => {
  const full = Signature.expand(Signature.sign(Keccak.ofDigits(serializeTransaction(transaction).slice(2)), key))
  const [r, s] = [full.slice(0, 66) as Hex, `0x${full.slice(66, 130)}` as Hex]
  return serializeTransaction(transaction, { r, s, yParity: full.endsWith('1c') ? 1 : 0 })
}

interface Receipt {
  readonly status: Hex
  readonly gasUsed: Hex
  readonly contractAddress: Address | null
}

/** @throws {LocalNode.HardhatMissingError} */
export const start = async (): Promise<Workbench> => {
  const chain = await LocalNode.inProcess(date)
  const { request } = chain
  const nonces = new Map<Hex, number>()

  const submit = async (key: Hex, to: Address | null, data: Hex, gas: bigint) => {
    const nonce = nonces.get(key) ?? 0
    nonces.set(key, nonce + 1)
    const { localChainId: chainId } = LocalNode
    const fields = { type: 'eip1559', chainId, nonce, to, data, gas, maxFeePerGas, maxPriorityFeePerGas } as const
    const serialized = sign(key, fields)
    const transaction = (await request('eth_sendRawTransaction', [serialized])) as Hex
    const receipt = (await request('eth_getTransactionReceipt', [transaction])) as Receipt
    if (receipt.status !== '0x1') throw new MeasurementFailedError(`a transaction of ${data.slice(0, 10)} reverted`)
    return { transaction, receipt, bytes: Buffer.from(serialized.slice(2), 'hex') }
  }

  const bench: Workbench = {
    chainId: LocalNode.localChainId,
    request,
    async send(key, to, data, gasLimit) {
      const { transaction, receipt, bytes } = await submit(key, to, data, gasLimit)
      return { transaction, gas: BigInt(receipt.gasUsed), bytes }
    },
    async deploy(key, { abi, bytecode }, args) {
      const { receipt } = await submit(key, null, encodeDeployData({ abi, bytecode, args }), 10_000_000n)
      return (receipt.contractAddress as string).toLowerCase() as Address
    },
    async read(to, abi, functionName, args) {
      const data = (await request('eth_call', [{ to, data: encodeFunctionData({ abi, functionName, args }) }])) as Hex
      return decodeFunctionResult({ abi, functionName, data })
    },
    async fund(address) {
      await request('hardhat_setBalance', [address, '0x33b2e3c9fd0803ce8000000'])
    },
    close: () => chain.close(),
  }
  return bench
}

/** What was executed to be measured did not do what it should. No figure comes of it. */
export class MeasurementFailedError extends SunledgerError {
  override readonly name = 'MeasurementFailedError'
  constructor(actual: string) {
    super('SL724', 'What was executed to be measured did not do what it should.', {
      actual,
      hint: 'The contracts or the strategy have a fault; no figure is made of this run. Please report it with the command.',
      status: 500,
    })
  }
}
