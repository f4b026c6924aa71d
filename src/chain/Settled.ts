/**
 * Settlements as the chain has them: which transactions settled, for whom, at which cost. What this process sent it knows; of others, such
 * as those of this service before it was killed, everything is read from their calldata.
 */
import { type parseEventLogs, serializeTransaction, type Transaction } from 'viem'
import * as Batch from '../core/Batch.ts'
import type { Address, Hex } from '../core/Payment.ts'
import type { Settlement } from '../core/Record.ts'
import * as Digest from '../crypto/Digest.ts'
import * as Keccak from '../crypto/Keccak.ts'
import * as Signature from '../crypto/Signature.ts'
import type { clearingHouse } from './abi/ClearingHouse.ts'
import type { Client } from './Client.ts'

/** A settlement's members and size; the sender knows its own and saves the watcher the reading. */
export interface Sent {
  readonly members: readonly { readonly asset: Address; readonly account: Address }[]
  readonly block: bigint
  readonly gasUsed: bigint
  /** The signed transaction. */
  readonly serialized: Hex
}

export interface SettledOptions {
  readonly client: Client
  readonly domain: Digest.Domain
  /** Length of a transaction after FastLZ. */
  readonly fastLz: (bytes: Uint8Array) => number
}

/** An event of the clearing house. */
export type Event = ReturnType<typeof parseEventLogs<typeof clearingHouse.abi>>[number]

/** The accounts of a batch: credits name theirs, signers are recovered. */
const membersOf = (domain: Digest.Domain, batch: Hex): Sent['members'] =>
  Batch.decode(batch).flatMap(({ asset, debits, boths, credits }) => {
    const signed = [...debits, ...boths.map((entry) => ({ ...entry, total: entry.debitTotal }))]
    const signers = signed.map(({ total, history, signature }) =>
      Signature.recover(Digest.debit(domain, asset, total, history), signature),
    )
    const accounts = [...signers, ...credits.map((entry) => entry.account)]
    return accounts.flatMap((account) => (account === undefined ? [] : [{ asset, account }]))
  })

/**
 * The signed transaction as it went out, put together again from what the chain's node tells of it; where it is of a form that cannot
 * be, its calldata.
 */
const serializedOf = (t: Transaction): Hex => {
  if (t.type !== 'eip1559') return t.input
  const { chainId, nonce, to, input: data, value, gas, maxFeePerGas, maxPriorityFeePerGas, accessList } = t
  const fields = { chainId, nonce, to, data, value, gas, maxFeePerGas, maxPriorityFeePerGas, accessList }
  const serialized = serializeTransaction({ type: t.type, ...fields }, { r: t.r, s: t.s, yParity: t.yParity })
  return Keccak.ofDigits(serialized.slice(2)) === t.hash ? serialized : t.input
}

/** A settlement that another process sent, such as this service before it was killed. */
const readSent = async ({ client, domain }: SettledOptions, hash: Hex): Promise<Sent> => {
  const [transaction, { gasUsed, blockNumber }] = await Promise.all([
    client.getTransaction({ hash }),
    client.getTransactionReceipt({ hash }),
  ])
  // settle(bytes): selector, offset, length, data.
  const { input } = transaction
  const length = Number(BigInt(`0x${input.slice(74, 138)}`))
  const members = membersOf(domain, `0x${input.slice(138, 138 + 2 * length)}`)
  return { members, block: blockNumber, gasUsed, serialized: serializedOf(transaction) }
}

/** @param expected what this process has sent itself */
export const reader = (options: SettledOptions, expected: ReadonlyMap<Hex, Sent>) => async (logs: readonly Event[]) => {
  const hashes = new Set(logs.filter((log) => log.eventName === 'Settled').map((log) => log.transactionHash))
  const settlements: Settlement[] = []
  const members: Sent['members'][] = []
  for (const transaction of hashes) {
    const known = expected.get(transaction)
    const block = logs.find((log) => log.transactionHash === transaction)?.blockNumber
    const sent = known?.block === block ? (known as Sent) : await readSent(options, transaction)
    const bytes = Buffer.from(sent.serialized.slice(2), 'hex')
    const size = { bytes: bytes.length, fastLzBytes: options.fastLz(bytes) }
    members.push(sent.members)
    settlements.push({
      transaction,
      block: sent.block,
      gasUsed: sent.gasUsed,
      members: sent.members.length,
      ...size,
    })
  }
  return { settlements, members: members.flat() }
}
